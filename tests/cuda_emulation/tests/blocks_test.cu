// Threads of a block: barriers, warp primitives, and what happens where threads part.
#include <numeric>

#include "device.h"

namespace {

using testing::HasSubstr;

using Blocks = Emulation;

__global__ void number_threads(int* out) {
    const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
    out[block * threads + thread] = static_cast<int>(block * 1000 + thread);
}

TEST_F(Blocks, RunEveryThreadOfEveryBlock) {
    for (const std::uint64_t seed : {0, 5}) {
        cuda_emulation::shuffle_blocks(seed);
        Array<int> out(24 * 12);
        ASSERT_EQ(run(dim3(2, 3, 4), dim3(3, 2, 2), 0, number_threads, out.data()), cudaSuccess);
        const std::vector<int> values = out.values();
        for (int b = 0; b < 24; ++b)
            for (int t = 0; t < 12; ++t)
                EXPECT_EQ(values[b * 12 + t], b * 1000 + t);
    }
}

__global__ void sum_by_shuffles(const float* x, int n, float* sum) {
    float* partial = block_shared<float>();
    float mine = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        mine += x[i];
    for (int offset = 16; offset > 0; offset /= 2)
        mine += __shfl_xor_sync(0xffffffffu, mine, offset);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = mine;
    __syncthreads();
    if (threadIdx.x < 32) {
        float total = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0;
        for (int offset = 16; offset > 0; offset /= 2)
            total += __shfl_down_sync(0xffffffffu, total, offset);
        if (threadIdx.x == 0) *sum = total;
    }
}

TEST_F(Blocks, ReduceByShufflesAndSharedMemory) {
    std::vector<float> x(1000);
    std::iota(x.begin(), x.end(), 1.0f);
    Array<float> in(x), out(1);
    ASSERT_EQ(run(1, 128, 4 * sizeof(float), sum_by_shuffles, in.data(), 1000, out.data()),
              cudaSuccess)
        << cuda_emulation::last_report();
    EXPECT_EQ(out.values()[0], 500500);
}

__global__ void transpose(const float* in, float* out, int size) {
    auto* tile = block_shared<float>();
    const int x = blockIdx.x * 16 + threadIdx.x, y = blockIdx.y * 16 + threadIdx.y;
    if (x < size && y < size) tile[threadIdx.y * 17 + threadIdx.x] = in[y * size + x];
    __syncthreads();
    const int tx = blockIdx.y * 16 + threadIdx.x, ty = blockIdx.x * 16 + threadIdx.y;
    if (tx < size && ty < size) out[ty * size + tx] = tile[threadIdx.x * 17 + threadIdx.y];
}

TEST_F(Blocks, TransposeThroughSharedMemory) {
    constexpr int size = 37;
    std::vector<float> x(size * size);
    std::iota(x.begin(), x.end(), 0.0f);
    Array<float> in(x), out(x.size());
    ASSERT_EQ(run(dim3(3, 3), dim3(16, 16), 16 * 17 * sizeof(float), transpose, in.data(),
                  out.data(), size),
              cudaSuccess)
        << cuda_emulation::last_report();
    const std::vector<float> y = out.values();
    for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j)
            EXPECT_EQ(y[i * size + j], x[j * size + i]);
}

__global__ void warp_primitives(int* out) {
    const int lane = threadIdx.x;
    int* mine = out + lane * 10;
    mine[0] = __shfl_sync(0xffffffffu, lane, 5);
    mine[1] = __shfl_sync(0xffffffffu, lane, 9, 8);
    mine[2] = __shfl_up_sync(0xffffffffu, lane, 3);
    mine[3] = __shfl_down_sync(0xffffffffu, lane, 3, 16);
    mine[4] = __shfl_xor_sync(0xffffffffu, lane, 1);
    mine[5] = static_cast<int>(__ballot_sync(0xffffffffu, lane % 2));
    mine[6] = __any_sync(0xffffffffu, lane == 7) + 2 * __any_sync(0xffffffffu, lane > 40);
    mine[7] = __all_sync(0xffffffffu, lane < 32) + 2 * __all_sync(0xffffffffu, lane < 31);
    mine[8] = __reduce_add_sync(0xffffffffu, lane);
    mine[9] = lane < 16 ? __reduce_max_sync(0xffffu, lane) : -1;
}

