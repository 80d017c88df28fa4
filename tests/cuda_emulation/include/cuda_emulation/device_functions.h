// What kernels call and read: their place in the grid, barriers, warp primitives, atomics, and
// CUDA's names for arithmetic.
#pragma once

#include <math.h>

#include <bit>
#include <cstring>
#include <type_traits>

#include "vector_types.h"

// Of the running thread. Constant within a thread, so const here and in no kernel ever reloaded;
// the runtime (src/block.cpp) changes them between threads. Not dim3: what has a constructor isn't
// constant to the compiler.
extern const uint3 threadIdx, blockIdx, blockDim, gridDim;
constexpr int warpSize = 32;

namespace cuda_emulation {

void sync_block();
/// The votes of a barrier's threads: how many gave a nonzero value.
int sync_block_count(int predicate);
void sync_warp(unsigned mask);
/// Lanes of `mask` for which `predicate` holds. @param name of the primitive, for reports
unsigned ballot(unsigned mask, bool predicate, const char* name);
unsigned active_mask();
/// What lane `source` gave as `bits`. @param source must be in `mask`
std::uint64_t shuffle(unsigned mask, std::uint64_t bits, int source, const char* name);
int lane();
/// Before an atomic access: checks its address. Nothing else runs until the next barrier.
void atomic_access(void* address, std::size_t bytes);
void copy_async(void* shared, const void* global, std::size_t bytes, std::size_t zero_fill);
void copy_async_commit();
void copy_async_wait(std::size_t groups_left);
/// The kernel has noticed an error of its own.
[[noreturn]] void trap();

template <class T>
T shuffle_value(unsigned mask, T value, int source, const char* name) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
    std::uint64_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(T));
    bits = shuffle(mask, bits, source, name);
    __builtin_memcpy(&value, &bits, sizeof(T));
    return value;
}

template <class T, class F>
__attribute__((no_sanitize("thread"))) T atomic_update(T* address, F f) {
    atomic_access(address, sizeof(T));
    const T old = *address;
    *address = f(old);
    return old;
}

}  // namespace cuda_emulation

// Barriers and votes.

inline void __syncthreads() {
    cuda_emulation::sync_block();
}
inline int __syncthreads_count(int predicate) {
    return cuda_emulation::sync_block_count(predicate);
}
inline int __syncthreads_or(int predicate) {
    return cuda_emulation::sync_block_count(predicate) != 0;
}
inline int __syncthreads_and(int predicate) {
    return cuda_emulation::sync_block_count(!predicate) == 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu) {
    cuda_emulation::sync_warp(mask);
}
inline unsigned __activemask() {
    return cuda_emulation::active_mask();
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
    return cuda_emulation::ballot(mask, predicate != 0, "__ballot_sync");
}
inline int __any_sync(unsigned mask, int predicate) {
    return cuda_emulation::ballot(mask, predicate != 0, "__any_sync") != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
    return cuda_emulation::ballot(mask, predicate != 0, "__all_sync") == mask;
}
inline void __threadfence() {}
inline void __threadfence_block() {}
[[noreturn]] inline void __trap() {
    cuda_emulation::trap();
}

// Shuffles. Out of range sources are the lane itself, as documented.

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize) {
    const int first = cuda_emulation::lane() & ~(width - 1);
    return cuda_emulation::shuffle_value(mask, value, first + (source & (width - 1)),
                                         "__shfl_sync");
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize) {
    const int lane = cuda_emulation::lane(), source = lane ^ lane_mask;
    // Lanes of later segments can't be read, earlier ones can.
    const bool beyond = source >= (lane & ~(width - 1)) + width;
    return cuda_emulation::shuffle_value(mask, value, beyond ? lane : source, "__shfl_xor_sync");
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize) {
    const int lane = cuda_emulation::lane();
    const bool beyond = (lane & (width - 1)) + static_cast<int>(delta) >= width;
    return cuda_emulation::shuffle_value(
        mask, value, beyond ? lane : lane + static_cast<int>(delta), "__shfl_down_sync");
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize) {
    const int lane = cuda_emulation::lane();
    const bool beyond = (lane & (width - 1)) < static_cast<int>(delta);
    return cuda_emulation::shuffle_value(
        mask, value, beyond ? lane : lane - static_cast<int>(delta), "__shfl_up_sync");
}

// Reductions over the lanes of a mask (32-bit integers, sm_80).

namespace cuda_emulation {
template <class T, class F>
T reduce_lanes(unsigned mask, T value, const char* name, F f) {
    T sum = value;
    for (int l = 0; l < warpSize; ++l)
        if (mask >> l & 1) {
            const T other = shuffle_value(mask, value, l, name);
            if (l != lane()) sum = f(sum, other);
        }
    return sum;
}
}  // namespace cuda_emulation
template <class T>
T __reduce_add_sync(unsigned mask, T value) {
    return cuda_emulation::reduce_lanes(mask, value, "__reduce_add_sync",
                                        [](T a, T b) { return a + b; });
}
template <class T>
T __reduce_min_sync(unsigned mask, T value) {
    return cuda_emulation::reduce_lanes(mask, value, "__reduce_min_sync",
                                        [](T a, T b) { return b < a ? b : a; });
}
template <class T>
T __reduce_max_sync(unsigned mask, T value) {
    return cuda_emulation::reduce_lanes(mask, value, "__reduce_max_sync",
                                        [](T a, T b) { return a < b ? b : a; });
}

