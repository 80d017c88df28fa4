#include "manygpcm/kernels/attention.h"

#include "cuda/cohort.h"

namespace manygpcm::kernels::testing {
namespace {

std::vector<Result> run(Backend& backend, const Lengths& lengths, const AttentionShape& shape,
                        std::size_t pad) {
    Cohort cohort(backend, lengths);
    const Rows sequences = cohort.sequences(), steps = cohort.steps();
    const RowIndex offsets = cohort.offsets();
    std::vector<DropoutKey> keys;
    for (std::uint32_t r = 0; r < lengths.of.size(); ++r)
        keys.push_back({{r, 7 * r + 1}, 3 + r});
    const DropoutKey* const device_keys = cohort.upload(keys).data;
    const std::size_t width = product(steps.capacity, shape.width);
    const std::size_t heads = product(steps.capacity, shape.heads);
    const PerReplica<float> qkv = cohort.normals(3 * width, pad), y = cohort.normals(width, pad),
                            log_sum_exp = cohort.normals(heads, pad),
                            dy = cohort.normals(width, pad), dqkv = cohort.normals(3 * width, pad);
    backend.attention_forward(sequences, steps, shape, offsets, device_keys, qkv, y, log_sum_exp);
    backend.attention_backward(sequences, steps, shape, offsets, device_keys, qkv, y, log_sum_exp,
                               dy, dqkv);
    const std::vector<int> n = lengths.steps();
    return {{"y", cohort.download(y, width), times(n, shape.width)},
            {"log_sum_exp", cohort.download(log_sum_exp, heads), times(n, shape.heads)},
            {"dqkv", cohort.download(dqkv, 3 * width), times(n, 3 * shape.width)}};
}

void check(const Lengths& lengths, const AttentionShape& shape, std::size_t pad = 0) {
    SCOPED_TRACE("width " + std::to_string(shape.width) + ", heads " + std::to_string(shape.heads) +
                 (shape.causal ? ", causal" : ""));
    check_parity([&](Backend& backend) { return run(backend, lengths, shape, pad); });
}

const Lengths few{{{3, 70, 1, 33}, {}, {8, 64}}};

TEST(CudaAttention, EveryHeadSize) {
    for (const int size : {1, 4, 5, 8, 12, 16, 25, 32, 50, 64, 100, 128})
        check({{{9, 2}, {}, {40}}}, {.width = 2 * size, .heads = 2});
}

TEST(CudaAttention, CausalAndBidirectionalWithAndWithoutDropout) {
    for (const bool causal : {true, false})
        for (const double rate : {0.0, 0.2})
            for (const int size : {8, 32})
                check(few, {.width = 2 * size,
                            .heads = 2,
                            .causal = causal,
                            .dropout_rate = rate,
                            .dropout_use = 9});
}

TEST(CudaAttention, WiderHeadsDropTheSame) {
    for (const int size : {16, 64, 128})
        check({{{9, 2}, {}, {37}}},
              {.width = 2 * size, .heads = 2, .dropout_rate = 0.3, .dropout_use = 2});
}

TEST(CudaAttention, ArraysThatDoNotAllowVectors) {
    check({{{3, 20}, {}, {8}}}, {.width = 32, .heads = 4}, 1);
}

TEST(CudaAttention, LongSequences) {
    check({{{200, 1}, {137}}}, {.width = 8, .heads = 1, .dropout_rate = 0.1});
}

TEST(CudaAttention, LaterStepsCannotChangeASingleBit) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    const Lengths lengths{{{100}}};
    const AttentionShape shape{.width = 16, .heads = 2};
    constexpr int changed = 37;
    const auto y_with = [&](float later) {
        Cohort cohort(*device, lengths);
        const Rows sequences = cohort.sequences(), steps = cohort.steps();
        const RowIndex offsets = cohort.offsets();
        const std::size_t width = product(steps.capacity, shape.width);
        std::vector<float> qkv(3 * width);
        for (std::size_t i = 0; i < qkv.size(); ++i)
            qkv[i] = i < product(changed, 3 * shape.width)
                         ? static_cast<float>(cohort.random().normal())
                         : later;
        const PerReplica<float> y = cohort.normals(width),
                                log_sum_exp = cohort.normals(product(steps.capacity, shape.heads));
        device->attention_forward(sequences, steps, shape, offsets, nullptr, cohort.upload(qkv), y,
                                  log_sum_exp);
        return cohort.download<float>(y.data, product(changed, shape.width));
    };
    const std::vector<float> original = y_with(0.5f);
    for (const float later : {-1e30f, INFINITY, NAN})
        EXPECT_EQ(original, y_with(later)) << later;
}

TEST(CudaAttention, NamesHeadsThatAreTooWide) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    EXPECT_THROW(run(*device, {{{3}}}, {.width = 258, .heads = 2}, 0), DeviceError);
}

}  // namespace
}  // namespace manygpcm::kernels::testing
