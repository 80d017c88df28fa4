#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct LayerNorm {
    LayerNormShape shape;
    Write write = Write::replace;
    std::vector<int> rows = {7, 4};

    int replicas() const { return 2; }
    Sizes inputs(int r) const {
        return {outputs(r)[0], product(shape.width, 1), product(shape.width, 1)};
    }
    Sizes outputs(int r) const {
        const int n = rows[static_cast<std::size_t>(r)];
        return {product(n, shape.width), product(n, 2)};
    }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {write == Write::add, true, true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(
            LayerNormForward<T>{rows_of(rows, range), shape, in[0], in[1], in[2], out[0], out[1]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(LayerNormBackward<T>{rows_of(rows, range), shape, in[0], in[1], out[0], out[1],
                                     dout[0], din[0], write, din[1], din[2]});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (int i = 0; i < rows[0]; ++i) {
            double mean = 0, variance = 0;
            for (int c = 0; c < shape.width; ++c)
                mean += at(in[0], i, shape.width, c) / shape.width;
            for (int c = 0; c < shape.width; ++c)
                variance += std::pow(at(in[0], i, shape.width, c) - mean, 2) / shape.width;
            for (int c = 0; c < shape.width; ++c) {
                const double normal = (at(in[0], i, shape.width, c) - mean) /
                                      std::sqrt(variance + layer_norm_epsilon);
                const double value = in[1][static_cast<std::size_t>(c)] * normal +
                                     in[2][static_cast<std::size_t>(c)];
                y.push_back(shape.relu ? std::max(0.0, value) : value);
            }
        }
        return {y};
    }
};

TEST(LayerNorm, EveryWidth) {
    for (int width : odd_widths)
        for (bool relu : {false, true})
            for (Write write : {Write::replace, Write::add})
                check_operation(LayerNorm{{.width = width, .relu = relu}, write});
}

TEST(LayerNorm, LargeMeanDoesNotCancelTheVariance) {
    const LayerNorm norm{{.width = 33}};
    Pass<float> near(norm), far(norm);
    for (std::size_t i = 0; i < norm.inputs(0)[0]; ++i) {
        near.in[0].values[i] = std::round(8 * near.in[0].values[i]);
        far.in[0].values[i] = near.in[0].values[i] + 4096;
    }
    near.forward(norm, {0, 1});
    far.forward(norm, {0, 1});
    expect_close(far.out[0].replica(0), near.out[0].replica(0), 1e-4, "rows far from zero");
}

}  // namespace
}  // namespace manygpcm::kernels::testing
