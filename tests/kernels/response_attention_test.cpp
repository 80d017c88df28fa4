#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct ResponseAttention {
    AttentionShape shape;
    int categories;
    std::vector<int> sequences, steps;
    Index offsets, response;
    std::vector<DropoutKey> keys{{{1, 2}, 3}, {{4, 5}, 6}};

    ResponseAttention(const AttentionShape& s, int n_categories,
                      const std::vector<std::vector<int>>& lengths, Random random = {})
        : shape(s),
          categories(n_categories),
          sequences(sequence_counts(lengths)),
          steps(step_counts(lengths)),
          offsets(lengths),
          response(random, steps, n_categories) {}

    int replicas() const { return static_cast<int>(sequences.size()); }
    Sizes inputs(int) const { return {product(categories, 3 * shape.width)}; }
    Sizes outputs(int r) const {
        const int n = steps[static_cast<std::size_t>(r)];
        return {product(n, shape.width), product(n, shape.heads * categories)};
    }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {false}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(ResponseAttentionForward<T>{rows_of(sequences, range), rows_of(steps, range),
                                            categories, shape, offsets.from(range.first),
                                            response.from(range.first), keys.data() + range.first,
                                            in[0], out[1], out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(ResponseAttentionBackward<T>{
            rows_of(sequences, range), rows_of(steps, range), categories, shape,
            offsets.from(range.first), response.from(range.first), in[0], out[1], dout[0], din[0]});
    }

    /// What attention makes of the responses' rows, gathered by step: its own test says what that
    /// is.
    Arrays plain(const Arrays& in) const {
        std::vector<double> qkv;
        for (int t = 0; t < steps[0]; ++t) {
            const auto row = in[0].begin() + 3 * shape.width * response[t];
            qkv.insert(qkv.end(), row, row + 3 * shape.width);
        }
        std::vector<double> y(product(steps[0], shape.width)),
            log_sum_exp(product(steps[0], shape.heads));
        compute(AttentionForward<double>{std::vector<int>{sequences[0]},
                                         {},
                                         shape,
                                         offsets.from(0),
                                         keys.data(),
                                         {qkv.data(), 0},
                                         {y.data(), 0},
                                         {log_sum_exp.data(), 0}});
        return {y};
    }
};

TEST(ResponseAttention, IsAttentionOverTheResponsesRows) {
    for (int size : {1, 4, 17})
        for (bool causal : {true, false})
            for (double rate : {0.0, 0.3}) {
                SCOPED_TRACE("head size " + std::to_string(size) + (causal ? ", causal" : "") +
                             (rate > 0 ? ", dropout" : ""));
                check_operation(ResponseAttention({.width = 2 * size,
                                                   .heads = 2,
                                                   .causal = causal,
                                                   .dropout_rate = rate,
                                                   .dropout_use = 9},
                                                  4, {{1, 3, 17, 33}, {8, 2}}));
            }
}

TEST(ResponseAttention, LaterResponsesCannotChangeASingleBit) {
    const AttentionShape shape{.width = 8, .heads = 2, .dropout_rate = 0.2};
    const int width = shape.width;
    ResponseAttention attention(shape, 3, {{40}});
    Pass<float> original(attention), other(attention);
    original.forward(attention, {0, 1});
    for (int changed = 39; changed > 0; changed -= 6) {
        for (int t = changed; t < 40; ++t)
            attention.response.values[static_cast<std::size_t>(t)] =
                (attention.response[t] + 1) % 3;
        other.forward(attention, {0, 1});
        EXPECT_EQ(std::memcmp(original.out[0].values.data(), other.out[0].values.data(),
                              sizeof(float) * product(width, changed)),
                  0)
            << "responses from " << changed << " on";
    }
}

TEST(ResponseAttention, StepsFromAKnownEndOnAreZeroAndUnseen) {
    const AttentionShape shape{.width = 8, .heads = 2, .causal = false};
    const ResponseAttention known(shape, 3, {{9, 5}});
    Pass<float> pass(known);
    pass.forward(known, {0, 1});
    ResponseAttention other(shape, 3, {{11, 5}});
    for (int t = 0; t < 14; ++t)
        other.response.values[static_cast<std::size_t>(t < 9 ? t : t + 2)] = known.response[t];
    const std::int32_t ends[] = {9, 16};
    std::vector<float> y(product(16, shape.width), NAN);
    compute(ResponseAttentionForward<float>{other.sequences,
                                            other.steps,
                                            3,
                                            shape,
                                            other.offsets.from(0),
                                            other.response.from(0),
                                            nullptr,
                                            {pass.in[0].values.data(), 0},
                                            {},
                                            {y.data(), 0},
                                            {ends, 0}});
    const auto row = [&](int step) { return y.begin() + step * shape.width; };
    const auto expected = pass.out[0].values.begin();
    EXPECT_TRUE(std::equal(row(0), row(9), expected));
    EXPECT_TRUE(std::all_of(row(9), row(11), [](float x) { return x == 0; }));
    EXPECT_TRUE(std::equal(row(11), row(16), expected + 9 * shape.width));
}

TEST(ResponseAttention, HugeScoresStayFinite) {
    const ResponseAttention attention({.width = 4, .heads = 1}, 4, {{20}});
    Pass<float> pass(attention);
    for (std::size_t i = 0; i < 4 * 12; ++i)
        pass.in[0].values[i] *= 1e3f;
    pass.forward(attention, {0, 1});
    pass.backward(attention, {0, 1});
    for (std::size_t i = 0; i < 20 * 4; ++i)
        EXPECT_TRUE(std::isfinite(pass.out[0].values[i]));
    for (std::size_t i = 0; i < 4 * 12; ++i)
        EXPECT_TRUE(std::isfinite(pass.din[0].values[i]));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
