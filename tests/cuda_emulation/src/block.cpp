#include "block.h"

#include <fmt/format.h>

#include <cstring>
#include <exception>

#include "memory.h"
#include "names.h"
#include "report.h"

// What kernels see as constants of these names (device_functions.h) changes between threads.
uint3 current_thread __asm__("threadIdx");
uint3 current_block __asm__("blockIdx");
uint3 current_block_size __asm__("blockDim");
uint3 current_grid __asm__("gridDim");

namespace cuda_emulation {
namespace {

std::string triple(const uint3& v) {
    return fmt::format("({}, {}, {})", v.x, v.y, v.z);
}

bool same(const char* a, const char* b) {
    return a == b || std::strcmp(a, b) == 0;
}

/// "0-31, 40"
std::string ranges(const std::vector<unsigned>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", numbers[i]);
        if (last > i) text += fmt::format("-{}", numbers[last]);
        i = last + 1;
    }
    return text;
}

}  // namespace

thread_local bool Block::in_kernel_ = false;

Block* Block::instance_ = nullptr;

void Block::make_instance() {
    // Never destroyed: idle fibers would be unwound while the program ends.
    if (!instance_) instance_ = new Block;
}

uint3 RunningGrid::index(std::uint64_t number) const {
    const auto place = static_cast<std::size_t>(number - first_number);
    const std::size_t b = order.empty() ? place : order[place];
    const dim3 size = launch.grid;
    return {static_cast<unsigned>(b % size.x), static_cast<unsigned>(b / size.x % size.y),
            static_cast<unsigned>(b / size.x / size.y)};
}

bool Block::run(const RunningGrid& grid, std::uint64_t block_number) {
    const KernelLaunch& launch = grid.launch;
    grid_ = &grid;
    launch_ = &launch;
    number_ = block_number;
    current_block = grid.index(number_);
    current_block_size = launch.block;
    current_grid = launch.grid;
    prepare_shared(launch.shared_bytes);

    const dim3 size = launch.block;
    threads_.resize(std::size_t{size.x} * size.y * size.z);
    unsigned number = 0;
    for (unsigned z = 0; z < size.z; ++z)
        for (unsigned y = 0; y < size.y; ++y)
            for (unsigned x = 0; x < size.x; ++x, ++number) {
                threads_[number] = Thread{};
                threads_[number].number = number;
                threads_[number].index = {x, y, z};
            }
    ready_.clear();
    ready_head_ = 0;
    next_fresh_ = at_barrier_ = at_warp_ = 0;
    alive_ = number;
    order_.begin(number, number_, grid.first_number);
    votes_ = 0;
    failed_ = false;

    while (alive_ && !failed_) {
        if (next_fresh_ < threads_.size()) {
            if (idle_.empty()) {
                fibers_.push_back(std::make_unique<Fiber>([](Fiber& fiber) {
                    for (;; fiber.suspend())
                        instance().run_fresh_threads(fiber);
                }));
                idle_.push_back(fibers_.back().get());
            }
            Fiber* fiber = idle_.back();
            idle_.pop_back();
            run_kernel(*fiber);
        } else if (ready_head_ < ready_.size()) {
            Thread& thread = *ready_[ready_head_++];
            if (ready_head_ == ready_.size()) {
                ready_.clear();
                ready_head_ = 0;
            }
            enter(thread);
            run_kernel(*thread.fiber);
        } else {
            failed_ = true;
            report_failure(cudaErrorLaunchFailure,
                           fmt::format("kernel {}, block {}: {}", kernel_name(launch.kernel.kernel),
                                       triple(grid.index(number_)), stuck()));
        }
    }
    if (failed_) {
        idle_.clear();
        for (const auto& fiber : fibers_) {
            fiber->abandon();
            idle_.push_back(fiber.get());
        }
    }
    return !failed_;
}

void Block::run_kernel(Fiber& fiber) {
    in_kernel_ = true;
    fiber.resume();
    in_kernel_ = false;
}

void Block::run_fresh_threads(Fiber& fiber) {
    while (next_fresh_ < threads_.size()) {
        Thread& thread = threads_[next_fresh_++];
        thread.fiber = &fiber;
        enter(thread);
        const BoundKernel& kernel = launch_->kernel;
        std::string exception;
        try {
            kernel.call(kernel.kernel, kernel.arguments.get());
        } catch (const std::exception& e) {
            const Emulating guard(&thread);
            exception = e.what();
        }
        if (!exception.empty()) {
            const Emulating guard(&thread);
            fail(cudaErrorLaunchFailure, "threw an exception: " + exception);
        }
        finish(thread);
    }
    idle_.push_back(&fiber);
}

