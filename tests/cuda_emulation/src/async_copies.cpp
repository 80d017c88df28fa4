// Asynchronous copies to shared memory happen as late as they may, at the wait that makes them
// visible. From their start on the destination counts as written and not initialised: who reads it
// before the wait, or still reads what was there, is found out.
#include <cuda_emulation/device_functions.h>
#include <fmt/format.h>

#include <cstring>

#include "accesses.h"
#include "block.h"
#include "memory.h"

namespace cuda_emulation {

void copy_async(void* shared, const void* global, std::size_t bytes, std::size_t zero_fill) {
    const void* code = __builtin_return_address(0);
    Block& block = Block::instance();
    const Emulating guard(Block::current());
    if ((bytes != 4 && bytes != 8 && bytes != 16) || zero_fill > bytes)
        block.fail(cudaErrorLaunchFailure,
                   fmt::format("calls __pipeline_memcpy_async for {} bytes of which {} are zeros",
                               bytes, zero_fill));
    const auto aligned = [&](const void* address) {
        return reinterpret_cast<std::uintptr_t>(address) % bytes == 0;
    };
    if (!shared_region().contains(shared) || !device_memory().contains(global) ||
        !aligned(shared) || !aligned(global))
        block.fail(cudaErrorMisalignedAddress,
                   fmt::format("calls __pipeline_memcpy_async for {} bytes from {} to {}", bytes,
                               describe(global), describe(shared)));
    check_access(shared, bytes, Access::write, code);
    check_access(global, bytes - zero_fill, Access::read, code);
    shared_region().set_initialised(shared_region().offset(shared), bytes, false);
    Block::current()->copies.push_back({shared, global, bytes, bytes - zero_fill, code});
}

void copy_async_commit() {
    Thread& thread = *Block::current();
    thread.copy_groups.push_back(thread.copies.size());
}

void copy_async_wait(std::size_t groups_left) {
    Thread& thread = *Block::current();
    if (thread.copy_groups.size() <= groups_left) return;
    const std::size_t groups = thread.copy_groups.size() - groups_left;
    const std::size_t count = thread.copy_groups[groups - 1];
    for (std::size_t i = 0; i < count; ++i) {
        const AsyncCopy& copy = thread.copies[i];
        check_access(copy.global, copy.copied, Access::read, copy.code);
        check_access(copy.shared, copy.bytes, Access::write, copy.code);
        std::memcpy(copy.shared, copy.global, copy.copied);
        std::memset(static_cast<char*>(copy.shared) + copy.copied, 0, copy.bytes - copy.copied);
    }
    thread.copies.erase(thread.copies.begin(),
                        thread.copies.begin() + static_cast<std::ptrdiff_t>(count));
    thread.copy_groups.erase(thread.copy_groups.begin(),
                             thread.copy_groups.begin() + static_cast<std::ptrdiff_t>(groups));
    for (std::size_t& end : thread.copy_groups)
        end -= count;
}

}  // namespace cuda_emulation
