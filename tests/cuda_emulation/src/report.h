// Errors of the emulated device. As on a real one, a kernel's error stays until reset(): every
// later call returns it. Beside its code it has a text.
#pragma once

#include <cuda_emulation/runtime_api.h>

#include <mutex>
#include <string>

namespace cuda_emulation {

/// Held by every call: the device does one thing at a time.
std::recursive_mutex& device_mutex();

/// A kernel went wrong: `code` is what all calls return from now on, the first text is kept.
void report_failure(cudaError_t code, std::string text);

/// A call was refused. @returns `code`, which cudaGetLastError() gives once
cudaError_t refuse(cudaError_t code, std::string text);

/// A library's call was refused; its own status goes to the caller.
void note(std::string text);

/// The kernels' error that stays, or cudaSuccess.
cudaError_t failure();

/// As if there had been no error.
void forget_errors();

/// For the text of an error code: what was reported with it, or "".
const std::string& report_text();

}  // namespace cuda_emulation
