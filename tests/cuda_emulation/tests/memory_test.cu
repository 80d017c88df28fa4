// Wrong accesses of kernels are found, named and don't happen.
#include <cuda_pipeline_primitives.h>

#include <cstring>

#include "device.h"

namespace {

using testing::AllOf;
using testing::HasSubstr;

using Memory = Emulation;

/// Runs a kernel and expects its report to contain `what`.
#define EXPECT_REPORT(code, what, ...)                               \
    do {                                                             \
        EXPECT_EQ(run(__VA_ARGS__), code);                           \
        EXPECT_THAT(cuda_emulation::last_report(), HasSubstr(what)); \
        cuda_emulation::reset();                                     \
    } while (false)

__global__ void read_at(const float* x, int i, float* y) {
    *y = x[i];
}
__global__ void write_at(float* x, int i) {
    x[i] = 1;
}

TEST_F(Memory, OutOfBoundsOfGlobalMemory) {
    Array<float> x(std::vector<float>(10, 1.0f)), y(1);
    EXPECT_REPORT(cudaErrorIllegalAddress,
                  "kernel read_at, block (0, 0, 0), thread (0, 0, 0): reads 4 bytes at 0 bytes "
                  "behind allocation",
                  1, 1, 0, read_at, x.data(), 10, y.data());
    EXPECT_REPORT(cudaErrorIllegalAddress, "writes 4 bytes at 4 bytes before allocation", 1, 1, 0,
                  write_at, x.data(), -1);
    EXPECT_REPORT(cudaErrorIllegalAddress,
                  "which isn't the device's: out of bounds, done at memory_test", 1, 1, 0, write_at,
                  nullptr, 0);
    float host = 0;
    EXPECT_REPORT(cudaErrorIllegalAddress, "which isn't the device's", 1, 1, 0, write_at, &host, 0);
    EXPECT_EQ(host, 0);
    float* freed = nullptr;
    cudaMalloc(&freed, 64);
    cudaFree(freed);
    EXPECT_REPORT(cudaErrorIllegalAddress, "of freed allocation", 1, 1, 0, write_at, freed, 3);
}

__global__ void touch_shared(int written, int read, int* out) {
    int* memory = block_shared<int>();
    if (written >= 0) memory[written] = 3;
    *out = memory[read];
}

TEST_F(Memory, OutOfBoundsOfSharedMemory) {
    Array<int> out(1);
    EXPECT_EQ(run(1, 1, 40, touch_shared, 9, 9, out.data()), cudaSuccess);
    EXPECT_REPORT(cudaErrorIllegalAddress, "writes 4 bytes at byte 40 of shared memory", 1, 1, 40,
                  touch_shared, 10, 0, out.data());
}

__global__ void index_local(int i, int* out) {
    int values[8];
    for (int k = 0; k < 8; ++k)
        values[k] = k * k;
    *out = values[i];
}

TEST_F(Memory, OutOfBoundsOfALocalArray) {
    Array<int> out(1);
    EXPECT_EQ(run(1, 1, 0, index_local, 7, out.data()), cudaSuccess);
    EXPECT_EQ(out.values()[0], 49);
    EXPECT_REPORT(cudaErrorIllegalAddress, "index 8 of an array at memory_test.cu", 1, 1, 0,
                  index_local, 8, out.data());
}

__global__ void copy_bytes(const float* x, float* y, int bytes) {
    memcpy(y, x, bytes);
}

TEST_F(Memory, CopiesWithinKernelsAreChecked) {
    Array<float> x(std::vector<float>(4, 1.0f)), y(4);
    EXPECT_EQ(run(1, 1, 0, copy_bytes, x.data(), y.data(), 16), cudaSuccess);
    EXPECT_EQ(y.values(), x.values());
    EXPECT_REPORT(cudaErrorIllegalAddress, "reads 17 bytes", 1, 1, 0, copy_bytes, x.data(),
                  y.data(), 17);
}

TEST_F(Memory, ReadingWhatWasNeverWritten) {
    Array<float> x(4), y(1);
    EXPECT_REPORT(cudaErrorIllegalAddress, "not initialised", 1, 1, 0, read_at, x.data(), 2,
                  y.data());
    EXPECT_REPORT(cudaErrorIllegalAddress, "byte 8 of shared memory: not initialised", 1, 1, 40,
                  touch_shared, 1, 2, reinterpret_cast<int*>(y.data()));
    // What other operations write is initialised, what they copy stays what it is.
    cudaMemset(x.data(), 0, 8);
    Array<float> copied(4);
    cudaMemcpy(copied.data(), x.data(), 16, cudaMemcpyDeviceToDevice);
    EXPECT_EQ(run(1, 1, 0, read_at, copied.data(), 1, y.data()), cudaSuccess);
    EXPECT_REPORT(cudaErrorIllegalAddress, "byte 8 of allocation", 1, 1, 0, read_at, copied.data(),
                  2, y.data());
    std::vector<float> host(4);
    EXPECT_EQ(cudaMemcpy(host.data(), copied.data(), 8, cudaMemcpyDeviceToHost), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(host.data(), copied.data(), 16, cudaMemcpyDeviceToHost),
              cudaErrorIllegalAddress);
}

__global__ void load_vector(const float* x, int i, float* y) {
    const float4 v = *reinterpret_cast<const float4*>(x + i);
    *y = v.x + v.w;
}
__global__ void store_vector(float* x, int i) {
    *reinterpret_cast<float4*>(x + i) = float4{1, 2, 3, 4};
}

TEST_F(Memory, MisalignedVectors) {
    Array<float> x(std::vector<float>(12, 1.0f)), y(1);
    EXPECT_EQ(run(1, 1, 0, load_vector, x.data(), 8, y.data()), cudaSuccess);
    EXPECT_EQ(run(1, 1, 0, store_vector, x.data(), 4), cudaSuccess);
    EXPECT_REPORT(cudaErrorMisalignedAddress, "isn't at a multiple of 16 bytes", 1, 1, 0,
                  load_vector, x.data(), 2, y.data());
    EXPECT_REPORT(cudaErrorMisalignedAddress, "byte 4 of allocation", 1, 1, 0, store_vector,
                  x.data(), 1);
}

__global__ void divide(int a, int b, int* out) {
    *out = a / b;
}

TEST_F(Memory, DivisionByZeroEndsTheKernelNotTheProgram) {
    Array<int> out(1);
    EXPECT_REPORT(cudaErrorLaunchFailure, "division by zero", 1, 1, 0, divide, 1, 0, out.data());
}

TEST_F(Memory, HostCodeOnDeviceMemory) {
    Array<float> x(std::vector<float>(4, 1.0f));
    x.data()[2] = 5;
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    EXPECT_THAT(
        cuda_emulation::last_report(),
        AllOf(HasSubstr("host code writes 4 bytes at byte 8"), HasSubstr("memory_test.cu")));
}

__global__ void copy_ahead(const float* x, float* y, bool wait) {
    float* shared = block_shared<float>();
    __pipeline_memcpy_async(shared + 4 * threadIdx.x, x + 4 * threadIdx.x, 16);
    __pipeline_commit();
    __pipeline_memcpy_async(shared + 128 + threadIdx.x, x + threadIdx.x, 4, 4);
    __pipeline_commit();
    if (wait) __pipeline_wait_prior(1);
    y[threadIdx.x] = shared[4 * threadIdx.x + 1];
    __pipeline_wait_prior(0);
    y[threadIdx.x] += shared[128 + threadIdx.x];
}

TEST_F(Memory, AsynchronousCopiesAreThereAfterTheWait) {
    std::vector<float> values(128);
    for (int i = 0; i < 128; ++i)
        values[i] = static_cast<float>(i);
    Array<float> x(values), y(32);
    EXPECT_EQ(run(1, 32, 160 * 4, copy_ahead, x.data(), y.data(), true), cudaSuccess)
        << cuda_emulation::last_report();
    EXPECT_EQ(y.values()[3], 13);
    EXPECT_REPORT(cudaErrorIllegalAddress, "byte 4 of shared memory: not initialised", 1, 32,
                  160 * 4, copy_ahead, x.data(), y.data(), false);
}

__global__ void exchange_neighbours(int* out, int barrier) {
    int* shared = block_shared<int>();
    const int n = blockDim.x, i = threadIdx.x;
    shared[i] = 0;
    __syncthreads();
    shared[i] = i;
    if (barrier == 1) __syncthreads();
    if (barrier == 2) __syncwarp();
    if (barrier == 3) __shfl_xor_sync(0xffffffffu, i, 1);
    out[blockIdx.x * n + i] = shared[(i + 1) % n];
}

TEST_F(Memory, RacesInSharedMemory) {
    Array<int> out(128);
    EXPECT_EQ(run(2, 64, 256, exchange_neighbours, out.data(), 1), cudaSuccess);
    EXPECT_EQ(out.values()[63], 0);
    EXPECT_EQ(run(1, 32, 128, exchange_neighbours, out.data(), 2), cudaSuccess);
    // A shuffle orders no memory, __syncwarp only its warp's.
    EXPECT_REPORT(cudaErrorIllegalAddress, "of shared memory: a race with", 1, 32, 128,
                  exchange_neighbours, out.data(), 3);
    EXPECT_REPORT(cudaErrorIllegalAddress,
                  "thread (32, 0, 0): writes 4 bytes at byte 128 of shared memory: a race with "
                  "block (0, 0, 0), thread (31, 0, 0), which read it",
                  1, 64, 256, exchange_neighbours, out.data(), 2);
}

__global__ void write_after_reads(const int* x, int* out, bool barrier, unsigned writer) {
    int* shared = block_shared<int>();
    if (threadIdx.x == 0) shared[0] = *x;
    __syncthreads();
    const int mine = shared[0];
    if (barrier) __syncthreads();
    if (threadIdx.x == writer) shared[0] = mine + 1;
    __syncthreads();
    out[threadIdx.x] = mine + shared[0];
}

TEST_F(Memory, RacesOfReadersWithALaterWriter) {
    Array<int> x(std::vector<int>{3}), out(96);
    for (const unsigned writer : {0u, 31u, 50u, 95u}) {
        EXPECT_EQ(run(1, 96, 4, write_after_reads, x.data(), out.data(), true, writer),
                  cudaSuccess);
        EXPECT_REPORT(cudaErrorIllegalAddress, "a race with", 1, 96, 4, write_after_reads, x.data(),
                      out.data(), false, writer);
    }
}

__global__ void sum_blocks(int* sum, bool atomically) {
    if (threadIdx.x == 0) {
        if (atomically)
            atomicAdd(sum, 1);
        else
            *sum += 1;
    }
}

TEST_F(Memory, RacesBetweenBlocks) {
    Array<int> sum(std::vector<int>{0});
    EXPECT_EQ(run(5, 32, 0, sum_blocks, sum.data(), true), cudaSuccess);
    EXPECT_EQ(sum.values()[0], 5);
    EXPECT_EQ(run(1, 32, 0, sum_blocks, sum.data(), false), cudaSuccess);
    EXPECT_REPORT(cudaErrorIllegalAddress,
                  "block (1, 0, 0), thread (0, 0, 0): reads 4 bytes at byte 0 of allocation", 5, 32,
                  0, sum_blocks, sum.data(), false);
}

__global__ void write_bytes(unsigned char* bytes) {
    bytes[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
}

TEST_F(Memory, NeighbouringBytesAreNoRace) {
    Array<unsigned char> bytes(7);
    EXPECT_EQ(run(1, 7, 0, write_bytes, bytes.data()), cudaSuccess)
        << cuda_emulation::last_report();
    EXPECT_EQ(bytes.values()[6], 6);
    EXPECT_REPORT(cudaErrorIllegalAddress, "0 bytes behind", 1, 8, 0, write_bytes, bytes.data());
}

}  // namespace
