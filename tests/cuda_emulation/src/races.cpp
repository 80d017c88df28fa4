#include "races.h"

#include <algorithm>
#include <utility>

namespace cuda_emulation {

void BlockOrder::begin(unsigned threads, std::uint64_t block, std::uint64_t first) {
    block_ = block;
    first_ = first;
    barrier_ = latest_ = 0;
    clocks_.assign(threads, 0);
    if (warps_.size() < (threads + lanes - 1) / lanes) warps_.resize((threads + lanes - 1) / lanes);
    for (Warp& warp : warps_)
        warp.synced = false;
}

void BlockOrder::sync_block() {
    barrier_ = ++latest_;
    std::fill(clocks_.begin(), clocks_.end(), barrier_);
}

void BlockOrder::sync_warp(unsigned first, unsigned mask) {
    Warp& warp = warps_[first / lanes];
    unsigned next = 0;
    for (unsigned l = 0; l < lanes; ++l)
        if (mask >> l & 1) next = std::max(next, clocks_[first + l] + 1);
    latest_ = std::max(latest_, next);
    if (mask == 0xffffffffu) {
        warp.uniform = true;
        warp.common = next;
    } else {
        if (!warp.synced || warp.uniform) {
            const unsigned common = warp.synced ? warp.common : 0;
            for (auto& row : warp.seen)
                row.fill(common);
            warp.uniform = false;
        }
        std::array<unsigned, lanes> joined{};
        for (unsigned l = 0; l < lanes; ++l) {
            if (!(mask >> l & 1)) continue;
            for (unsigned k = 0; k < lanes; ++k)
                joined[k] = std::max(joined[k], warp.seen[l][k]);
        }
        for (unsigned l = 0; l < lanes; ++l)
            if (mask >> l & 1) joined[l] = next;
        for (unsigned l = 0; l < lanes; ++l)
            if (mask >> l & 1) warp.seen[l] = joined;
    }
    warp.synced = true;
    for (unsigned l = 0; l < lanes; ++l)
        if (mask >> l & 1) clocks_[first + l] = next;
}

// Two readers are kept, of different warps where there are such: whichever thread writes later, one
// of the two is another one.
void BlockOrder::keep_reader(Stamps& stamps, Stamp now, std::uint64_t first) const {
    const auto same_thread = [&](Stamp reader) {
        return reader.block() == now.block() && reader.thread() == now.thread();
    };
    for (std::uint64_t* kept : {&stamps.read, &stamps.other_read}) {
        const Stamp reader{*kept};
        if (!reader.bits || same_thread(reader) || ordered(reader, now, first)) {
            *kept = reader.same_moment(now) ? reader.bits | now.bits : now.bits;
            return;
        }
    }
    const auto warp = [](Stamp reader) {
        return std::pair(reader.block(), reader.thread() / lanes);
    };
    const Stamp one{stamps.read}, other{stamps.other_read};
    if (warp(one) == warp(other) && warp(now) != warp(one)) stamps.other_read = now.bits;
}

}  // namespace cuda_emulation
