#include "manygpcm/kernels/operations.h"

#include <optional>

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct MemoryScan {
    MemoryScanShape shape;
    std::vector<int> sequences, steps, address_rows, value_rows;
    Index offsets, address_row;
    std::optional<Index> value_row;
    bool checkpointed = true;

    /// Addresses and, if told so, values are shared between steps.
    MemoryScan(const MemoryScanShape& s, const std::vector<std::vector<int>>& lengths,
               bool values_gathered, Random random = {})
        : shape(s),
          sequences(sequence_counts(lengths)),
          steps(step_counts(lengths)),
          address_rows(lengths.size(), 4),
          value_rows(values_gathered ? std::vector<int>(lengths.size(), 5) : steps),
          offsets(lengths),
          address_row(random, steps, 4) {
        if (values_gathered) value_row = Index(random, steps, 5);
    }

    int replicas() const { return static_cast<int>(sequences.size()); }
    Sizes inputs(int r) const {
        const auto i = static_cast<std::size_t>(r);
        const std::size_t values = product(value_rows[i], shape.value_dim);
        return {product(address_rows[i], shape.slots), values, values,
                product(shape.slots, shape.value_dim)};
    }
    Sizes outputs(int r) const {
        const auto i = static_cast<std::size_t>(r);
        return {product(steps[i], shape.value_dim),
                memory_scan_checkpoint_size(shape, steps[i], sequences[i])};
    }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {false, false, false, true}; }
    /// Addresses and erasures are between 0 and 1.
    double value(int input, double x) const { return input <= 1 ? 1 / (1 + std::exp(-x)) : x; }

    template <class T>
    MemoryScanInput<T> input(Range range, const Views<const T>& in) const {
        return {offsets.from(range.first),
                in[0],
                address_row.from(range.first),
                in[1],
                in[2],
                value_row ? value_row->from(range.first) : RowIndex{},
                in[3]};
    }
    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(MemoryScanForward<T>{rows_of(sequences, range),
                                     {},
                                     shape,
                                     input<T>(range, in),
                                     out[0],
                                     checkpointed ? out[1] : PerReplica<T>{}});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(MemoryScanBackward<T>{rows_of(sequences, range),
                                      {},
                                      rows_of(address_rows, range),
                                      rows_of(value_rows, range),
                                      shape,
                                      input<T>(range, in),
                                      out[1],
                                      dout[0],
                                      {din[0], din[1], din[2], din[3]}});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> read;
        for (int s = 0; s < sequences[0]; ++s) {
            std::vector<double> memory = in[3];
            for (int t = offsets[s]; t < offsets[s + 1]; ++t)
                for (int c = 0; c < shape.value_dim; ++c) {
                    const int v = value_row ? (*value_row)[t] : t;
                    double sum = 0;
                    for (int i = 0; i < shape.slots; ++i) {
                        double& cell =
                            memory[product(i, shape.value_dim) + static_cast<std::size_t>(c)];
                        const double w = at(in[0], address_row[t], shape.slots, i);
                        sum += w * cell;
                        cell = cell * (1 - w * at(in[1], v, shape.value_dim, c)) +
                               w * at(in[2], v, shape.value_dim, c);
                    }
                    read.push_back(sum);
                }
        }
        return {read};
    }
};

TEST(MemoryScan, EveryWidth) {
    for (int value_dim : odd_widths)
        for (bool gathered : {false, true})
            check_operation(MemoryScan({.slots = 3, .value_dim = value_dim, .segment = 4},
                                       {{9, 1, 4}, {5, 8}}, gathered));
}

TEST(MemoryScan, WidthsOfSeveralTiles) {
    for (int value_dim : {64, 100})
        check_operation(
            MemoryScan({.slots = 2, .value_dim = value_dim, .segment = 4}, {{6}, {3}}, true));
}

TEST(MemoryScan, EveryNumberOfSlots) {
    for (int slots : odd_widths)
        check_operation(
            MemoryScan({.slots = slots, .value_dim = 5, .segment = 4}, {{6, 3}, {2}}, false));
}

TEST(MemoryScan, EverySegment) {
    for (int segment : {1, 2, 7, 16, 40})
        check_operation(MemoryScan({.slots = 3, .value_dim = 4, .segment = segment},
                                   {{33, 1, 16, 7}, {3}}, true));
}

TEST(MemoryScan, CheckpointsAreOptional) {
    const MemoryScan with({.slots = 3, .value_dim = 17, .segment = 4}, {{9, 4}, {5}}, false);
    MemoryScan without = with;
    without.checkpointed = false;
    Pass<float> a(with), b(without);
    a.forward(with, {0, 2});
    b.forward(without, {0, 2});
    expect_same_bits<float>({a.out[0]}, {b.out[0]}, "read");
}

}  // namespace
}  // namespace manygpcm::kernels::testing
