// cub::BlockScan on plain loops; every thread gets its prefix. Its storage may be used again only
// after a barrier, which the races found say.
#pragma once

#include <cuda_runtime.h>

namespace cub {

enum BlockScanAlgorithm { BLOCK_SCAN_RAKING, BLOCK_SCAN_RAKING_MEMOIZE, BLOCK_SCAN_WARP_SCANS };

template <class T, int block_x, BlockScanAlgorithm = BLOCK_SCAN_RAKING, int block_y = 1,
          int block_z = 1>
class BlockScan {
    static constexpr int threads = block_x * block_y * block_z;

  public:
    struct TempStorage {
        alignas(T) unsigned char values[threads * sizeof(T)];
    };

    explicit BlockScan(TempStorage& storage) : values_(reinterpret_cast<T*>(storage.values)) {}

    template <class Operator>
    void InclusiveScan(T input, T& output, Operator combine, T& aggregate) {
        const int thread = share(input);
        T sum = values_[0];
        for (int i = 1; i <= thread; ++i)
            sum = combine(sum, values_[i]);
        output = sum;
        for (int i = thread + 1; i < threads; ++i)
            sum = combine(sum, values_[i]);
        aggregate = sum;
    }
    template <class Operator>
    void InclusiveScan(T input, T& output, Operator combine) {
        T aggregate;
        InclusiveScan(input, output, combine, aggregate);
    }
    template <class Operator>
    void ExclusiveScan(T input, T& output, T initial, Operator combine, T& aggregate) {
        const int thread = share(input);
        T sum = initial;
        for (int i = 0; i < thread; ++i)
            sum = combine(sum, values_[i]);
        output = sum;
        // The aggregate is of the inputs alone.
        aggregate = values_[0];
        for (int i = 1; i < threads; ++i)
            aggregate = combine(aggregate, values_[i]);
    }
    template <class Operator>
    void ExclusiveScan(T input, T& output, T initial, Operator combine) {
        T aggregate;
        ExclusiveScan(input, output, initial, combine, aggregate);
    }
    void InclusiveSum(T input, T& output) { InclusiveScan(input, output, plus); }
    void InclusiveSum(T input, T& output, T& aggregate) {
        InclusiveScan(input, output, plus, aggregate);
    }
    void ExclusiveSum(T input, T& output) { ExclusiveScan(input, output, T{}, plus); }
    void ExclusiveSum(T input, T& output, T& aggregate) {
        ExclusiveScan(input, output, T{}, plus, aggregate);
    }
    template <int items>
    void ExclusiveSum(T (&inputs)[items], T (&outputs)[items]) {
        T aggregate;
        ExclusiveSum(inputs, outputs, aggregate);
    }
    template <int items>
    void ExclusiveSum(T (&inputs)[items], T (&outputs)[items], T& aggregate) {
        T mine = inputs[0], before;
        for (int i = 1; i < items; ++i)
            mine = mine + inputs[i];
        ExclusiveSum(mine, before, aggregate);
        for (int i = 0; i < items; ++i) {
            const T input = inputs[i];  // outputs may be the same array
            outputs[i] = before;
            before = before + input;
        }
    }
    template <int items>
    void InclusiveSum(T (&inputs)[items], T (&outputs)[items]) {
        T mine = inputs[0], before;
        for (int i = 1; i < items; ++i)
            mine = mine + inputs[i];
        ExclusiveSum(mine, before);
        for (int i = 0; i < items; ++i)
            outputs[i] = before = before + inputs[i];
    }

  private:
    static T plus(T a, T b) { return a + b; }
    int share(T input) {
        const int thread =
            static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
        if (static_cast<int>(blockDim.x * blockDim.y * blockDim.z) != threads)
            cuda_emulation::trap();  // a block of another size than BlockScan was made for
        values_[thread] = input;
        __syncthreads();
        return thread;
    }

    T* values_;
};

}  // namespace cub
