#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct Ascending {
    std::vector<int> rows;
    AscendingShape shape;

    int replicas() const { return static_cast<int>(rows.size()); }
    std::size_t size(int r) const {
        return product(rows[static_cast<std::size_t>(r)], shape.width);
    }
    Sizes inputs(int r) const { return {size(r)}; }
    Sizes outputs(int r) const { return {size(r)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {false}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(AscendingForward<T>{rows_of(rows, range), shape, in[0], out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(AscendingBackward<T>{rows_of(rows, range), shape, in[0], out[0], dout[0], din[0]});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (int row = 0; row < rows[0]; ++row) {
            double sum = 0;
            for (int j = 0; j < shape.width; ++j) {
                const double x = in[0][y.size()];
                sum = j <= shape.first ? x : sum + std::log1p(std::exp(x));
                y.push_back(shape.bounded && j >= shape.first ? std::tanh(sum) : sum);
            }
        }
        return {y};
    }
};

TEST(Ascending, EveryWidth) {
    for (const int width : {1, 2, 3, 8, 99})
        check_operation(Ascending{{3, 5}, {.width = width}});
}

TEST(Ascending, BoundedAndBehindOtherColumns) {
    check_operation(Ascending{{4, 2}, {.width = 5, .bounded = true}});
    check_operation(Ascending{{4, 2}, {.width = 4, .first = 1}});
    check_operation(Ascending{{4, 2}, {.width = 2, .first = 1, .bounded = true}});
}

TEST(Ascending, KeepsItsOrderFarFromZero) {
    const std::vector<float> x = {3, -80, 200, 0};
    std::vector<float> y(4);
    const std::vector<int> rows = {1};
    compute(AscendingForward<float>{rows, {.width = 4}, {x.data(), 0}, {y.data(), 0}});
    EXPECT_EQ(y[0], 3);
    EXPECT_GE(y[1], y[0]);
    EXPECT_EQ(y[2], y[1] + 200);
    EXPECT_GT(y[3], y[2]);
}

}  // namespace
}  // namespace manygpcm::kernels::testing