// Atomics.

template <class T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address,
                                         [&](T old) { return static_cast<T>(old + value); });
}
template <class T>
T atomicSub(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address,
                                         [&](T old) { return static_cast<T>(old - value); });
}
template <class T>
T atomicMin(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address, [&](T old) { return value < old ? value : old; });
}
template <class T>
T atomicMax(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address, [&](T old) { return old < value ? value : old; });
}
template <class T>
T atomicAnd(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address, [&](T old) { return old & value; });
}
template <class T>
T atomicOr(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address, [&](T old) { return old | value; });
}
template <class T>
T atomicExch(T* address, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address, [&](T) { return value; });
}
template <class T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
    return cuda_emulation::atomic_update(address,
                                         [&](T old) { return old == expected ? value : old; });
}

// Loads and stores with cache hints.

template <class T>
T __ldg(const T* address) {
    return *address;
}
template <class T>
T __ldcs(const T* address) {
    return *address;
}
template <class T>
T __ldcg(const T* address) {
    return *address;
}
template <class T>
void __stcs(T* address, std::type_identity_t<T> value) {
    *address = value;
}
template <class T>
void __stcg(T* address, std::type_identity_t<T> value) {
    *address = value;
}

// Arithmetic. The fast approximations are the exact functions here.

inline float __expf(float x) {
    return expf(x);
}
inline float __exp10f(float x) {
    return powf(10, x);
}
inline float __logf(float x) {
    return logf(x);
}
inline float __log2f(float x) {
    return log2f(x);
}
inline float __powf(float x, float y) {
    return powf(x, y);
}
inline float __sinf(float x) {
    return sinf(x);
}
inline float __cosf(float x) {
    return cosf(x);
}
inline float __fdividef(float a, float b) {
    return a / b;
}
inline float __fdiv_rn(float a, float b) {
    return a / b;
}
inline float __fadd_rn(float a, float b) {
    return a + b;
}
inline float __fsub_rn(float a, float b) {
    return a - b;
}
inline float __fmul_rn(float a, float b) {
    return a * b;
}
inline float __fmaf_rn(float a, float b, float c) {
    return fmaf(a, b, c);
}
inline float __frcp_rn(float x) {
    return 1 / x;
}
inline float __fsqrt_rn(float x) {
    return sqrtf(x);
}
inline float __frsqrt_rn(float x) {
    return 1 / sqrtf(x);
}
inline float rsqrtf(float x) {
    return 1 / sqrtf(x);
}
inline double rsqrt(double x) {
    return 1 / sqrt(x);
}
inline double __dadd_rn(double a, double b) {
    return a + b;
}
inline double __dmul_rn(double a, double b) {
    return a * b;
}
inline double __fma_rn(double a, double b, double c) {
    return fma(a, b, c);
}
inline float __saturatef(float x) {
    return x > 0 ? (x < 1 ? x : 1) : 0;
}
inline float __int_as_float(int x) {
    return std::bit_cast<float>(x);
}
inline float __uint_as_float(unsigned x) {
    return std::bit_cast<float>(x);
}
inline int __float_as_int(float x) {
    return std::bit_cast<int>(x);
}
inline unsigned __float_as_uint(float x) {
    return std::bit_cast<unsigned>(x);
}
inline long long __double_as_longlong(double x) {
    return std::bit_cast<long long>(x);
}
inline double __longlong_as_double(long long x) {
    return std::bit_cast<double>(x);
}
inline float __int2float_rn(int x) {
    return static_cast<float>(x);
}
inline float __uint2float_rn(unsigned x) {
    return static_cast<float>(x);
}
inline int __float2int_rn(float x) {
    return static_cast<int>(rintf(x));
}
inline int __float2int_rd(float x) {
    return static_cast<int>(floorf(x));
}
inline int __float2int_rz(float x) {
    return static_cast<int>(x);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>(static_cast<std::uint64_t>(a) * b >> 32);
}
inline int __popc(unsigned x) {
    return std::popcount(x);
}
inline int __popcll(unsigned long long x) {
    return std::popcount(x);
}
inline int __clz(int x) {
    return std::countl_zero(static_cast<unsigned>(x));
}
inline int __ffs(int x) {
    return x ? std::countr_zero(static_cast<unsigned>(x)) + 1 : 0;
}
inline int __ffsll(long long x) {
    return x ? std::countr_zero(static_cast<unsigned long long>(x)) + 1 : 0;
}
inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int i = 0; i < 32; ++i)
        reversed |= (x >> i & 1) << (31 - i);
    return reversed;
}

// min and max of CUDA lie in the global namespace and mix types as arithmetic does.
template <class A, class B>
requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>) constexpr auto min(A a, B b) {
    using T = std::common_type_t<A, B>;
    if constexpr (std::is_floating_point_v<T>)
        return static_cast<T>(__builtin_fmin(static_cast<T>(a), static_cast<T>(b)));
    else
        return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}
template <class A, class B>
requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>) constexpr auto max(A a, B b) {
    using T = std::common_type_t<A, B>;
    if constexpr (std::is_floating_point_v<T>)
        return static_cast<T>(__builtin_fmax(static_cast<T>(a), static_cast<T>(b)));
    else
        return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}
