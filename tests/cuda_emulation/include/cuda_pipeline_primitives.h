// Asynchronous copies from global to shared memory. Nothing is there before the wait: until then
// the destination counts as uninitialised.
#pragma once

#include "cuda_runtime.h"

inline void __pipeline_memcpy_async(void* shared, const void* global, std::size_t bytes,
                                    std::size_t zero_fill = 0) {
    cuda_emulation::copy_async(shared, global, bytes, zero_fill);
}
inline void __pipeline_commit() {
    cuda_emulation::copy_async_commit();
}
inline void __pipeline_wait_prior(std::size_t groups) {
    cuda_emulation::copy_async_wait(groups);
}