TEST_F(Blocks, WarpPrimitivesGiveWhatTheyAreDocumentedToGive) {
    Array<int> out(320);
    ASSERT_EQ(run(1, 32, 0, warp_primitives, out.data()), cudaSuccess)
        << cuda_emulation::last_report();
    const std::vector<int> values = out.values();
    for (int l = 0; l < 32; ++l) {
        const int* mine = values.data() + l * 10;
        EXPECT_EQ(mine[0], 5);
        EXPECT_EQ(mine[1], l / 8 * 8 + 1);
        EXPECT_EQ(mine[2], l < 3 ? l : l - 3);
        EXPECT_EQ(mine[3], l % 16 > 12 ? l : l + 3);
        EXPECT_EQ(mine[4], l ^ 1);
        EXPECT_EQ(static_cast<unsigned>(mine[5]), 0xaaaaaaaau);
        EXPECT_EQ(mine[6], 1);
        EXPECT_EQ(mine[7], 1);
        EXPECT_EQ(mine[8], 496);
        EXPECT_EQ(mine[9], l < 16 ? 15 : -1);
    }
}

__global__ void count_atomically(int* counts) {
    atomicAdd(counts + threadIdx.x % 3, 1);
    atomicMax(counts + 3, static_cast<int>(threadIdx.x));
}

TEST_F(Blocks, AtomicsOfAllBlocksAddUp) {
    Array<int> counts(std::vector<int>(4, 0));
    ASSERT_EQ(run(10, 30, 0, count_atomically, counts.data()), cudaSuccess)
        << cuda_emulation::last_report();
    EXPECT_THAT(counts.values(), testing::ElementsAre(100, 100, 100, 29));
}

__global__ void part_at_barrier() {
    if (threadIdx.x < 40)
        __syncthreads();
    else
        __syncwarp(0xffffff01u);
}

TEST_F(Blocks, ReportABarrierThatNotAllReach) {
    EXPECT_EQ(run(2, 64, 0, part_at_barrier), cudaErrorLaunchFailure);
    EXPECT_THAT(cuda_emulation::last_report(),
                HasSubstr("kernel part_at_barrier, block (0, 0, 0): threads wait for each other; "
                          "threads 40-63 at __syncwarp"));
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("threads 0-39 at __syncthreads"));
    EXPECT_THAT(cudaGetErrorString(cudaErrorLaunchFailure), HasSubstr("part_at_barrier"));
}

__global__ void leave_early(int n) {
    if (static_cast<int>(threadIdx.x) >= n) return;
    __shfl_sync(0xffffffffu, 1, 0);
}

TEST_F(Blocks, ReportAShuffleWithALaneThatHasExited) {
    EXPECT_EQ(run(1, 32, 0, leave_early, 31), cudaErrorLaunchFailure);
    EXPECT_THAT(cuda_emulation::last_report(),
                HasSubstr("kernel leave_early, block (0, 0, 0), thread (31, 0, 0): exited while"));
    cuda_emulation::reset();
    EXPECT_EQ(run(1, 32, 0, leave_early, 32), cudaSuccess);
}

__device__ __attribute__((noinline)) int descend(volatile int* x, int depth) {
    return *x && depth ? descend(x, depth - 1) + *x : 0;
}
__global__ void recurse(int* x, int depth) {
    *x = descend(x, depth);
}

TEST_F(Blocks, ReportRecursionWithoutEnd) {
    Array<int> x(std::vector<int>{1});
    EXPECT_EQ(run(1, 1, 0, recurse, x.data(), 10), cudaSuccess);
    EXPECT_EQ(run(1, 1, 0, recurse, x.data(), 1 << 30), cudaErrorLaunchFailure);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("deeper than its stack"));
}

TEST_F(Blocks, RefuseLaunchesBeyondTheDevicesLimits) {
    EXPECT_EQ(run(1, 1025, 0, leave_early, 0), cudaErrorInvalidConfiguration);
    EXPECT_EQ(run(dim3(1, 1, 70000), 1, 0, leave_early, 0), cudaErrorInvalidConfiguration);
    EXPECT_EQ(run(1, 32, 50000, leave_early, 32), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFuncSetAttribute(leave_early, cudaFuncAttributeMaxDynamicSharedMemorySize, 50000),
              cudaSuccess);
    EXPECT_EQ(run(1, 32, 50000, leave_early, 32), cudaSuccess);
}

}  // namespace