void Block::enter(Thread& thread) {
    current_ = &thread;
    current_thread = thread.index;
}

void Block::finish(Thread& thread) {
    const Emulating guard(&thread);
    thread.state = Thread::State::exited;
    --alive_;
    if (at_warp_) {
        const unsigned first = thread.number / lanes * lanes, lane = thread.number % lanes;
        for (unsigned l = 0; l < lanes && first + l < threads_.size(); ++l) {
            const Thread& other = threads_[first + l];
            if (other.state == Thread::State::at_warp && (other.mask >> lane & 1))
                fail(cudaErrorLaunchFailure,
                     fmt::format("exited while thread {} waits for it at {} with mask {:#010x}",
                                 triple(other.index), other.primitive, other.mask));
        }
    }
    if (alive_ && at_barrier_ == alive_) release_barrier(nullptr);
}

void Block::wait(Thread& thread) {
    thread.fiber->suspend();
}

void Block::wake(Thread& thread) {
    thread.state = Thread::State::ready;
    ready_.push_back(&thread);
}

void Block::fail(cudaError_t code, const std::string& what) {
    Thread& thread = *current_;
    thread.emulating = true;
    report_failure(code, fmt::format("{} {}", where(thread), what));
    failed_ = true;
    for (;;)
        wait(thread);
}

int Block::sync(const char* primitive, bool vote) {
    Thread& thread = *current_;
    const Emulating guard(&thread);
    thread.state = Thread::State::at_barrier;
    thread.primitive = primitive;
    ++at_barrier_;
    votes_ += vote;
    if (at_barrier_ == alive_)
        release_barrier(primitive);
    else
        wait(thread);
    return static_cast<int>(thread.result);
}

void Block::release_barrier(const char* primitive) {
    for (Thread& thread : threads_) {
        if (thread.state != Thread::State::at_barrier) continue;
        if (!primitive) primitive = thread.primitive;
        if (!same(thread.primitive, primitive))
            fail(cudaErrorLaunchFailure, fmt::format("is at {} while thread {} is at {}", primitive,
                                                     triple(thread.index), thread.primitive));
        thread.result = static_cast<std::uint64_t>(votes_);
        if (&thread == current_)
            thread.state = Thread::State::ready;
        else
            wake(thread);
    }
    at_barrier_ = 0;
    votes_ = 0;
    order_.sync_block();
    check_clocks();
}

void Block::check_clocks() {
    if (!order_.clocks_left())
        fail(cudaErrorLaunchFailure, "synchronises more often than the emulation can count");
}

std::uint64_t Block::warp(const char* primitive, unsigned mask, std::uint64_t value, int source) {
    Thread& thread = *current_;
    const Emulating guard(&thread);
    const unsigned lane = thread.number % lanes, first = thread.number - lane;
    if (!(mask >> lane & 1))
        fail(cudaErrorLaunchFailure,
             fmt::format("calls {} with mask {:#010x}, which lacks its own lane {}", primitive,
                         mask, lane));
    thread.primitive = primitive;
    thread.mask = mask;
    thread.value = value;
    thread.source = source;
    thread.state = Thread::State::at_warp;
    // Lanes arrive in ascending order as a rule: most often the last one tells that it is too
    // early.
    bool complete = true;
    for (unsigned l = lanes; complete && l-- > 0;) {
        if (!(mask >> l & 1)) continue;
        if (first + l >= threads_.size() || threads_[first + l].state == Thread::State::exited)
            fail(cudaErrorLaunchFailure,
                 fmt::format("calls {} with mask {:#010x}, but lane {} {}", primitive, mask, l,
                             first + l >= threads_.size() ? "doesn't exist" : "has exited"));
        const Thread& other = threads_[first + l];
        complete = other.state == Thread::State::at_warp && other.mask == mask;
        if (complete && !same(other.primitive, primitive))
            fail(cudaErrorLaunchFailure,
                 fmt::format("calls {} while thread {} of the same warp and mask {:#010x} is at {}",
                             primitive, triple(other.index), mask, other.primitive));
    }
    if (complete) {
        complete_warp(thread, first);
    } else {
        ++at_warp_;
        wait(thread);
    }
    return thread.result;
}

