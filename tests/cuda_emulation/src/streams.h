// Streams run what is asked of them at once. While a stream is captured, its operations are kept
// for the graph instead, in the order of the calls, which respects every order that events make.
#pragma once

#include <cuda_emulation/control.h>
#include <cuda_emulation/runtime_api.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace cuda_emulation {

using Operation = std::function<cudaError_t()>;

/// What begin and end of a capture enclose, shared by the streams that took part.
struct Capture {
    cudaStream_t origin = nullptr;
    cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
    std::thread::id thread;
    std::vector<Operation> operations;
    std::vector<cudaStream_t> streams;  ///< all that take part
    bool valid = true;
};

/// Runs `operation`, or keeps it where `stream` is captured. @param call its name, for reports
cudaError_t enqueue(cudaStream_t stream, const char* call, Operation operation);

/// Where calls are listed instead of run; null where they are run.
std::vector<Listed>*& calls_listed();

/// For calls that a capture doesn't allow: invalidates captures that forbid the call here.
cudaError_t forbidden_in_capture(const char* call);

/// cudaSuccess where `stream` is null or alive.
cudaError_t check_stream(cudaStream_t stream, const char* call);

}  // namespace cuda_emulation
