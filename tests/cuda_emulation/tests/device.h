// Device memory for tests of the emulation, and kernels started with few words.
#pragma once

#include <cuda_emulation/control.h>
#include <cuda_runtime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

/// Every test begins with a fresh device and must leave nothing behind.
class Emulation : public testing::Test {
  protected:
    void SetUp() override { cuda_emulation::reset(); }
    void TearDown() override {
        cuda_emulation::reset();
        EXPECT_EQ(cuda_emulation::leaks(), "");
    }
};

/// An array on the device, freed at its end.
template <class T>
class Array {
  public:
    explicit Array(std::size_t size) : size_(size) { cudaMalloc(&data_, size * sizeof(T)); }
    explicit Array(const std::vector<T>& values) : Array(values.size()) {
        cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice);
    }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() { cudaFree(data_); }

    T* data() const { return data_; }
    std::vector<T> values() const {
        std::vector<T> all(size_);
        EXPECT_EQ(cudaMemcpy(all.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost),
                  cudaSuccess)
            << cuda_emulation::last_report();
        return all;
    }

  private:
    T* data_ = nullptr;
    std::size_t size_;
};

/// Starts a kernel and waits for it.
template <class... P, class... A>
cudaError_t run(dim3 grid, dim3 block, std::size_t shared_bytes, void (*kernel)(P...),
                A... arguments) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    const cudaError_t error = cudaLaunchKernelEx(&config, kernel, arguments...);
    return error != cudaSuccess ? error : cudaDeviceSynchronize();
}

namespace manygpcm::kernels::cuda {
extern __shared__ __align__(128) unsigned char shared_memory[];
}
template <class T>
__device__ T* block_shared() {
    return reinterpret_cast<T*>(manygpcm::kernels::cuda::shared_memory);
}
