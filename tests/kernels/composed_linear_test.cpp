#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct ComposedLinear {
    ComposedLinearShape shape;

    int replicas() const { return 2; }
    Sizes inputs(int) const {
        return {product(shape.out, shape.outer_stride), product(shape.out, 1),
                product(shape.middle, shape.in), product(shape.middle, 1)};
    }
    Sizes outputs(int) const { return {product(shape.out, shape.in), product(shape.out, 1)}; }
    int differentiable() const { return 2; }
    std::vector<bool> added() const { return {true, true, true, true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(ComposedLinearForward<T>{
            range.count, shape, {in[0], in[1], in[2], in[3]}, out[0], out[1]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(ComposedLinearBackward<T>{range.count,
                                          shape,
                                          {in[0], in[1], in[2], in[3]},
                                          dout[0],
                                          dout[1],
                                          {din[0], din[1], din[2], din[3]}});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> weight, bias;
        for (int o = 0; o < shape.out; ++o) {
            double constant = in[1][static_cast<std::size_t>(o)];
            for (int m = 0; m < shape.middle; ++m)
                constant +=
                    at(in[0], o, shape.outer_stride, m) * in[3][static_cast<std::size_t>(m)];
            bias.push_back(constant);
            for (int i = 0; i < shape.in; ++i) {
                double sum = 0;
                for (int m = 0; m < shape.middle; ++m)
                    sum += at(in[0], o, shape.outer_stride, m) * at(in[2], m, shape.in, i);
                weight.push_back(sum);
            }
        }
        return {weight, bias};
    }
};

TEST(ComposedLinear, EveryWidth) {
    for (int width : odd_widths) {
        check_operation(ComposedLinear{{.in = width, .middle = 4, .out = 3, .outer_stride = 4}});
        check_operation(
            ComposedLinear{{.in = 3, .middle = width, .out = 4, .outer_stride = width}});
        check_operation(ComposedLinear{{.in = 4, .middle = 3, .out = width, .outer_stride = 3}});
    }
}

TEST(ComposedLinear, OuterWeightIsASliceOfColumns) {
    check_operation(ComposedLinear{{.in = 3, .middle = 4, .out = 5, .outer_stride = 9}});
}

}  // namespace
}  // namespace manygpcm::kernels::testing
