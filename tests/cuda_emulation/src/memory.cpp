#include "memory.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <new>
#include <vector>

#include "report.h"

namespace manygpcm::kernels::cuda {
/// What kernels/cuda/launch.h declares.
extern unsigned char shared_memory[];
alignas(128) unsigned char shared_memory[cuda_emulation::most_shared_memory];
}  // namespace manygpcm::kernels::cuda

namespace cuda_emulation {
namespace {

/// Addresses only: pages come when they are touched.
constexpr std::size_t arena_bytes = std::size_t{4} << 30, page = 4096;
/// As cudaMalloc aligns. Red zones are at least as long.
constexpr std::size_t alignment = 256;
constexpr std::size_t default_device_bytes = std::size_t{1} << 30;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

unsigned char* reserve(std::size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<unsigned char*>(memory);
}

void drop_pages(void* from, void* to) {
    const auto first = round_up(reinterpret_cast<std::uintptr_t>(from), page);
    const auto last = reinterpret_cast<std::uintptr_t>(to) / page * page;
    if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

struct Allocation {
    std::size_t bytes = 0;
    int number = 0;
    bool live = true;
};

struct Allocations {
    std::map<std::size_t, Allocation>
        at;                        ///< by offset; freed ones until their place is used again
    std::size_t next = alignment;  ///< where to look first
    std::size_t limit = default_device_bytes, used = 0;
    int count = 0;
};

Allocations& allocations() {
    static Allocations all;
    return all;
}

/// A place for `bytes` and a red zone behind them; arena_bytes where there is none.
std::size_t find_place(std::size_t bytes) {
    auto& all = allocations();
    std::size_t place = all.next;
    for (bool again = false;;) {
        if (place + bytes > arena_bytes) {
            if (again) return arena_bytes;
            again = true;
            place = alignment;
            continue;
        }
        // The first allocation that ends behind `place`.
        auto found = all.at.upper_bound(place);
        if (found != all.at.begin()) {
            const auto before = std::prev(found);
            if (before->second.live && before->first + before->second.bytes + alignment > place)
                found = before;
        }
        while (found != all.at.end() && !found->second.live)
            ++found;
        if (found == all.at.end() || found->first >= place + bytes) return place;
        place = round_up(found->first + found->second.bytes, alignment) + alignment;
    }
}

unsigned char shared_state[most_shared_memory / granule];
Stamps shared_stamps[most_shared_memory / granule];

}  // namespace

// Before these are made, while a program starts, no address is theirs.
Region detail::device_memory(reserve(arena_bytes), arena_bytes, reserve(arena_bytes / granule),
                             reinterpret_cast<Stamps*>(reserve(arena_bytes / granule *
                                                               sizeof(Stamps))));
Region detail::shared_region(manygpcm::kernels::cuda::shared_memory, most_shared_memory,
                             shared_state, shared_stamps);

void Region::set_allocated(std::size_t offset, std::size_t bytes, bool allocated) {
    std::size_t end = offset + bytes;
    if (allocated) {
        std::memset(state_ + offset / granule, 0x0f, bytes / granule);
        if (end % granule)
            state_[end / granule] = static_cast<unsigned char>((1 << end % granule) - 1);
    } else {
        std::memset(state_ + offset / granule, 0, round_up(bytes, granule) / granule);
    }
}

void Region::set_initialised(std::size_t offset, std::size_t bytes, bool initialised) {
    std::size_t end = offset + bytes;
    const auto set = [&](std::size_t byte) {
        const auto bit = static_cast<unsigned char>(0x10 << byte % granule);
        unsigned char& state = state_[byte / granule];
        state = static_cast<unsigned char>(initialised ? state | bit : state & ~bit);
    };
    for (; offset < end && offset % granule; ++offset)
        set(offset);
    for (; offset < end && end % granule; --end)
        set(end - 1);
    if (offset < end)
        std::memset(state_ + offset / granule, initialised ? 0xff : 0x0f, (end - offset) / granule);
}

void Region::copy_initialised(std::size_t to, std::size_t from, std::size_t bytes) {
    if (to % granule == 0 && from % granule == 0 && bytes % granule == 0) {
        std::memmove(state_ + to / granule, state_ + from / granule, bytes / granule);
        return;
    }
    std::vector<bool> initialised(bytes);
    for (std::size_t i = 0; i < bytes; ++i)
        initialised[i] = state_[(from + i) / granule] >> (4 + (from + i) % granule) & 1;
    for (std::size_t i = 0; i < bytes; ++i)
        set_initialised(to + i, 1, initialised[i]);
}

Fault Region::check(std::size_t offset, std::size_t bytes, bool reading, std::size_t* where) const {
    Fault fault = Fault::none;
    for (std::size_t byte = offset; byte < offset + bytes; ++byte) {
        const unsigned char state = byte < bytes_ ? state_[byte / granule] : 0;
        const unsigned char wanted = reading ? 0xff : 0x0f;
        if (byte % granule == 0 && (state & wanted) == wanted) {
            byte += granule - 1;
            continue;
        }
        if (!(state >> byte % granule & 1)) {
            *where = byte;
            return Fault::out_of_bounds;
        }
        if (reading && fault == Fault::none && !(state >> (4 + byte % granule) & 1)) {
            *where = byte;
            fault = Fault::uninitialised;
        }
    }
    return fault;
}

void Region::discard_stamps() {
    // The arena's pages come back as zeros; shared memory's, not a mapping of its own, are few.
    if (bytes_ > most_shared_memory)
        drop_pages(stamps_, stamps_ + bytes_ / granule);
    else
        std::fill(stamps_, stamps_ + bytes_ / granule, Stamps{});
}

void Region::discard(std::size_t offset, std::size_t bytes) {
    drop_pages(at(offset), at(offset + bytes));
    drop_pages(stamps(offset), stamps(offset + bytes));
}

void* allocate_device(std::size_t bytes) {
    auto& all = allocations();
    const std::size_t taken = round_up(bytes, alignment);
    if (taken < bytes || taken > device_bytes_free()) return nullptr;
    const std::size_t place = find_place(taken + alignment);
    if (place == arena_bytes) return nullptr;
    all.at.erase(all.at.lower_bound(place), all.at.lower_bound(place + taken + alignment));
    all.at[place] = {bytes, ++all.count, true};
    all.used += taken;
    all.next = place + taken + alignment;
    device_memory().set_allocated(place, bytes, true);
    return device_memory().at(place);
}

bool free_device(void* memory) {
    auto& all = allocations();
    if (!device_memory().contains(memory)) return false;
    const std::size_t place = device_memory().offset(memory);
    const auto found = all.at.find(place);
    if (found == all.at.end() || !found->second.live) return false;
    found->second.live = false;
    all.used -= round_up(found->second.bytes, alignment);
    device_memory().set_allocated(place, found->second.bytes, false);
    device_memory().discard(place, found->second.bytes);
    return true;
}

std::size_t device_bytes_free() {
    return allocations().limit - std::min(allocations().limit, allocations().used);
}
std::size_t device_bytes_total() {
    return allocations().limit;
}
void set_device_bytes_total(std::size_t bytes) {
    allocations().limit = bytes ? bytes : default_device_bytes;
}

void prepare_shared(std::size_t bytes) {
    static std::size_t before = 0;
    shared_region().set_allocated(0, before, false);
    shared_region().set_allocated(0, bytes, true);
    before = bytes;
}

void forget_stamps() {
    device_memory().discard_stamps();
    shared_region().discard_stamps();
}

std::string describe(const void* address) {
    if (shared_region().contains(address))
        return fmt::format("byte {} of shared memory", shared_region().offset(address));
    if (!device_memory().contains(address))
        return fmt::format("address {}, which isn't the device's", address);
    const std::size_t place = device_memory().offset(address);
    const auto& all = allocations().at;
    auto found = all.upper_bound(place);
    const auto name = [](const Allocation& a) {
        return fmt::format("{}allocation {} ({} bytes)", a.live ? "" : "freed ", a.number, a.bytes);
    };
    if (found != all.begin()) {
        const auto before = std::prev(found);
        const std::size_t in = place - before->first, bytes = before->second.bytes;
        if (in < bytes) return fmt::format("byte {} of {}", in, name(before->second));
        // Behind it, unless the next one is nearer.
        if (found == all.end() || in - bytes <= found->first - place)
            return fmt::format("{} bytes behind {}", in - bytes, name(before->second));
    }
    if (found != all.end())
        return fmt::format("{} bytes before {}", found->first - place, name(found->second));
    return "device memory that was never allocated";
}

std::string live_allocations() {
    std::string lines;
    for (const auto& [place, allocation] : allocations().at)
        if (allocation.live)
            lines += fmt::format("device memory: allocation {} ({} bytes)\n", allocation.number,
                                 allocation.bytes);
    return lines;
}

}  // namespace cuda_emulation
