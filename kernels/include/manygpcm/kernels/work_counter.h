// A backend that computes nothing and counts the work (work.h) of what it is asked for.
#pragma once

#include <string>
#include <vector>

#include "manygpcm/kernels/backend.h"
#include "manygpcm/kernels/work.h"

namespace manygpcm::kernels {

/// Its memory is the host's, zeroed, so that row counts and offsets can be written there: counts
/// decide how much work there is.
class WorkCounter final : public Backend {
  public:
    struct Entry {
        std::string operation;
        int calls = 0;
        Work work;
    };
    /// By operation, in the order of first calls.
    const std::vector<Entry>& entries() const { return entries_; }
    Work total() const;
    /// What isn't an operation of a backend.
    void add(const char* operation, const Work& work);

    void* allocate(std::size_t bytes, std::string_view what) override;
    void free(void* memory) noexcept override;
    void upload(void* to, const void* from, std::size_t bytes) override;
    void download(void* to, const void* from, std::size_t bytes) override;
    void zero(int replicas, std::size_t size, Out array) override;
#define MANYGPCM_RUN(Args)                       \
    void run(const Args<float>& args) override { \
        add(args.name, work(args));              \
    }
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN

  private:
    std::vector<Entry> entries_;
};

}  // namespace manygpcm::kernels
