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

struct BlockScan {
    int before;  ///< the sum over the block's threads before this one
    int total;   ///< over all
};

/// Over a one-dimensional block of whole warps, all of which must call it. @param shared one
/// element a warp
__device__ inline BlockScan block_scan(int x, int* shared) {
    const int lane = static_cast<int>(threadIdx.x) % warp_size;
    const int own_warp = static_cast<int>(threadIdx.x) / warp_size;
    const int warps = static_cast<int>(blockDim.x) / warp_size;
    int through = x;
    for (int offset = 1; offset < warp_size; offset *= 2) {
        const int before = __shfl_up_sync(all_lanes, through, static_cast<unsigned>(offset));
        if (lane >= offset) through += before;
    }
    __syncthreads();  // others may still read `shared`
    if (lane == warp_size - 1) shared[own_warp] = through;
    __syncthreads();
    BlockScan scan{through - x, 0};
    for (int warp = 0; warp < warps; ++warp) {
        if (warp < own_warp) scan.before += shared[warp];
        scan.total += shared[warp];
    }
    return scan;
}

}  // namespace manygpcm::kernels::cuda
