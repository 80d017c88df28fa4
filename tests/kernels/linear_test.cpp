#include "manygpcm/kernels/operations.h"

#include <optional>

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct Linear {
    std::vector<int> rows;
    LinearShape shape;
    bool bias = true;
    std::vector<int> addend_rows = {};     ///< empty: no addend
    std::optional<Index> addend_row = {};  ///< none: row i adds addend row i
    Write x_write = Write::replace, addend_write = Write::replace;
    bool wants_dx = true;

    int replicas() const { return static_cast<int>(rows.size()); }
    Sizes inputs(int r) const {
        const auto i = static_cast<std::size_t>(r);
        return {product(rows[i], shape.in), product(shape.out, shape.weight_stride),
                bias ? product(shape.out, 1) : 0,
                addend_rows.empty() ? 0 : product(addend_rows[i], shape.out)};
    }
    Sizes outputs(int r) const { return {product(rows[static_cast<std::size_t>(r)], shape.out)}; }
    int differentiable() const { return 1; }
    /// Of relu: no sum comes near its kink, being an odd number of 32nds.
    double value(int input, double x) const {
        if (shape.activation != Activation::relu) return x;
        return std::round(4 * x) / 4 + (input == 2 ? 1.0 / 32 : 0.0);
    }
    std::vector<bool> added() const {
        return {x_write == Write::add || !wants_dx, true, true, addend_write == Write::add};
    }

    template <class T>
    LinearInput<T> input(Range range, const Views<const T>& in) const {
        LinearInput<T> input{
            .x = in[0], .weight = in[1], .bias = {}, .addend = {}, .addend_row = {}};
        if (bias) input.bias = in[2];
        if (!addend_rows.empty()) input.addend = in[3];
        if (addend_row) input.addend_row = addend_row->from(range.first);
        return input;
    }
    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(LinearForward<T>{rows_of(rows, range), shape, input<T>(range, in), out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        LinearGradient<T> gradient{.x = {},
                                   .x_write = x_write,
                                   .weight = din[1],
                                   .bias = {},
                                   .addend = {},
                                   .addend_write = addend_write};
        if (wants_dx) gradient.x = din[0];
        if (bias) gradient.bias = din[2];
        if (!addend_rows.empty()) gradient.addend = din[3];
        const Rows of_addend = addend_rows.empty() ? Rows() : rows_of(addend_rows, range);
        compute(LinearBackward<T>{rows_of(rows, range), of_addend, shape, input<T>(range, in),
                                  out[0], dout[0], gradient});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (int i = 0; i < rows[0]; ++i)
            for (int j = 0; j < shape.out; ++j) {
                double sum = bias ? in[2][static_cast<std::size_t>(j)] : 0;
                for (int k = 0; k < shape.in; ++k)
                    sum += at(in[0], i, shape.in, k) * at(in[1], j, shape.weight_stride, k);
                if (!addend_rows.empty())
                    sum += at(in[3], addend_row ? (*addend_row)[i] : i, shape.out, j);
                y.push_back(activated(sum));
            }
        return {y};
    }
    double activated(double x) const {
        switch (shape.activation) {
            case Activation::sigmoid:
                return 1 / (1 + std::exp(-x));
            case Activation::tanh:
                return std::tanh(x);
            case Activation::relu:
                return std::max(x, 0.0);
            case Activation::identity:
                break;
        }
        return x;
    }
};

TEST(Linear, EveryWidthAndActivation) {
    for (int out : odd_widths)
        for (Activation activation :
             {Activation::identity, Activation::sigmoid, Activation::tanh, Activation::relu})
            check_operation(Linear{
                .rows = {4, 7},
                .shape = {.in = 5, .out = out, .weight_stride = 5, .activation = activation}});
}

TEST(Linear, EveryDepth) {
    for (int in : odd_widths)
        check_operation(Linear{.rows = {3, 2}, .shape = {.in = in, .out = 2, .weight_stride = in}});
}

TEST(Linear, WeightMayBeASliceOfColumns) {
    check_operation(Linear{.rows = {6, 1}, .shape = {.in = 5, .out = 7, .weight_stride = 11}});
}

// A block of rows this wide is 64 of them. The same rows in two calls, each less than a block, give
// the same.
TEST(Linear, MoreRowsThanOneBlock) {
    SCOPED_TRACE(Random::trace());
    Random random;
    constexpr int half_rows = 35;
    const Linear whole{
        .rows = {2 * half_rows},
        .shape = {.in = 2, .out = 1100, .weight_stride = 2, .activation = Activation::tanh},
        .addend_rows = {3},
        .addend_row = Index(random, {2 * half_rows}, 3),
        .x_write = Write::add,
        .addend_write = Write::add};
    expect_plain_forward(whole);
    expect_float_like_double(whole, 2e-5);

    Pass<double> once(whole), twice(whole);
    once.forward(whole, {0, 1});
    once.backward(whole, {0, 1});
    for (int first : {0, half_rows}) {
        Linear half = whole;
        half.rows = {half_rows};
        half.addend_row->values.erase(half.addend_row->values.begin(),
                                      half.addend_row->values.begin() + first);
        // Input 0 and the output go by rows; all calls share the rest.
        const auto from_first = [&](Storages<double>& storages, int width) {
            Views<double> views;
            for (Storage<double>& storage : storages)
                views.push_back(storage.from(0));
            views[0].data += first * width;
            return views;
        };
        const Views<double> in = from_first(twice.in, whole.shape.in),
                            out = from_first(twice.out, whole.shape.out);
        const Views<const double> read(in.begin(), in.end());
        half.forward<double>({0, 1}, read, out);
        half.backward<double>({0, 1}, read, out, from_first(twice.dout, whole.shape.out),
                              from_first(twice.din, whole.shape.in));
    }
    expect_close(once.out[0].replica(0), twice.out[0].replica(0), 1e-12, "output");
    for (std::size_t i = 0; i < once.din.size(); ++i)
        expect_close(once.din[i].replica(0), twice.din[i].replica(0), 1e-12,
                     "gradient of input " + std::to_string(i));
}

TEST(Linear, WithoutBias) {
    check_operation(
        Linear{.rows = {6, 9}, .shape = {.in = 3, .out = 17, .weight_stride = 3}, .bias = false});
}

TEST(Linear, GatheredAddend) {
    Random random;
    const std::vector<int> rows = {9, 4};
    for (int out : odd_widths)
        for (Write write : {Write::replace, Write::add})
            check_operation(Linear{
                .rows = rows,
                .shape = {.in = 3, .out = out, .weight_stride = 4, .activation = Activation::tanh},
                .addend_rows = {5, 3},
                .addend_row = Index(random, rows, 3),
                .x_write = write,
                .addend_write = write});
}

TEST(Linear, AddendOfOneRowAStep) {
    for (Write write : {Write::replace, Write::add})
        check_operation(Linear{
            .rows = {5, 8},
            .shape = {.in = 3, .out = 19, .weight_stride = 3, .activation = Activation::sigmoid},
            .addend_rows = {5, 8},
            .addend_write = write});
}

TEST(Linear, GradientOfTheInputIsOptional) {
    const Linear wanted{.rows = {5, 8}, .shape = {.in = 3, .out = 4, .weight_stride = 3}};
    Linear unwanted = wanted;
    unwanted.wants_dx = false;
    Pass<float> with(wanted), without(unwanted);
    const Storages<float> before = without.din;
    with.forward(wanted, {0, 2});
    with.backward(wanted, {0, 2});
    without.forward(unwanted, {0, 2});
    without.backward(unwanted, {0, 2});
    expect_same_bits<float>({without.din[0]}, {before[0]}, "unwanted gradient of x");
    expect_same_bits<float>({without.din[1]}, {with.din[1]}, "gradient of the weight");
    expect_same_bits<float>({without.din[2]}, {with.din[2]}, "gradient of the bias");
}

}  // namespace
}  // namespace manygpcm::kernels::testing
