#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct Attention {
    AttentionShape shape;
    std::vector<int> sequences;
    Index offsets;
    std::vector<DropoutKey> keys{{{1, 2}, 3}, {{4, 5}, 6}};

    Attention(const AttentionShape& s, const std::vector<std::vector<int>>& lengths)
        : shape(s), sequences(sequence_counts(lengths)), offsets(lengths) {}

    int replicas() const { return static_cast<int>(sequences.size()); }
    std::size_t steps(int r) const {
        return static_cast<std::size_t>(
            offsets.from(r).data[sequences[static_cast<std::size_t>(r)]]);
    }
    Sizes inputs(int r) const { return {steps(r) * 3 * static_cast<std::size_t>(shape.width)}; }
    Sizes outputs(int r) const {
        return {steps(r) * static_cast<std::size_t>(shape.width),
                steps(r) * static_cast<std::size_t>(shape.heads)};
    }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {false}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(AttentionForward<T>{rows_of(sequences, range),
                                    {},
                                    shape,
                                    offsets.from(range.first),
                                    keys.data() + range.first,
                                    in[0],
                                    out[0],
                                    out[1]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(AttentionBackward<T>{rows_of(sequences, range),
                                     {},
                                     shape,
                                     offsets.from(range.first),
                                     keys.data() + range.first,
                                     in[0],
                                     out[0],
                                     out[1],
                                     dout[0],
                                     din[0]});
    }

    /// 0 or 2^16 / (2^16 - n), word by word as documented.
    double dropout_factor(int step, int head, int key) const {
        if (shape.dropout_rate == 0) return 1;
        const auto counter = static_cast<std::uint32_t>(step * shape.heads + head);
        const PhiloxCounter words =
            philox({static_cast<std::uint32_t>(key / 8), counter, shape.dropout_use, keys[0].step},
                   keys[0].key);
        const std::uint32_t word = words[static_cast<std::size_t>(key % 8 / 2)];
        const double n = std::floor(shape.dropout_rate * 65536.0);
        return (key % 2 == 0 ? word & 0xFFFF : word >> 16) >= n ? 65536.0 / (65536.0 - n) : 0;
    }

    Arrays plain(const Arrays& in) const {
        const int width = shape.width, size = width / shape.heads;
        const auto qkv = [&](int step, int which, int c) {
            return in[0][static_cast<std::size_t>((3 * step + which) * width + c)];
        };
        std::vector<double> y;
        for (int s = 0; s < sequences[0]; ++s)
            for (int t = offsets[s]; t < offsets[s + 1]; ++t)
                for (int c = 0; c < width; ++c) {
                    const int head = c / size, end = shape.causal ? t + 1 : offsets[s + 1];
                    double sum = 0, weighted = 0;
                    for (int j = offsets[s]; j < end; ++j) {
                        double score = 0;
                        for (int i = head * size; i < (head + 1) * size; ++i)
                            score += qkv(t, 0, i) * qkv(j, 1, i);
                        const double p = std::exp(score / std::sqrt(size));
                        sum += p;
                        weighted += p * dropout_factor(t, head, j - offsets[s]) * qkv(j, 2, c);
                    }
                    y.push_back(weighted / sum);
                }
        return {y};
    }
};

TEST(Attention, EveryHeadSizeAndLength) {
    for (int size : {1, 3, 4, 17, 33})
        for (bool causal : {true, false}) {
            SCOPED_TRACE("head size " + std::to_string(size) + (causal ? ", causal" : ""));
            check_operation(
                Attention({.width = 2 * size, .heads = 2, .causal = causal}, {{1, 3, 17}, {8, 2}}));
        }
}

TEST(Attention, SequencesLongerThanAnyVector) {
    for (bool causal : {true, false})
        check_operation(Attention({.width = 4, .heads = 1, .causal = causal}, {{33, 50}, {17}}));
}

TEST(Attention, DropsProbabilitiesByTheDocumentedWords) {
    for (bool causal : {true, false})
        check_operation(Attention(
            {.width = 12, .heads = 3, .causal = causal, .dropout_rate = 0.3, .dropout_use = 9},
            {{5, 1, 18}, {20, 3}}));
}

TEST(Attention, ARateNearOneKeepsTheMean) {
    const Attention attention(
        {.width = 4, .heads = 2, .causal = false, .dropout_rate = 0.9999, .dropout_use = 156},
        {{40}, {3}});
    int kept = 0;
    for (int t = 0; t < 40; ++t)
        for (int h = 0; h < 2; ++h)
            for (int j = 0; j < 40; ++j)
                kept += attention.dropout_factor(t, h, j) > 0;
    ASSERT_GE(kept, 3) << "nothing to check: another dropout_use is needed";
    check_operation(attention);
}

TEST(Attention, WithoutKeysNothingIsDropped) {
    const std::vector<std::vector<int>> lengths{{9}};
    Attention dropping({.width = 4, .heads = 2, .dropout_rate = 0.5}, lengths);
    const Attention plain({.width = 4, .heads = 2}, lengths);
    Pass<float> pass(plain);
    const Pass<float> before(plain);
    pass.forward(plain, {0, 1});
    std::vector<float> y(9 * 4), log_sum_exp(9 * 2);
    compute(AttentionForward<float>{dropping.sequences,
                                    {},
                                    dropping.shape,
                                    dropping.offsets.from(0),
                                    nullptr,
                                    {before.in[0].values.data(), 0},
                                    {y.data(), 0},
                                    {log_sum_exp.data(), 0}});
    EXPECT_TRUE(std::equal(y.begin(), y.end(), pass.out[0].values.begin()));
}

template <class T>
void expect_causal(const std::vector<T>& later_values) {
    for (int size : {3, 4, 16})
        for (int changed = 1; changed < 40; changed += 6)
            for (T later : later_values) {
                const Attention attention({.width = 2 * size, .heads = 2}, {{40}});
                Pass<T> original(attention), other(attention);
                const int width = attention.shape.width;
                for (int i = 3 * width * changed; i < 3 * width * 40; ++i)
                    other.in[0].values[static_cast<std::size_t>(i)] = later;
                original.forward(attention, {0, 1});
                other.forward(attention, {0, 1});
                const auto bytes = sizeof(T) * static_cast<std::size_t>(width * changed);
                EXPECT_EQ(
                    std::memcmp(original.out[0].values.data(), other.out[0].values.data(), bytes),
                    0)
                    << "head size " << size << ", steps from " << changed << " set to " << later;
            }
}

TEST(Attention, LaterStepsCannotChangeASingleBit) {
    expect_causal<float>({0.5f, -1e30f, INFINITY, NAN});
    expect_causal<double>({0.5, -1e300, INFINITY, NAN});
}

TEST(Attention, HugeScoresStayFinite) {
    const Attention attention({.width = 4, .heads = 1}, {{20}});
    Pass<float> pass(attention);
    for (std::size_t i = 0; i < 20 * 12; ++i)
        pass.in[0].values[i] *= 1e3f;
    pass.forward(attention, {0, 1});
    pass.backward(attention, {0, 1});
    for (std::size_t i = 0; i < 20 * 4; ++i)
        EXPECT_TRUE(std::isfinite(pass.out[0].values[i]));
    for (std::size_t i = 0; i < 20 * 12; ++i)
        EXPECT_TRUE(std::isfinite(pass.din[0].values[i]));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
