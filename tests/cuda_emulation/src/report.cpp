#include "report.h"

#include <cuda_emulation/control.h>

#include <map>
#include <utility>

namespace cuda_emulation {
namespace {

struct Errors {
    cudaError_t failure = cudaSuccess, last = cudaSuccess;
    std::string text;
};

Errors& errors() {
    static Errors all;
    return all;
}

struct ErrorWords {
    const char *name, *text;
};

const ErrorWords& words(cudaError_t error) {
    static const std::map<cudaError_t, ErrorWords> all = {
#define CUDA_EMULATION_ERROR(code, text) \
    {                                    \
        code, {                          \
#code, text                  \
        }                                \
    }
        CUDA_EMULATION_ERROR(cudaSuccess, "no error"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidValue, "invalid argument"),
        CUDA_EMULATION_ERROR(cudaErrorMemoryAllocation, "out of memory"),
        CUDA_EMULATION_ERROR(cudaErrorInitializationError, "initialization error"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidPitchValue, "invalid pitch argument"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidSymbol, "invalid device symbol"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidDevicePointer, "invalid device pointer"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidDeviceFunction, "invalid device function"),
        CUDA_EMULATION_ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
        CUDA_EMULATION_ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
        CUDA_EMULATION_ERROR(cudaErrorIllegalState,
                             "the operation cannot be performed in the present state"),
        CUDA_EMULATION_ERROR(cudaErrorNotReady, "device not ready"),
        CUDA_EMULATION_ERROR(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
        CUDA_EMULATION_ERROR(cudaErrorLaunchOutOfResources,
                             "too many resources requested for launch"),
        CUDA_EMULATION_ERROR(cudaErrorMisalignedAddress, "misaligned address"),
        CUDA_EMULATION_ERROR(cudaErrorLaunchFailure, "unspecified launch failure"),
        CUDA_EMULATION_ERROR(cudaErrorNotSupported, "operation not supported"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureUnsupported,
                             "operation not permitted when stream is capturing"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureInvalidated,
                             "operation failed due to a previous error during capture"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureMerge,
                             "operation would result in a merge of separate capture sequences"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureUnmatched,
                             "capture was not initiated in this stream"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureIsolation,
                             "dependency created on uncaptured work in another stream"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureImplicit,
                             "operation would make the legacy stream depend on a capturing "
                             "blocking stream"),
        CUDA_EMULATION_ERROR(cudaErrorCapturedEvent,
                             "operation not permitted on an event last recorded in a capturing "
                             "stream"),
        CUDA_EMULATION_ERROR(cudaErrorStreamCaptureWrongThread,
                             "attempt to terminate a thread-local capture sequence from another "
                             "thread"),
        CUDA_EMULATION_ERROR(cudaErrorUnknown, "unknown error"),
#undef CUDA_EMULATION_ERROR
    };
    const auto found = all.find(error);
    return found == all.end() ? all.at(cudaErrorUnknown) : found->second;
}

}  // namespace

std::recursive_mutex& device_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

void report_failure(cudaError_t code, std::string text) {
    if (errors().failure != cudaSuccess) return;
    errors().failure = code;
    errors().text = std::move(text);
}

cudaError_t refuse(cudaError_t code, std::string text) {
    errors().last = code;
    note(std::move(text));
    return code;
}

void note(std::string text) {
    if (errors().failure == cudaSuccess) errors().text = std::move(text);
}

cudaError_t failure() {
    return errors().failure;
}

const std::string& report_text() {
    return errors().text;
}

std::string last_report() {
    const std::lock_guard lock(device_mutex());
    return errors().text;
}

void forget_errors() {
    errors() = {};
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

const char* cudaGetErrorName(cudaError_t error) {
    return words(error).name;
}

const char* cudaGetErrorString(cudaError_t error) {
    const std::lock_guard lock(device_mutex());
    if (error == cudaSuccess || report_text().empty()) return words(error).text;
    // Valid until the calling thread's next call; the real one's texts live for ever.
    thread_local std::string text;
    text = std::string(words(error).text) + " (" + report_text() + ")";
    return text.c_str();
}

cudaError_t cudaPeekAtLastError() {
    const std::lock_guard lock(device_mutex());
    return failure() != cudaSuccess ? failure() : errors().last;
}

cudaError_t cudaGetLastError() {
    const std::lock_guard lock(device_mutex());
    const cudaError_t error = cudaPeekAtLastError();
    errors().last = cudaSuccess;
    return error;
}
