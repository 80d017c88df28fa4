// A backend that has another one compute, and books what every operation takes and does.
#pragma once

#include <vector>

#include "manygpcm/kernels/backend.h"
#include "manygpcm/kernels/work.h"

namespace manygpcm::kernels {

/// The processor's time that the calling thread has had so far: unlike wall time without other
/// programs' turns.
double thread_seconds();

class Profiler final : public Backend {
  public:
    struct Entry {
        const char* operation;
        int calls = 0;
        double seconds = 0;  ///< thread_seconds()
        Work work;
    };

    /// @param backend outlives it, and computes on the calling thread
    explicit Profiler(Backend& backend) : backend_(backend) {}

    /// By operation, in the order of first calls since the last clear().
    const std::vector<Entry>& entries() const { return entries_; }
    void clear() { entries_.clear(); }

    void* allocate(std::size_t bytes, std::string_view what) override {
        return backend_.allocate(bytes, what);
    }
    void free(void* memory) noexcept override { backend_.free(memory); }
    void upload(void* to, const void* from, std::size_t bytes) override {
        backend_.upload(to, from, bytes);
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        backend_.download(to, from, bytes);
    }
    void zero(int replicas, std::size_t size, Out array) override;
    std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                            int sequences) const override {
        return backend_.memory_scan_checkpoint_size(shape, steps, sequences);
    }
#define MANYGPCM_RUN(Args) void run(const Args<float>& args) override;
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN

  private:
    template <class Call>
    void book(const char* operation, const Work& work, const Call& call);

    Backend& backend_;
    std::vector<Entry> entries_;
};

}  // namespace manygpcm::kernels
