// What a kernel's thread does to memory: every access is checked before it happens, and a wrong one
// ends the launch instead of happening.
#pragma once

#include <cstddef>

namespace cuda_emulation {

enum class Access { read, write, atomic };

/// Checks bounds, alignment, races, and for reads that the bytes were initialised; marks what is
/// written.
/// @param code the instruction, for the report; may be null
/// @param alignment what the address must be a multiple of
void check_access(const void* address, std::size_t bytes, Access access, const void* code,
                  std::size_t alignment = 1);

/// Host code compiled with the kernels must keep off the device's memory; where it doesn't, the
/// next call fails.
void check_host_access(const void* address, std::size_t bytes, Access access, const void* code);

}  // namespace cuda_emulation
