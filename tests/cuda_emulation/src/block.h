// One block of a kernel at a time: its threads are fibers, each running until it waits for others
// at a barrier or a warp primitive.
#pragma once

#include <cuda_emulation/kernel_launch.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fibers.h"
#include "races.h"

namespace cuda_emulation {

constexpr unsigned lanes = 32;

/// Begun and not yet waited for.
struct AsyncCopy {
    void* shared;
    const void* global;
    std::size_t bytes, copied;  ///< the rest are zeros
    const void* code;
};

struct Thread {
    enum class State : std::uint8_t { fresh, ready, at_barrier, at_warp, exited };

    unsigned number = 0;  ///< in the block
    uint3 index{};
    State state = State::fresh;
    Fiber* fiber = nullptr;
    // What it waits with, and what it gets.
    const char* primitive = "";
    unsigned mask = 0;
    int source = 0;
    std::uint64_t value = 0, result = 0;
    std::vector<AsyncCopy> copies;
    std::vector<std::size_t> copy_groups;  ///< ends of committed groups in `copies`
    bool emulating = false;                ///< see Emulating
};

/// While the emulation works for a thread, what it calls isn't the kernel's and isn't checked: of
/// an inline function that both call, such as std::string's constructors, the linker may keep the
/// kernel's, which is instrumented.
class Emulating {
  public:
    /// @param thread nullptr where host code runs: nothing happens
    explicit Emulating(Thread* thread)
        : thread_(thread), before_(thread && std::exchange(thread->emulating, true)) {}
    ~Emulating() {
        if (thread_) thread_->emulating = before_;
    }
    Emulating(const Emulating&) = delete;
    Emulating& operator=(const Emulating&) = delete;

  private:
    Thread* thread_;
    bool before_;
};

/// What a grid runs.
struct KernelLaunch {
    BoundKernel kernel;
    dim3 grid, block;
    std::size_t shared_bytes = 0;
};

/// One grid while it runs: its blocks are numbered in the order in which they run, after those of
/// all grids before.
struct RunningGrid {
    const KernelLaunch& launch;
    std::uint64_t first_number = 0;
    std::vector<std::size_t> order;  ///< of the blocks; empty: their own

    uint3 index(std::uint64_t number) const;
};

class Block {
  public:
    /// The one that runs blocks (with all its fibers).
    static Block& instance() { return *instance_; }
    static void make_instance();
    /// The thread of a kernel that the calling host thread runs, nullptr outside kernels.
    static Thread* current() { return in_kernel_ ? instance().current_ : nullptr; }

    /// Runs one block to its end or to the first error. @returns false where there was one
    bool run(const RunningGrid& grid, std::uint64_t number);

    // From within threads.

    /// Ends the launch with a report: kernel, block, thread, then `what`.
    [[noreturn]] void fail(cudaError_t code, const std::string& what);
    /// Waits for all threads. @returns how many gave true
    int sync(const char* primitive, bool vote);
    /// Waits for the lanes of `mask`. @param source a lane (shuffles), lane_vote or lane_barrier
    /// @returns shuffles: what lane `source` gave; votes: the lanes that gave a nonzero value
    static constexpr int lane_vote = -1, lane_barrier = -2;
    std::uint64_t warp(const char* primitive, unsigned mask, std::uint64_t value, int source);
    unsigned active_lanes() const;

    const BlockOrder& order() const { return order_; }
    /// "block (0, 0, 0), thread (1, 0, 0)"
    std::string name(std::uint64_t block, unsigned thread) const;
    bool in_arguments(const void* address, std::size_t bytes) const;

  private:
    /// Runs the kernel on a fiber until it waits.
    void run_kernel(Fiber& fiber);
    void run_fresh_threads(Fiber& fiber);
    void finish(Thread& thread);
    void enter(Thread& thread);
    void wait(Thread& thread);
    void wake(Thread& thread);
    void release_barrier(const char* primitive);
    void complete_warp(Thread& last, unsigned first);
    void check_clocks();
    std::string where(const Thread& thread) const;
    /// Who waits where, for a block that can't go on.
    std::string stuck() const;

    static Block* instance_;
    /// Set by run_kernel() only, never on a fiber: fibers go from one host thread to another.
    static thread_local bool in_kernel_;

    Thread* current_ = nullptr;
    const RunningGrid* grid_ = nullptr;
    const KernelLaunch* launch_ = nullptr;
    std::uint64_t number_ = 0;
    BlockOrder order_;
    std::vector<Thread> threads_;
    std::vector<std::unique_ptr<Fiber>> fibers_;
    std::vector<Fiber*> idle_;
    std::vector<Thread*> ready_;  ///< from ready_head_ on
    std::size_t ready_head_ = 0;
    unsigned next_fresh_ = 0, alive_ = 0, at_barrier_ = 0, at_warp_ = 0;
    int votes_ = 0;
    bool failed_ = false;
};

}  // namespace cuda_emulation
