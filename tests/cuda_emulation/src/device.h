// The one device there is: sm_80's limits, a few multiprocessors.
#pragma once

#include <cstddef>

namespace cuda_emulation {

constexpr int most_threads = 1024, multiprocessor_threads = 2048, multiprocessor_blocks = 32;
constexpr std::size_t default_shared_memory = 48 << 10, multiprocessor_shared_memory = 164 << 10;

}  // namespace cuda_emulation
