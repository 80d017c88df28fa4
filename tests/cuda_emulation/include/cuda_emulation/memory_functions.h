// Included before everything else in kernels' sources: their calls of memcpy and the like go to
// functions that check. (The compiler instruments loads and stores, not these.)
#pragma once

#include <cstddef>

extern "C" {
void* memcpy(void* to, const void* from, std::size_t bytes) noexcept
    __asm__("cuda_emulation_memcpy");
void* memmove(void* to, const void* from, std::size_t bytes) noexcept
    __asm__("cuda_emulation_memmove");
void* memset(void* to, int value, std::size_t bytes) noexcept __asm__("cuda_emulation_memset");
}
