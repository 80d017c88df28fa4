// CUDA's keywords as the host compiler is to read them, and the vector types with their alignments.
#pragma once

#include <cstddef>
#include <cstdint>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __forceinline__ inline __attribute__((always_inline))
// A __shared__ array inside a kernel would silently be each thread's own: with a section's name the
// compiler refuses it. Only `extern __shared__` arrays at namespace scope pass.
#define __shared__ __attribute__((section(".cuda_emulation_shared")))

#define CUDA_EMULATION_VECTORS(type, name, alignment1, alignment2, alignment4) \
    struct alignas(alignment1) name##1 {                                       \
        type x;                                                                \
    };                                                                         \
    struct alignas(alignment2) name##2 {                                       \
        type x, y;                                                             \
    };                                                                         \
    struct name##3 {                                                           \
        type x, y, z;                                                          \
    };                                                                         \
    struct alignas(alignment4) name##4 {                                       \
        type x, y, z, w;                                                       \
    };                                                                         \
    inline name##1 make_##name##1(type x) {                                    \
        return {x};                                                            \
    }                                                                          \
    inline name##2 make_##name##2(type x, type y) {                            \
        return {x, y};                                                         \
    }                                                                          \
    inline name##3 make_##name##3(type x, type y, type z) {                    \
        return {x, y, z};                                                      \
    }                                                                          \
    inline name##4 make_##name##4(type x, type y, type z, type w) {            \
        return {x, y, z, w};                                                   \
    }

CUDA_EMULATION_VECTORS(signed char, char, 1, 2, 4)
CUDA_EMULATION_VECTORS(unsigned char, uchar, 1, 2, 4)
CUDA_EMULATION_VECTORS(short, short, 2, 4, 8)
CUDA_EMULATION_VECTORS(unsigned short, ushort, 2, 4, 8)
CUDA_EMULATION_VECTORS(int, int, 4, 8, 16)
CUDA_EMULATION_VECTORS(unsigned, uint, 4, 8, 16)
CUDA_EMULATION_VECTORS(long long, longlong, 8, 16, 16)
CUDA_EMULATION_VECTORS(unsigned long long, ulonglong, 8, 16, 16)
CUDA_EMULATION_VECTORS(float, float, 4, 8, 16)
CUDA_EMULATION_VECTORS(double, double, 8, 16, 16)
#undef CUDA_EMULATION_VECTORS

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
    constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
    constexpr operator uint3() const { return {x, y, z}; }
};
