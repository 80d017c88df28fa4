// cub::WarpReduce by shuffles. Only the first lane of each logical warp gets the result, the others
// get what the shuffles left them, as with the real one.
#pragma once

#include <cuda_runtime.h>

namespace cub {

template <class T, int logical_lanes = 32>
class WarpReduce {
    static_assert((logical_lanes & (logical_lanes - 1)) == 0 && logical_lanes <= 32);

  public:
    struct TempStorage {};

    explicit WarpReduce(TempStorage&) {}

    template <class Operator>
    T Reduce(T input, Operator combine, int valid = logical_lanes) {
        const int lane = cuda_emulation::lane(), first = lane & ~(logical_lanes - 1);
        const unsigned mask =
            logical_lanes == 32 ? 0xffffffffu : ((1u << logical_lanes % 32) - 1) << first;
        for (int offset = 1; offset < logical_lanes; offset *= 2) {
            const T other =
                __shfl_down_sync(mask, input, static_cast<unsigned>(offset), logical_lanes);
            if (lane - first + offset < valid) input = combine(input, other);
        }
        return input;
    }
    T Sum(T input, int valid = logical_lanes) {
        return Reduce(
            input, [](T a, T b) { return a + b; }, valid);
    }
};

}  // namespace cub
