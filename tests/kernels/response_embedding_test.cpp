#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct ResponseEmbedding {
    ResponseEmbeddingShape shape;

    int replicas() const { return 2; }
    Sizes inputs(int) const {
        return {product(shape.categories, 1), product(shape.out, shape.categories),
                product(shape.out, 1)};
    }
    Sizes outputs(int) const { return {product(shape.categories, shape.out)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {true, true, true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(ResponseEmbeddingForward<T>{range.count, shape, {in[0], in[1], in[2]}, out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(ResponseEmbeddingBackward<T>{
            range.count, shape, {in[0], in[1], in[2]}, dout[0], {din[0], din[1], din[2]}});
    }

    Arrays plain(const Arrays& in) const {
        double sum = 0;
        for (double decay : in[0])
            sum += std::exp(decay);
        std::vector<double> y;
        for (int k = 0; k < shape.categories; ++k)
            for (int o = 0; o < shape.out; ++o)
                y.push_back(in[2][static_cast<std::size_t>(o)] +
                            std::exp(in[0][static_cast<std::size_t>(k)]) / sum *
                                at(in[1], o, shape.categories, k));
        return {y};
    }
};

TEST(ResponseEmbedding, EveryWidth) {
    for (int out : odd_widths)
        check_operation(ResponseEmbedding{{.categories = 4, .out = out}});
}

TEST(ResponseEmbedding, EveryNumberOfCategories) {
    for (int categories : {2, 3, 17, 40})
        check_operation(ResponseEmbedding{{.categories = categories, .out = 5}});
}

}  // namespace
}  // namespace manygpcm::kernels::testing
