// Names and lines of code addresses, for reports.
#pragma once

#include <string>

namespace cuda_emulation {

/// A kernel by its function, without namespaces and parameters.
std::string kernel_name(const void* function);

/// " at vectors.cuh:22, called at memory_scan.cu:123" for a return address, "" where the program
/// doesn't say.
std::string source_line(const void* code);

}  // namespace cuda_emulation
