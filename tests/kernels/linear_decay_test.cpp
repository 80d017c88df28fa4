#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct LinearDecay {
    LinearDecayShape shape;
    Random random = {};
    std::vector<int> rows = {11, 4};
    Index question{random, rows, shape.questions}, response{random, rows, shape.categories};

    int columns() const { return shape.categories * shape.questions; }
    int replicas() const { return 2; }
    Sizes inputs(int) const { return {product(shape.out, columns()), product(shape.out, 1)}; }
    Sizes outputs(int r) const { return {product(rows[static_cast<std::size_t>(r)], shape.out)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {true, true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(LinearDecayForward<T>{rows_of(rows, range), shape, in[0], in[1],
                                      question.from(range.first), response.from(range.first),
                                      out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>&, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(LinearDecayBackward<T>{rows_of(rows, range), shape, question.from(range.first),
                                       response.from(range.first), dout[0], din[0], din[1]});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (int i = 0; i < rows[0]; ++i)
            for (int o = 0; o < shape.out; ++o) {
                double sum = in[1][static_cast<std::size_t>(o)];
                for (int k = 0; k < shape.categories; ++k) {
                    const double distance = std::abs(k - response[i]) / (shape.categories - 1.0);
                    sum += std::max(0.0, 1 - distance) *
                           at(in[0], o, columns(), k * shape.questions + question[i]);
                }
                y.push_back(sum);
            }
        return {y};
    }
};

TEST(LinearDecay, EveryWidth) {
    for (int out : odd_widths)
        check_operation(LinearDecay{{.questions = 3, .categories = 4, .out = out}});
}

TEST(LinearDecay, EveryNumberOfCategories) {
    for (int categories : {2, 3, 7, 17})
        check_operation(LinearDecay{{.questions = 2, .categories = categories, .out = 5}});
}

}  // namespace
}  // namespace manygpcm::kernels::testing
