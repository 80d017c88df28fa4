#include "accesses.h"

#include <cuda_emulation/device_functions.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "block.h"
#include "memory.h"
#include "names.h"
#include "report.h"

namespace cuda_emulation {
namespace {

[[noreturn]] void fail(const void* address, std::size_t bytes, Access access, const void* code,
                       const std::string& why) {
    const char* verb = access == Access::read    ? "reads"
                       : access == Access::write ? "writes"
                                                 : "atomically changes";
    std::string line = source_line(code);
    if (!line.empty()) line.insert(0, ", done");
    Block::instance().fail(
        why == "misaligned" ? cudaErrorMisalignedAddress : cudaErrorIllegalAddress,
        fmt::format("{} {} bytes at {}: {}{}", verb, bytes, describe(address), why, line));
}

Region* region_of(const void* address) {
    if (device_memory().contains(address)) return &device_memory();
    if (shared_region().contains(address)) return &shared_region();
    return nullptr;
}

/// Stretches of this program (and its libraries) that nobody can write: constants.
bool is_constant(const void* address) {
    static const auto constants = [] {
        std::vector<std::pair<std::uintptr_t, std::uintptr_t>> all;
        dl_iterate_phdr(
            [](dl_phdr_info* object, std::size_t, void* found) {
                for (int i = 0; i < object->dlpi_phnum; ++i) {
                    const auto& part = object->dlpi_phdr[i];
                    const std::uintptr_t first = object->dlpi_addr + part.p_vaddr;
                    // GNU_RELRO: constants with addresses in them, read-only since the start.
                    if (part.p_type == PT_GNU_RELRO ||
                        (part.p_type == PT_LOAD && !(part.p_flags & PF_W)))
                        static_cast<decltype(all)*>(found)->emplace_back(first,
                                                                         first + part.p_memsz);
                }
                return 0;
            },
            &all);
        return all;
    }();
    const auto place = reinterpret_cast<std::uintptr_t>(address);
    return std::any_of(constants.begin(), constants.end(), [&](const auto& range) {
        return range.first <= place && place < range.second;
    });
}

void check_race(const Region& region, std::size_t offset, std::size_t bytes, Access access,
                const void* code) {
    const BlockOrder& order = Block::instance().order();
    const unsigned thread = Block::current()->number;
    const std::uint64_t first = &region == &shared_region() ? order.block() : order.first_block();
    const bool atomic = access == Access::atomic;
    Stamp now = order.stamp(thread, 0xf, atomic);
    Stamps* stamps = region.stamps(offset);
    for (std::size_t byte = offset; byte < offset + bytes; ++stamps) {
        const std::size_t next = byte / granule * granule + granule;
        if (byte % granule || next > offset + bytes) {
            unsigned touched = 0;
            for (std::size_t b = byte; b < std::min(next, offset + bytes); ++b)
                touched |= 1u << b % granule;
            now = order.stamp(thread, touched, atomic);
        }
        const Stamp other = access == Access::read ? order.read(*stamps, now, first)
                                                   : order.write(*stamps, now, first);
        if (other.bits) {
            const bool wrote = other.bits == stamps->write;
            fail(region.at(byte), bytes, access, code,
                 fmt::format("a race with {}, which {} it",
                             Block::instance().name(other.block(), other.thread()),
                             other.atomic() ? "atomically changed"
                             : wrote        ? "wrote"
                                            : "read"));
        }
        if (now.bytes() != 0xf) now = order.stamp(thread, 0xf, atomic);
        byte = next;
    }
}

}  // namespace

void check_access(const void* address, std::size_t bytes, Access access, const void* code,
                  std::size_t alignment) {
    Region* region = region_of(address);
    if (!region) {
        if (Block::current()->fiber->owns(address)) return;
        if (access == Access::read &&
            (Block::instance().in_arguments(address, bytes) || is_constant(address)))
            return;
        fail(address, bytes, access, code, "out of bounds");
    }
    const std::size_t offset = region->offset(address);
    switch (region->quick_check(offset, bytes, access != Access::write)) {
        case Fault::none:
            break;
        case Fault::out_of_bounds:
            fail(address, bytes, access, code, "out of bounds");
        case Fault::uninitialised:
            fail(address, bytes, access, code, "not initialised");
    }
    if (reinterpret_cast<std::uintptr_t>(address) % alignment != 0)
        fail(address, bytes, access, code, "misaligned");
    check_race(*region, offset, bytes, access, code);
    if (access == Access::write) region->set_initialised(offset, bytes, true);
}

void check_host_access(const void* address, std::size_t bytes, Access access, const void* code) {
    if (!region_of(address)) return;
    const std::lock_guard lock(device_mutex());
    report_failure(
        cudaErrorIllegalAddress,
        fmt::format("host code {} {} bytes at {}{}", access == Access::read ? "reads" : "writes",
                    bytes, describe(address), source_line(code)));
}

void atomic_access(void* address, std::size_t bytes) {
    if (Block::current())
        check_access(address, bytes, Access::atomic, __builtin_return_address(0), bytes);
}

}  // namespace cuda_emulation