void Block::complete_warp(Thread& last, unsigned first) {
    const unsigned mask = last.mask;
    std::uint64_t votes = 0;
    for (unsigned l = 0; l < lanes; ++l)
        if (mask >> l & 1) votes |= std::uint64_t{threads_[first + l].value != 0} << l;
    for (unsigned l = 0; l < lanes; ++l) {
        if (!(mask >> l & 1)) continue;
        Thread& thread = threads_[first + l];
        if (thread.source < 0) {
            thread.result = votes;
        } else {
            const auto source = static_cast<unsigned>(thread.source);
            if (source >= lanes || !(mask >> source & 1))
                fail(cudaErrorLaunchFailure,
                     fmt::format("completes {} with mask {:#010x} in which lane {} reads lane {}, "
                                 "which isn't in the mask",
                                 last.primitive, mask, l, source));
            thread.result = threads_[first + source].value;
        }
    }
    // Shuffles and votes exchange registers; only __syncwarp orders what lanes do to memory.
    if (last.source == lane_barrier) {
        order_.sync_warp(first, mask);
        check_clocks();
    }
    for (unsigned l = 0; l < lanes; ++l) {
        if (!(mask >> l & 1)) continue;
        Thread& thread = threads_[first + l];
        if (&thread == &last) {
            thread.state = Thread::State::ready;
        } else {
            --at_warp_;
            wake(thread);
        }
    }
}

unsigned Block::active_lanes() const {
    const unsigned first = current_->number / lanes * lanes;
    unsigned mask = 0;
    for (unsigned l = 0; l < lanes && first + l < threads_.size(); ++l)
        if (threads_[first + l].state != Thread::State::exited) mask |= 1u << l;
    return mask;
}

bool Block::in_arguments(const void* address, std::size_t bytes) const {
    const auto offset =
        static_cast<std::size_t>(static_cast<const char*>(address) -
                                 static_cast<const char*>(launch_->kernel.arguments.get()));
    return offset < launch_->kernel.argument_bytes &&
           bytes <= launch_->kernel.argument_bytes - offset;
}

std::string Block::where(const Thread& thread) const {
    return fmt::format("kernel {}, {}:", kernel_name(launch_->kernel.kernel),
                       name(number_, thread.number));
}

std::string Block::name(std::uint64_t block, unsigned thread) const {
    return fmt::format("block {}, thread {}", triple(grid_->index(block)),
                       triple(threads_[thread].index));
}

std::string Block::stuck() const {
    std::vector<unsigned> at_barrier, exited;
    std::string text;
    for (const Thread& thread : threads_) {
        if (thread.state == Thread::State::at_barrier) at_barrier.push_back(thread.number);
        if (thread.state == Thread::State::exited) exited.push_back(thread.number);
    }
    std::vector<bool> told(threads_.size());
    for (const Thread& thread : threads_) {
        if (thread.state != Thread::State::at_warp || told[thread.number]) continue;
        std::vector<unsigned> together;
        for (const Thread& other : threads_)
            if (other.state == Thread::State::at_warp && other.mask == thread.mask &&
                other.number / lanes == thread.number / lanes &&
                same(other.primitive, thread.primitive)) {
                together.push_back(other.number);
                told[other.number] = true;
            }
        text += fmt::format("; threads {} at {} with mask {:#010x}", ranges(together),
                            thread.primitive, thread.mask);
    }
    if (!at_barrier.empty())
        text += fmt::format("; threads {} at __syncthreads", ranges(at_barrier));
    if (!exited.empty()) text += fmt::format("; threads {} have exited", ranges(exited));
    return "threads wait for each other" + text;
}

// What device_functions.h declares.

void sync_block() {
    Block::instance().sync("__syncthreads", false);
}
int sync_block_count(int predicate) {
    return Block::instance().sync("a voting __syncthreads", predicate != 0);
}
void sync_warp(unsigned mask) {
    Block::instance().warp("__syncwarp", mask, 0, Block::lane_barrier);
}
unsigned ballot(unsigned mask, bool predicate, const char* name) {
    return static_cast<unsigned>(Block::instance().warp(name, mask, predicate, Block::lane_vote));
}
unsigned active_mask() {
    return Block::instance().active_lanes();
}
std::uint64_t shuffle(unsigned mask, std::uint64_t bits, int source, const char* name) {
    return Block::instance().warp(name, mask, bits, source);
}
int lane() {
    return static_cast<int>(Block::current()->number % lanes);
}
void trap() {
    const Emulating guard(Block::current());
    Block::instance().fail(cudaErrorLaunchFailure, "called __trap()");
}

}  // namespace cuda_emulation
