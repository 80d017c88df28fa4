#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct GruScan {
    GruShape shape;
    std::vector<int> sequences, steps, input_rows;
    Index offsets, input_row;
    bool backward_follows = true, indexed = true;

    /// Inputs are shared between steps.
    GruScan(int width, const std::vector<std::vector<int>>& lengths, Random random = {})
        : shape{width},
          sequences(sequence_counts(lengths)),
          steps(step_counts(lengths)),
          input_rows(lengths.size(), 5),
          offsets(lengths),
          input_row(random, steps, 5) {}

    int replicas() const { return static_cast<int>(sequences.size()); }
    Sizes inputs(int r) const {
        const int three = 3 * shape.width;
        return {product(input_rows[static_cast<std::size_t>(r)], three),
                product(three, shape.width), product(three, 1)};
    }
    Sizes outputs(int r) const {
        const int n = steps[static_cast<std::size_t>(r)];
        return {product(n, shape.width), product(n, 3 * shape.width), product(n, shape.width)};
    }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {false, true, true}; }

    template <class T>
    GruScanInput<T> input(Range range, const Views<const T>& in) const {
        return {offsets.from(range.first), in[0],
                indexed ? input_row.from(range.first) : RowIndex{}, in[1], in[2]};
    }
    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(GruScanForward<T>{rows_of(sequences, range), rows_of(steps, range), shape,
                                  input<T>(range, in), out[0],
                                  backward_follows ? out[1] : PerReplica<T>{},
                                  backward_follows ? out[2] : PerReplica<T>{}});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(GruScanBackward<T>{rows_of(sequences, range), rows_of(steps, range),
                                   rows_of(input_rows, range), shape, input<T>(range, in), out[0],
                                   out[1], out[2], dout[0], din[0], din[1], din[2]});
    }

    Arrays plain(const Arrays& in) const {
        const int width = shape.width;
        const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
        std::vector<double> states;
        for (int s = 0; s < sequences[0]; ++s) {
            std::vector<double> h(static_cast<std::size_t>(width));
            for (int t = offsets[s]; t < offsets[s + 1]; ++t) {
                states.insert(states.end(), h.begin(), h.end());
                const auto x = [&](int gate, int j) {
                    return at(in[0], indexed ? input_row[t] : t, 3 * width, gate * width + j);
                };
                const auto hidden = [&](int gate, int j) {
                    double sum = in[2][static_cast<std::size_t>(gate * width + j)];
                    for (int k = 0; k < width; ++k)
                        sum +=
                            at(in[1], gate * width + j, width, k) * h[static_cast<std::size_t>(k)];
                    return sum;
                };
                std::vector<double> next;
                for (int j = 0; j < width; ++j) {
                    const double r = sigmoid(x(0, j) + hidden(0, j)),
                                 z = sigmoid(x(1, j) + hidden(1, j)),
                                 n = std::tanh(x(2, j) + r * hidden(2, j));
                    next.push_back((1 - z) * n + z * h[static_cast<std::size_t>(j)]);
                }
                h = next;
            }
        }
        return {states};
    }
};

TEST(GruScan, EveryWidth) {
    for (int width : odd_widths)
        check_operation(GruScan(width, {{4, 1, 7}, {5, 8}}), 1e-4);
}

TEST(GruScan, SequencesOfOneStepOfEqualLengthsAndNone) {
    check_operation(GruScan(4, {{1, 1}, {2}}));
    check_operation(GruScan(4, {{3, 3, 3}, {}, {1}}));
}

TEST(GruScan, AnInputForEveryStep) {
    GruScan scan(5, {{4, 1, 7}, {5, 8}});
    scan.indexed = false;
    scan.input_rows = scan.steps;
    check_operation(scan, 1e-4);
}

TEST(GruScan, GatesAreOptional) {
    const GruScan with(17, {{9, 4}, {5}});
    GruScan without = with;
    without.backward_follows = false;
    Pass<float> a(with), b(without);
    a.forward(with, {0, 2});
    b.forward(without, {0, 2});
    expect_same_bits<float>({a.out[0]}, {b.out[0]}, "state");
}

// A state may not depend on how many others are computed beside it, or on what follows.
TEST(GruScan, SequenceIsTheSameAloneAndBesideOthers) {
    const GruScan many(33, {{6, 9, 2, 6, 40, 1}});
    GruScan first = many;
    first.sequences = {1};
    first.steps = {6};
    Pass<float> a(many), b(first);
    b.in = a.in;
    a.forward(many, {0, 1});
    b.forward(first, {0, 1});
    for (std::size_t i = 0; i < product(6, 33); ++i)
        ASSERT_EQ(a.out[0].values[i], b.out[0].values[i]) << i;
}

// Units that are given the same get the same, in whole vectors and in what is left of them: no
// compiler fuses a product and a sum in the one and not in the other.
TEST(GruScan, UnitIsTheSameWhereverItStands) {
    constexpr int width = 31, steps = 40;
    GruScan scan(width, {{steps}});
    scan.indexed = false;
    scan.input_rows = scan.steps;
    Pass<float> pass(scan);
    for (auto* const storage : {&pass.in[0], &pass.in[2], &pass.dout[0]})
        for (std::size_t i = 0; i < storage->values.size(); ++i)
            storage->values[i] = storage->values[i / width * width];
    std::fill(pass.in[1].values.begin(), pass.in[1].values.end(), 0.0F);
    pass.forward(scan, {0, 1});
    pass.backward(scan, {0, 1});
    for (const auto* const storage : {&pass.out[0], &pass.din[0]})
        for (std::size_t i = 0; i < product(steps, width); ++i)
            ASSERT_EQ(storage->values[i], storage->values[i / width * width]) << i;
}

}  // namespace
}  // namespace manygpcm::kernels::testing
