#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct Dropout {
    DropoutShape shape;
    Write write = Write::replace;
    bool dropping = true;  ///< false: no keys
    std::vector<int> rows = {9, 4};
    std::vector<DropoutKey> keys = {{{1, 2}, 3}, {{4, 5}, 6}};

    std::size_t size(int r) const {
        return product(rows[static_cast<std::size_t>(r)], shape.width);
    }
    int replicas() const { return 2; }
    Sizes inputs(int r) const { return {size(r)}; }
    Sizes outputs(int r) const { return {size(r)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {write == Write::add}; }

    const DropoutKey* keys_from(int replica) const {
        return dropping ? keys.data() + replica : nullptr;
    }
    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(
            DropoutForward<T>{rows_of(rows, range), shape, keys_from(range.first), in[0], out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>&, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(DropoutBackward<T>{rows_of(rows, range), shape, keys_from(range.first), dout[0],
                                   din[0], write});
    }

    /// Element by element, as documented.
    bool keeps(std::size_t e) const {
        const PhiloxCounter words =
            philox({static_cast<std::uint32_t>(16 * (e / 64) + e % 16), 0, shape.use, keys[0].step},
                   keys[0].key);
        return words[e % 64 / 16] >= shape.rate * 4294967296.0;
    }
    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (std::size_t e = 0; e < size(0); ++e)
            y.push_back(!dropping ? in[0][e] : keeps(e) ? in[0][e] / (1 - shape.rate) : 0);
        return {y};
    }
};

TEST(Dropout, EveryWidthByTheDocumentedWords) {
    for (int width : odd_widths)
        for (double rate : {0.0, 0.1, 0.5, 0.9})
            for (Write write : {Write::replace, Write::add})
                check_operation(Dropout{{.rate = rate, .use = 7, .width = width}, write});
}

TEST(Dropout, WithoutKeysNothingIsDropped) {
    for (Write write : {Write::replace, Write::add})
        check_operation(Dropout{{.rate = 0.5, .use = 7, .width = 5}, write, false});
}

TEST(Dropout, BackwardHasTheMaskOfForward) {
    const Dropout dropout{{.rate = 0.3, .use = 2, .width = 33}};
    const std::vector<float> ones(dropout.size(0), 1);
    std::vector<float> y(ones.size()), dx(ones.size());
    const Rows rows = rows_of(dropout.rows, {0, 1});
    compute(DropoutForward<float>{
        rows, dropout.shape, dropout.keys.data(), {ones.data(), 0}, {y.data(), 0}});
    compute(DropoutBackward<float>{rows,
                                   dropout.shape,
                                   dropout.keys.data(),
                                   {ones.data(), 0},
                                   {dx.data(), 0},
                                   Write::replace});
    EXPECT_EQ(y, dx);
    for (std::size_t e = 0; e < y.size(); ++e)
        EXPECT_EQ(y[e] != 0, dropout.keeps(e)) << "element " << e;
}

TEST(Dropout, MaskDependsOnKeyUseAndStep) {
    const std::vector<float> ones(256, 1);
    const std::vector<int> rows = {256};
    const auto mask = [&](std::uint32_t use, const DropoutKey& key) {
        std::vector<float> y(ones.size());
        compute(DropoutForward<float>{
            rows, {.rate = 0.5, .use = use, .width = 1}, &key, {ones.data(), 0}, {y.data(), 0}});
        return y;
    };
    const std::vector<float> original = mask(1, {{2, 3}, 4});
    EXPECT_EQ(original, mask(1, {{2, 3}, 4}));
    EXPECT_NE(original, mask(0, {{2, 3}, 4}));
    EXPECT_NE(original, mask(1, {{0, 3}, 4}));
    EXPECT_NE(original, mask(1, {{2, 0}, 4}));
    EXPECT_NE(original, mask(1, {{2, 3}, 0}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
