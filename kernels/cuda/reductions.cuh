// Sums and maxima over the lanes of a warp and the threads of a block, in an order that depends on
// nothing but their number.
#pragma once

#include "launch.h"

namespace manygpcm::kernels::cuda {

/// The sum over groups of `lanes` neighbouring lanes (a power of two up to 32), the same bits in
/// all of them. Every lane of the warp must call it.
template <class T>
__device__ inline T lanes_sum(T x, int lanes = warp_size) {
    for (int offset = lanes / 2; offset > 0; offset /= 2)
        x += __shfl_xor_sync(all_lanes, x, offset);
    return x;
}

template <class T>
__device__ inline T lanes_max(T x, int lanes = warp_size) {
    for (int offset = lanes / 2; offset > 0; offset /= 2) {
        const T other = __shfl_xor_sync(all_lanes, x, offset);
        x = x > other ? x : other;
    }
    return x;
}

/// The sum over a one-dimensional block of whole warps, the same bits in all threads. Every thread
/// must call it. @param shared one element a warp; free again after the block's next barrier
template <class T>
__device__ inline T block_sum(T x, T* shared) {
    const int lane = static_cast<int>(threadIdx.x) % warp_size;
    const int warps = static_cast<int>(blockDim.x) / warp_size;
    x = lanes_sum(x);
    if (lane == 0) shared[static_cast<int>(threadIdx.x) / warp_size] = x;
    __syncthreads();
    T sum = 0;
    for (int warp = 0; warp < warps; ++warp)
        sum += shared[warp];
    return sum;
}

}  // namespace manygpcm::kernels::cuda
