// What tests ask of the emulated device and tell it. It is one device with the limits of sm_80 and
// a gigabyte of memory, and stricter than a real one. These end a launch, with a report that names
// kernel, block, thread, address and line: access out of bounds, to memory that was never written,
// or misaligned; a race within a block or between the blocks of a launch; a barrier or warp
// primitive that not all reach; index out of a local array; division by zero. Host code of .cu
// files must keep off device memory; uninitialised bytes must not be copied to the host. Not
// emulated: __shared__ arrays inside kernels, __device__ and __constant__ variables that can
// change, clusters, textures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cuda_emulation {

/// The first misuse since the last reset(), or the last call that a library refused, in words:
/// kernel, block, thread, what it did where. Empty where there was none.
std::string last_report();

/// Forgets errors and reports, and makes the device's memory and block order the defaults again.
void reset();

/// Device memory from here on, in bytes.
void set_memory_limit(std::size_t bytes);

/// Runs the blocks of later launches in an order drawn from `seed`; 0: in their own order.
void shuffle_blocks(std::uint64_t seed);

/// A kernel as it was launched, or a library's call.
struct Listed {
    std::string name;  ///< of a kernel, with its template arguments
    bool kernel = false;
    int threads = 0;  ///< of a block
    std::size_t shared_bytes = 0;
};

/// From here on what streams are asked for isn't run but listed there; null: is run again.
void list_only(std::vector<Listed>* calls);

/// What was made and not yet destroyed, one line each; empty where nothing is.
std::string leaks();

}  // namespace cuda_emulation
