// CUB's reductions and scans in our dynamic shared memory.
#include <cub/cub.cuh>

#include "device.h"

namespace {

using testing::HasSubstr;

using Cub = Emulation;

__global__ void reduce_and_scan(const int* x, int* out, bool barrier) {
    using Reduce = cub::BlockReduce<int, 64>;
    using Scan = cub::BlockScan<int, 64>;
    union Storage {
        Reduce::TempStorage reduce;
        Scan::TempStorage scan;
    };
    auto& storage = *block_shared<Storage>();
    const int i = threadIdx.x;
    const int sum = Reduce(storage.reduce).Sum(x[i]);
    if (barrier) __syncthreads();
    const int most = Reduce(storage.reduce).Reduce(x[i], [](int a, int b) { return max(a, b); });
    __syncthreads();
    int before, up_to, total;
    Scan(storage.scan).ExclusiveSum(x[i], before, total);
    __syncthreads();
    Scan(storage.scan).InclusiveSum(x[i], up_to);
    if (i == 0) {
        out[0] = sum;
        out[1] = most;
        out[2] = total;
    }
    out[3 + 2 * i] = before;
    out[4 + 2 * i] = up_to;
}

TEST_F(Cub, BlocksReduceAndScan) {
    std::vector<int> x(64);
    for (int i = 0; i < 64; ++i)
        x[i] = i * i % 37;
    Array<int> in(x), out(3 + 128);
    ASSERT_EQ(run(1, 64, 256, reduce_and_scan, in.data(), out.data(), true), cudaSuccess)
        << cuda_emulation::last_report();
    const std::vector<int> values = out.values();
    int sum = 0, most = 0;
    for (int i = 0; i < 64; ++i) {
        EXPECT_EQ(values[3 + 2 * i], sum);
        sum += x[i];
        most = std::max(most, x[i]);
        EXPECT_EQ(values[4 + 2 * i], sum);
    }
    EXPECT_EQ(values[0], sum);
    EXPECT_EQ(values[1], most);
    EXPECT_EQ(values[2], sum);
}

TEST_F(Cub, StorageUsedAgainWithoutABarrierIsARace) {
    Array<int> in(std::vector<int>(64, 1)), out(3 + 128);
    EXPECT_EQ(run(1, 64, 256, reduce_and_scan, in.data(), out.data(), false),
              cudaErrorIllegalAddress);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("of shared memory: a race with"));
}

__global__ void reduce_warps(const float* x, float* out) {
    cub::WarpReduce<float>::TempStorage whole;
    cub::WarpReduce<float, 8>::TempStorage part;
    const int i = threadIdx.x;
    const float sum = cub::WarpReduce<float>(whole).Sum(x[i]);
    const float part_sum = cub::WarpReduce<float, 8>(part).Sum(x[i], 5);
    if (i == 0) out[0] = sum;
    if (i % 8 == 0) out[1 + i / 8] = part_sum;
}

TEST_F(Cub, WarpsReduce) {
    std::vector<float> x(32);
    for (int i = 0; i < 32; ++i)
        x[i] = static_cast<float>(i);
    Array<float> in(x), out(5);
    ASSERT_EQ(run(1, 32, 0, reduce_warps, in.data(), out.data()), cudaSuccess)
        << cuda_emulation::last_report();
    EXPECT_THAT(out.values(), testing::ElementsAre(496, 10, 50, 90, 130));
}

}  // namespace
