// The memory that kernels may touch, and its shadow: which bytes belong to an allocation and which
// were written since. Device memory is one large stretch of addresses, reserved once and never
// moved, in which allocations lie with red zones between them; freed addresses come up again only
// after all others. A block's shared memory is a second, small stretch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cuda_emulation {

/// The last accesses to four bytes, for races.h.
struct Stamps {
    std::uint64_t write, read, other_read;
};

/// Bytes that one unit of the shadow stands for.
constexpr std::size_t granule = 4;

enum class Fault { none, out_of_bounds, uninitialised };

/// A stretch of addresses with its shadow.
class Region {
  public:
    /// `state` (one byte a granule) and `stamps` must be zero.
    Region(unsigned char* first, std::size_t bytes, unsigned char* state, Stamps* stamps)
        : first_(first), bytes_(bytes), state_(state), stamps_(stamps) {}

    bool contains(const void* address) const {
        return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - first_) <
               bytes_;
    }
    std::size_t offset(const void* address) const {
        return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - first_);
    }
    unsigned char* at(std::size_t offset) const { return first_ + offset; }
    Stamps* stamps(std::size_t offset) const { return stamps_ + offset / granule; }

    /// Marks bytes as an allocation's (their values uninitialised) or as nobody's.
    void set_allocated(std::size_t offset, std::size_t bytes, bool allocated);
    void set_initialised(std::size_t offset, std::size_t bytes, bool initialised);
    /// Bytes at `to` become as initialised as those at `from` are.
    void copy_initialised(std::size_t to, std::size_t from, std::size_t bytes);
    /// Whether all bytes belong to allocations and, for reading, were initialised. `where` becomes
    /// the offset of the first that isn't.
    Fault check(std::size_t offset, std::size_t bytes, bool reading, std::size_t* where) const;
    /// As check(), for 1 to 16 bytes of a granule and on.
    Fault quick_check(std::size_t offset, std::size_t bytes, bool reading) const {
        if (offset % granule == 0 && bytes % granule == 0) {
            const unsigned char wanted = reading ? 0xff : 0x0f;
            unsigned char all = wanted;
            const unsigned char* state = state_ + offset / granule;
            for (std::size_t g = 0; g < bytes / granule; ++g)
                all &= state[g];
            if (all == wanted) return Fault::none;
        }
        std::size_t where;
        return check(offset, bytes, reading, &where);
    }
    /// Gives the pages of what was freed back to the system.
    void discard(std::size_t offset, std::size_t bytes);
    void discard_stamps();

  private:
    unsigned char* first_;
    std::size_t bytes_;
    unsigned char* state_;  ///< low four bits: bytes allocated; high four: initialised
    Stamps* stamps_;
};

namespace detail {
extern Region device_memory, shared_region;
}
inline Region& device_memory() {
    return detail::device_memory;
}
inline Region& shared_region() {
    return detail::shared_region;
}

/// @returns nullptr where the limit doesn't allow it
void* allocate_device(std::size_t bytes);
/// @returns false where nothing was allocated there
bool free_device(void* memory);
std::size_t device_bytes_free();
std::size_t device_bytes_total();
void set_device_bytes_total(std::size_t bytes);

/// Shared memory of the next block: `bytes` of it exist, all uninitialised.
void prepare_shared(std::size_t bytes);

/// Makes all stamps 0.
void forget_stamps();

/// Where an address lies, for reports: "byte 12 of allocation 3 (400 bytes)".
std::string describe(const void* address);

/// Lines of the allocations that live, for leaks().
std::string live_allocations();

/// The largest shared memory of a block that opted in (sm_80).
constexpr std::size_t most_shared_memory = 163 << 10;

}  // namespace cuda_emulation
