// Loads and stores of several floats at once, 16 bytes where the layout allows: arrays of
// parameters and of arenas start at 64-byte boundaries, but rows may be of any width and weights
// may be slices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels::cuda {

/// Floats that lie together and are moved at once.
template <int V>
struct alignas(sizeof(float) * V) Floats {
    float at[V];
};

template <int V>
__device__ inline Floats<V> load(const float* from) {
    return *reinterpret_cast<const Floats<V>*>(from);
}

template <int V>
__device__ inline void store(float* to, const Floats<V>& value) {
    *reinterpret_cast<Floats<V>*>(to) = value;
}

template <int V>
__device__ inline Floats<V> zeros() {
    Floats<V> value;
    for (int i = 0; i < V; ++i)
        value.at[i] = 0;
    return value;
}

/// Whether every replica's array allows vectors of `v` floats.
template <class T>
bool allows_vectors(int v, const PerReplica<T>& array) {
    return reinterpret_cast<std::uintptr_t>(array.data) % (sizeof(float) * std::size_t(v)) == 0 &&
           array.stride % v == 0;
}

/// The widest vector, 4, 2 or 1 floats, that divides `width` and that all arrays allow. Arrays that
/// aren't given allow all.
template <class... Arrays>
int vector_width(int width, const Arrays&... arrays) {
    for (const int v : {4, 2})
        if (width % v == 0 && (allows_vectors(v, arrays) && ...)) return v;
    return 1;
}

/// The same for arrays of `size` elements without rows.
template <class... Arrays>
int flat_vector_width(std::size_t size, const Arrays&... arrays) {
    return vector_width(size % 4 == 0 ? 4 : static_cast<int>(size % 4), arrays...);
}

/// body(std::integral_constant<int, v>), for kernels that have the width of their vectors as a
/// template's argument.
template <class Body>
void with_vectors(int v, Body body) {
    if (v == 4)
        body(std::integral_constant<int, 4>{});
    else if (v == 2)
        body(std::integral_constant<int, 2>{});
    else
        body(std::integral_constant<int, 1>{});
}

}  // namespace manygpcm::kernels::cuda
