// Races: two threads touch the same bytes, at least one of them writing and not both atomically,
// and no barrier lies between. As threads run one after another, it is enough to keep for every
// four bytes who touched them last, and for every thread up to when it has seen the others' work.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "memory.h"

namespace cuda_emulation {

/// Who touched bytes when, in 64 bits; 0 is nobody.
struct Stamp {
    static constexpr unsigned block_bits = 30, thread_bits = 10, clock_bits = 19, byte_bits = 4;
    static constexpr std::uint64_t last_block = (std::uint64_t{1} << block_bits) - 1;
    static constexpr unsigned last_clock = (1u << clock_bits) - 1;

    std::uint64_t bits = 0;

    static Stamp make(std::uint64_t block, unsigned thread, unsigned clock, unsigned bytes,
                      bool atomic) {
        return {(((block << thread_bits | thread) << clock_bits | clock) << byte_bits | bytes)
                    << 1 |
                std::uint64_t{atomic}};
    }
    bool atomic() const { return bits & 1; }
    unsigned bytes() const { return bits >> 1 & 0xf; }
    unsigned clock() const { return bits >> (1 + byte_bits) & last_clock; }
    unsigned thread() const {
        return bits >> (1 + byte_bits + clock_bits) & ((1u << thread_bits) - 1);
    }
    std::uint64_t block() const { return bits >> (1 + byte_bits + clock_bits + thread_bits); }
    /// Without the bytes: the same thread between the same two barriers.
    bool same_moment(Stamp other) const {
        return ((bits ^ other.bits) & ~std::uint64_t{0x1e}) == 0;
    }
};

/// The order of one block's threads. Every thread has a clock, which barriers of block and warp
/// move on; what carries a lower clock than a thread has seen happened before.
class BlockOrder {
  public:
    /// @param block counts all blocks that ever ran @param first the launch's first one
    void begin(unsigned threads, std::uint64_t block, std::uint64_t first);
    void sync_block();
    /// @param first number of lane 0's thread
    void sync_warp(unsigned first, unsigned mask);
    bool clocks_left() const { return latest_ < Stamp::last_clock; }

    Stamp stamp(unsigned thread, unsigned bytes, bool atomic) const {
        return Stamp::make(block_, thread, clocks_[thread], bytes, atomic);
    }
    /// Records a reading. @param first the first block with which it can race: first_block() or,
    /// for shared memory, the block itself @returns whom it races with, or nobody
    Stamp read(Stamps& stamps, Stamp now, std::uint64_t first) const {
        const Stamp write{stamps.write};
        if (write.bits == now.bits || stamps.read == now.bits) return {};
        if (races(write, now, first)) return write;
        keep_reader(stamps, now, first);
        return {};
    }
    /// Records a write or an atomic access. @returns whom it races with, or nobody
    Stamp write(Stamps& stamps, Stamp now, std::uint64_t first) const {
        if (stamps.write == now.bits) return {};
        for (const std::uint64_t before : {stamps.write, stamps.read, stamps.other_read})
            if (races({before}, now, first)) return {before};
        // Later writers that come after this one come after those readers, too.
        if (now.bytes() == 0xf) stamps.read = stamps.other_read = 0;
        stamps.write = now.bits;
        return {};
    }
    std::uint64_t first_block() const { return first_; }
    std::uint64_t block() const { return block_; }

  private:
    static constexpr unsigned lanes = 32;
    /// Up to which clock the lanes of a warp have seen each other.
    struct Warp {
        bool synced = false;   ///< in this block
        bool uniform = false;  ///< all have seen all up to `common`
        unsigned common = 0;
        std::array<std::array<unsigned, lanes>, lanes> seen;  ///< [who][whom], where not uniform
    };

    /// Whether `before` happened before what `now`'s thread does now.
    bool ordered(Stamp before, Stamp now, std::uint64_t first) const {
        if (before.block() != block_) return before.block() < first;
        if (before.clock() < barrier_) return true;
        const unsigned a = before.thread(), b = now.thread();
        if (a == b) return true;
        if (a / lanes != b / lanes) return false;
        const Warp& warp = warps_[a / lanes];
        if (!warp.synced) return false;
        return before.clock() < (warp.uniform ? warp.common : warp.seen[b % lanes][a % lanes]);
    }
    bool races(Stamp before, Stamp now, std::uint64_t first) const {
        return before.bits && (before.bytes() & now.bytes()) &&
               !(before.atomic() && now.atomic()) && !ordered(before, now, first);
    }
    void keep_reader(Stamps& stamps, Stamp now, std::uint64_t first) const;

    std::uint64_t block_ = 0, first_ = 0;
    unsigned barrier_ = 0, latest_ = 0;
    std::vector<unsigned> clocks_;
    std::vector<Warp> warps_;
};

}  // namespace cuda_emulation
