// Dropout whose mask is a function of (key, use, step, element): recomputed in the backward pass,
// never stored.
#pragma once

#include <cstdint>

#include "manygpcm/kernels/philox.h"
#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

/// Which mask: `key` and `step` (of training) belong to the replica, `use` to the place in the
/// model.
struct DropoutKey {
    PhiloxKey key{};
    std::uint32_t step = 0;
};

struct DropoutShape {
    double rate = 0;        ///< probability of a zero, 0 <= rate < 1
    std::uint32_t use = 0;  ///< different for every dropout of a model
    int width = 0;          ///< columns of a row
};

/// y = x keep / (1 - rate), where element e (row-major) is kept iff its word >= rate 2^32. The word
/// is number (e % 64) / 16 of philox({16 (e / 64) + e % 16, 0, use, step}, key): any vector of up
/// to 16 lanes makes four whole vectors of words from consecutive counters.
template <class T>
struct DropoutForward {
    static constexpr const char* name = "dropout_forward";
    Rows rows;
    DropoutShape shape;
    const DropoutKey* keys;  ///< one a replica; null: no dropout, y = x
    PerReplica<const T> x;   ///< [rows, width]
    PerReplica<T> y;         ///< [rows, width] written
};

/// The same map applied to dy: dx = dy keep / (1 - rate).
template <class T>
struct DropoutBackward {
    static constexpr const char* name = "dropout_backward";
    Rows rows;
    DropoutShape shape;
    const DropoutKey* keys;
    PerReplica<const T> dy;
    PerReplica<T> dx;
    Write write = Write::replace;
};

}  // namespace manygpcm::kernels
