#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct GateMix {
    std::vector<int> rows;
    int width;
    Write write = Write::replace;

    int replicas() const { return static_cast<int>(rows.size()); }
    std::size_t size(int r) const { return product(rows[static_cast<std::size_t>(r)], width); }
    Sizes inputs(int r) const { return {size(r), size(r), size(r)}; }
    Sizes outputs(int r) const { return {size(r)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {false, false, write == Write::add}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(GateMixForward<T>{rows_of(rows, range), width, in[0], in[1], in[2], out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(GateMixBackward<T>{rows_of(rows, range), width, in[0], in[1], in[2], dout[0],
                                   din[0], din[1], din[2], write});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (std::size_t i = 0; i < size(0); ++i)
            y.push_back(in[0][i] * in[1][i] + (1 - in[0][i]) * in[2][i]);
        return {y};
    }
};

TEST(GateMix, EveryWidth) {
    for (int width : odd_widths)
        for (Write write : {Write::replace, Write::add})
            check_operation(GateMix{{3, 5}, width, write});
}

}  // namespace
}  // namespace manygpcm::kernels::testing
