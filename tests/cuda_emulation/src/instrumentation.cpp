// Kernels are compiled with -fsanitize=thread: the compiler then calls a function of these names
// before every load and store. Instead of the thread sanitizer's library they reach check_access().
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "accesses.h"
#include "block.h"

namespace cuda_emulation {
namespace {

void check(const void* address, std::size_t bytes, Access access, const void* code,
           std::size_t alignment = 1) {
    if (Thread* const thread = Block::current()) {
        if (thread->emulating) return;
        const Emulating guard(thread);
        check_access(address, bytes, access, code, alignment);
    } else {
        static thread_local bool checking = false;
        if (std::exchange(checking, true)) return;  // as Emulating does
        check_host_access(address, bytes, access, code);
        checking = false;
    }
}

}  // namespace
}  // namespace cuda_emulation

using cuda_emulation::Access;
using cuda_emulation::check;

// NOLINTBEGIN(bugprone-reserved-identifier): the compiler's names
extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {
    cuda_emulation::Thread* const thread = cuda_emulation::Block::current();
    if (!thread || thread->emulating) return;
    const cuda_emulation::Emulating guard(thread);
    if (!thread->fiber->has_room(__builtin_frame_address(0)))
        cuda_emulation::Block::instance().fail(cudaErrorLaunchFailure,
                                               "calls functions deeper than its stack allows");
}
void __tsan_func_exit() {}

#define CUDA_EMULATION_HOOKS(bytes)                                               \
    void __tsan_read##bytes(void* address) {                                      \
        check(address, bytes, Access::read, __builtin_return_address(0), bytes);  \
    }                                                                             \
    void __tsan_write##bytes(void* address) {                                     \
        check(address, bytes, Access::write, __builtin_return_address(0), bytes); \
    }                                                                             \
    void __tsan_unaligned_read##bytes(void* address) {                            \
        check(address, bytes, Access::read, __builtin_return_address(0));         \
    }                                                                             \
    void __tsan_unaligned_write##bytes(void* address) {                           \
        check(address, bytes, Access::write, __builtin_return_address(0));        \
    }
CUDA_EMULATION_HOOKS(1)
CUDA_EMULATION_HOOKS(2)
CUDA_EMULATION_HOOKS(4)
CUDA_EMULATION_HOOKS(8)
CUDA_EMULATION_HOOKS(16)
#undef CUDA_EMULATION_HOOKS

void __tsan_read_range(void* address, std::size_t bytes) {
    check(address, bytes, Access::read, __builtin_return_address(0));
}
void __tsan_write_range(void* address, std::size_t bytes) {
    check(address, bytes, Access::write, __builtin_return_address(0));
}
void __tsan_vptr_update(void** address, void*) {
    check(address, sizeof(void*), Access::write, __builtin_return_address(0));
}
void __tsan_vptr_read(void** address) {
    check(address, sizeof(void*), Access::read, __builtin_return_address(0));
}

// std::atomic and the like, host code as a rule. The order is always the strongest.
#define CUDA_EMULATION_UPDATE(bits, name)                                                   \
    std::uint##bits##_t __tsan_atomic##bits##_##name(volatile std::uint##bits##_t* address, \
                                                     std::uint##bits##_t value, int) {      \
        check(const_cast<const std::uint##bits##_t*>(address), bits / 8, Access::atomic,    \
              __builtin_return_address(0));                                                 \
        return __atomic_##name(address, value, __ATOMIC_SEQ_CST);                           \
    }
#define CUDA_EMULATION_ATOMICS(bits)                                                            \
    std::uint##bits##_t __tsan_atomic##bits##_load(const volatile std::uint##bits##_t* address, \
                                                   int) {                                       \
        check(const_cast<const std::uint##bits##_t*>(address), bits / 8, Access::atomic,        \
              __builtin_return_address(0));                                                     \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    void __tsan_atomic##bits##_store(volatile std::uint##bits##_t* address,                     \
                                     std::uint##bits##_t value, int) {                          \
        check(const_cast<const std::uint##bits##_t*>(address), bits / 8, Access::write,         \
              __builtin_return_address(0));                                                     \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                     \
    }                                                                                           \
    std::uint##bits##_t __tsan_atomic##bits##_exchange(volatile std::uint##bits##_t* address,   \
                                                       std::uint##bits##_t value, int) {        \
        check(const_cast<const std::uint##bits##_t*>(address), bits / 8, Access::atomic,        \
              __builtin_return_address(0));                                                     \
        return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                           \
    }                                                                                           \
    bool __tsan_atomic##bits##_compare_exchange_strong(volatile std::uint##bits##_t* address,   \
                                                       std::uint##bits##_t* expected,           \
                                                       std::uint##bits##_t value, int, int) {   \
        check(const_cast<const std::uint##bits##_t*>(address), bits / 8, Access::atomic,        \
              __builtin_return_address(0));                                                     \
        return __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,   \
                                           __ATOMIC_SEQ_CST);                                   \
    }                                                                                           \
    bool __tsan_atomic##bits##_compare_exchange_weak(volatile std::uint##bits##_t* address,     \
                                                     std::uint##bits##_t* expected,             \
                                                     std::uint##bits##_t value, int, int) {     \
        return __tsan_atomic##bits##_compare_exchange_strong(address, expected, value, 0, 0);   \
    }                                                                                           \
    CUDA_EMULATION_UPDATE(bits, fetch_add)                                                      \
    CUDA_EMULATION_UPDATE(bits, fetch_sub)                                                      \
    CUDA_EMULATION_UPDATE(bits, fetch_and)                                                      \
    CUDA_EMULATION_UPDATE(bits, fetch_or)                                                       \
    CUDA_EMULATION_UPDATE(bits, fetch_xor)
CUDA_EMULATION_ATOMICS(8)
CUDA_EMULATION_ATOMICS(16)
CUDA_EMULATION_ATOMICS(32)
CUDA_EMULATION_ATOMICS(64)
#undef CUDA_EMULATION_ATOMICS
#undef CUDA_EMULATION_UPDATE

void __tsan_atomic_thread_fence(int) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {}

// What memory_functions.h sends here.
void* cuda_emulation_memmove(void* to, const void* from, std::size_t bytes) {
    if (bytes == 0) return to;
    check(from, bytes, Access::read, __builtin_return_address(0));
    check(to, bytes, Access::write, __builtin_return_address(0));
    return std::memmove(to, from, bytes);
}
void* cuda_emulation_memcpy(void* to, const void* from, std::size_t bytes) {
    if (bytes == 0) return to;
    check(from, bytes, Access::read, __builtin_return_address(0));
    check(to, bytes, Access::write, __builtin_return_address(0));
    return std::memcpy(to, from, bytes);
}
void* cuda_emulation_memset(void* to, int value, std::size_t bytes) {
    if (bytes == 0) return to;
    check(to, bytes, Access::write, __builtin_return_address(0));
    return std::memset(to, value, bytes);
}

}  // extern "C"
// NOLINTEND
