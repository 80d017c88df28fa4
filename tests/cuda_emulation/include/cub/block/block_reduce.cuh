// cub::BlockReduce on plain loops. As with the real one, only thread 0 gets the result (the others
// get bytes of ones), and its storage may be used again only after a barrier, which the races found
// say.
#pragma once

#include <cuda_runtime.h>

#include <cstring>

namespace cub {

enum BlockReduceAlgorithm {
    BLOCK_REDUCE_RAKING_COMMUTATIVE_ONLY,
    BLOCK_REDUCE_RAKING,
    BLOCK_REDUCE_WARP_REDUCTIONS
};

template <class T, int block_x, BlockReduceAlgorithm = BLOCK_REDUCE_WARP_REDUCTIONS,
          int block_y = 1, int block_z = 1>
class BlockReduce {
    static constexpr int threads = block_x * block_y * block_z;

  public:
    struct TempStorage {
        alignas(T) unsigned char values[threads * sizeof(T)];
    };

    explicit BlockReduce(TempStorage& storage) : values_(reinterpret_cast<T*>(storage.values)) {}

    template <class Operator>
    T Reduce(T input, Operator combine, int valid = threads) {
        const int thread =
            static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
        if (static_cast<int>(blockDim.x * blockDim.y * blockDim.z) != threads)
            cuda_emulation::trap();  // a block of another size than BlockReduce was made for
        values_[thread] = input;
        __syncthreads();
        if (thread != 0) return undefined();
        T sum = values_[0];
        for (int i = 1; i < valid; ++i)
            sum = combine(sum, values_[i]);
        return sum;
    }
    template <int items, class Operator>
    T Reduce(T (&inputs)[items], Operator combine) {
        T sum = inputs[0];
        for (int i = 1; i < items; ++i)
            sum = combine(sum, inputs[i]);
        return Reduce(sum, combine);
    }
    T Sum(T input, int valid = threads) { return Reduce(input, plus, valid); }
    template <int items>
    T Sum(T (&inputs)[items]) {
        return Reduce(inputs, plus);
    }

  private:
    static T plus(T a, T b) { return a + b; }
    static T undefined() {
        T value;
        __builtin_memset(static_cast<void*>(&value), 0xff, sizeof(T));
        return value;
    }

    T* values_;
};

}  // namespace cub
