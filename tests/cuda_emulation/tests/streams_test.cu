// Streams, events, graphs, and the device's memory as the host manages it.
#include "device.h"

namespace {

using testing::HasSubstr;

/// A stream of its own for every test.
class Streams : public Emulation {
  protected:
    void SetUp() override {
        Emulation::SetUp();
        ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    }
    void TearDown() override {
        cudaStreamDestroy(stream_);
        Emulation::TearDown();
    }

    cudaError_t launch(void (*kernel)(int*), int* argument, cudaStream_t stream) {
        cudaLaunchConfig_t config{};
        config.gridDim = 1;
        config.blockDim = 1;
        config.stream = stream;
        return cudaLaunchKernelEx(&config, kernel, argument);
    }

    cudaStream_t stream_ = nullptr;
};

__global__ void increment(int* x) {
    ++*x;
}
__global__ void divide_by_it(int* x) {
    *x = 1 / *x;
}

TEST_F(Streams, CapturedWorkRunsAtEveryLaunchOfItsGraph) {
    Array<int> x(std::vector<int>{0});
    int host = -1;
    ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    cudaStreamCaptureStatus status;
    cudaStreamIsCapturing(stream_, &status);
    EXPECT_EQ(status, cudaStreamCaptureStatusActive);
    EXPECT_EQ(launch(increment, x.data(), stream_), cudaSuccess);
    EXPECT_EQ(cudaMemcpyAsync(&host, x.data(), 4, cudaMemcpyDeviceToHost, stream_), cudaSuccess);
    cudaGraph_t graph;
    ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
    EXPECT_EQ(x.values()[0], 0);
    cudaGraphExec_t exec;
    ASSERT_EQ(cudaGraphInstantiate(&exec, graph), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
        EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
        EXPECT_EQ(host, i);
    }
    EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
}

TEST_F(Streams, ForkedCapturesMustJoinAgain) {
    Array<int> x(std::vector<int>{0});
    cudaStream_t other;
    cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
    cudaEvent_t forked, joined;
    cudaEventCreate(&forked);
    cudaEventCreate(&joined);
    for (const bool joins : {true, false}) {
        cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
        cudaEventRecord(forked, stream_);
        EXPECT_EQ(cudaStreamWaitEvent(other, forked), cudaSuccess);
        launch(increment, x.data(), other);
        cudaEventRecord(joined, other);
        if (joins) cudaStreamWaitEvent(stream_, joined);
        cudaGraph_t graph = nullptr;
        EXPECT_EQ(cudaStreamEndCapture(stream_, &graph),
                  joins ? cudaSuccess : cudaErrorStreamCaptureUnjoined);
        if (graph) cudaGraphDestroy(graph);
    }
    EXPECT_EQ(x.values()[0], 0);
    cudaEventDestroy(forked);
    cudaEventDestroy(joined);
    cudaStreamDestroy(other);
}

TEST_F(Streams, AllocatingOrWaitingBreaksACapture) {
    Array<int> x(std::vector<int>{0});
    for (int call = 0; call < 4; ++call) {
        cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
        int host = 0;
        void* memory = nullptr;
        const cudaError_t error = call == 0   ? cudaMalloc(&memory, 8)
                                  : call == 1 ? cudaStreamSynchronize(stream_)
                                  : call == 2
                                      ? cudaMemcpy(&host, x.data(), 4, cudaMemcpyDeviceToHost)
                                      : cudaDeviceSynchronize();
        EXPECT_EQ(error, cudaErrorStreamCaptureUnsupported) << call;
        EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("captured"));
        EXPECT_EQ(launch(increment, x.data(), stream_), cudaErrorStreamCaptureInvalidated);
        cudaGraph_t graph;
        EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
        EXPECT_EQ(graph, nullptr);
        EXPECT_EQ(launch(increment, x.data(), stream_), cudaSuccess);
    }
}

TEST_F(Streams, EventsKeepTime) {
    cudaEvent_t start, end;
    cudaEventCreate(&start);
    cudaEventCreate(&end);
    float milliseconds = -1;
    EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaErrorInvalidResourceHandle);
    cudaEventRecord(start, stream_);
    cudaEventRecord(end, stream_);
    EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaSuccess);
    EXPECT_GE(milliseconds, 0);
    cudaEventDestroy(start);
    cudaEventDestroy(end);
}

TEST_F(Streams, AKernelsErrorComesOutAtTheNextCallAndStays) {
    Array<int> x(std::vector<int>{0});
    EXPECT_EQ(launch(divide_by_it, x.data(), stream_), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorLaunchFailure);
    EXPECT_EQ(launch(increment, x.data(), stream_), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
    cuda_emulation::reset();
    EXPECT_EQ(launch(increment, x.data(), stream_), cudaSuccess);
    EXPECT_EQ(x.values()[0], 1);
}

TEST_F(Streams, DeviceMemoryEndsAtItsLimit) {
    cuda_emulation::set_memory_limit(10000);
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    EXPECT_EQ(total, 10000u);
    void *one = nullptr, *two = nullptr;
    EXPECT_EQ(cudaMalloc(&one, 6000), cudaSuccess);
    EXPECT_EQ(cudaMalloc(&two, 6000), cudaErrorMemoryAllocation);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("6000 bytes asked for"));
    EXPECT_EQ(two, nullptr);
    EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
    EXPECT_EQ(cudaFree(one), cudaSuccess);
    EXPECT_EQ(cudaMalloc(&two, 6000), cudaSuccess);
    EXPECT_EQ(cudaFree(two), cudaSuccess);
    EXPECT_EQ(cudaFree(two), cudaErrorInvalidValue);
}

TEST_F(Streams, WhatIsNotDestroyedIsALeak) {
    void* memory = nullptr;
    cudaEvent_t event;
    cudaMalloc(&memory, 100);
    cudaEventCreate(&event);
    EXPECT_THAT(cuda_emulation::leaks(),
                testing::AllOf(HasSubstr("(100 bytes)"), HasSubstr("event: 1 not destroyed")));
    cudaFree(memory);
    cudaEventDestroy(event);
    EXPECT_EQ(cuda_emulation::leaks(), "stream: 1 not destroyed\n");
}

TEST_F(Streams, CopiesOutOfBoundsOrInTheWrongDirectionAreRefused) {
    Array<int> x(std::vector<int>(4, 1));
    std::vector<int> host(8);
    EXPECT_EQ(cudaMemcpy(host.data(), x.data(), 20, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("0 bytes behind allocation"));
    EXPECT_EQ(cudaMemcpy(host.data(), x.data(), 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemset(x.data(), 0, 17), cudaErrorInvalidValue);
    // Two rows of two, from rows of three on the host.
    host = {1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(cudaMemcpy2D(x.data(), 8, host.data(), 12, 8, 2, cudaMemcpyHostToDevice),
              cudaSuccess);
    EXPECT_THAT(x.values(), testing::ElementsAre(1, 2, 4, 5));
    EXPECT_EQ(cudaMemcpy2D(x.data(), 4, host.data(), 12, 8, 2, cudaMemcpyHostToDevice),
              cudaErrorInvalidPitchValue);
}

}  // namespace
