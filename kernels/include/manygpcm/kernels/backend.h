// Where a tape runs: memory, and every operation of the models in single precision. The CPU's
// backend computes with functions of this library; a device's computes the same on its own memory.
//
// All pointers of a call lie in the backend's memory, row counts and row numbers too. On a device
// every operation works on as many rows as Rows::capacity says, so that one recording of a step
// fits every batch. Rows beyond a replica's count then hold finite values, and every gradient that
// an operation replaces is zero there: a product over all rows adds nothing for them.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "manygpcm/kernels/operations.h"

namespace manygpcm::kernels {

/// A device's memory doesn't suffice. what() names the array, its size and what is free.
struct OutOfMemory : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Backend {
  public:
    using In = PerReplica<const float>;
    using Out = PerReplica<float>;

    virtual ~Backend() = default;

    // Memory.
    /// Zeroed, aligned to 256 bytes. @param what names it in errors @throws OutOfMemory
    virtual void* allocate(std::size_t bytes, std::string_view what) = 0;
    virtual void free(void* memory) noexcept = 0;
    /// Copies from and to the caller's memory, in order with the operations; both return when the
    /// caller's memory may be changed.
    virtual void upload(void* to, const void* from, std::size_t bytes) = 0;
    virtual void download(void* to, const void* from, std::size_t bytes) = 0;
    /// Zeroes the first `size` elements of every replica's array.
    virtual void zero(int replicas, std::size_t size, Out array) = 0;

    // Operations: a run() for each call of the list, whose headers say what it computes.
#define MANYGPCM_RUN(Args) virtual void run(const Args<float>& args) = 0;
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN
    /// Elements that one replica's checkpoints of a memory scan take here.
    virtual std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                                    int sequences) const {
        return kernels::memory_scan_checkpoint_size(shape, steps, sequences);
    }
};

/// An array in a backend's memory.
template <class T>
class BackendArray {
  public:
    BackendArray() = default;
    BackendArray(Backend& backend, std::size_t size, std::string_view what)
        : memory_(static_cast<T*>(backend.allocate(size * sizeof(T), what)), {&backend}),
          size_(size) {}

    T* data() const { return memory_.get(); }
    std::size_t size() const { return size_; }

  private:
    struct Free {
        Backend* backend = nullptr;
        void operator()(T* memory) const { backend->free(memory); }
    };
    std::unique_ptr<T, Free> memory_;
    std::size_t size_ = 0;
};

/// The CPU's: arrays in ordinary memory, every operation on the calling thread.
Backend& cpu_backend();

}  // namespace manygpcm::kernels
