// Steps after the first ones neither allocate nor touch new pages. Counted are operator new and
// aligned_alloc, from which scratch comes. An arena would show by its pages.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/kernels/cpu.h"
#include "training/replica.h"

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    void* p = nullptr;
    if (posix_memalign(&p, std::max(alignment, sizeof(void*)), size) != 0) throw std::bad_alloc();
    return p;
}

}  // namespace

// The whole test program allocates through these.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    try {
        return counted(size, alignment);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new(std::size_t size) {
    return counted(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
// Sanitizers have one of their own, whose memory isn't free()'s.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return aligned_alloc(alignof(std::max_align_t), size);
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}

namespace manygpcm {
namespace {

class SteadyState : public testing::TestWithParam<ModelKind> {
  protected:
    /// Learners of one length, so that every batch of one size has the same shape.
    static std::vector<Learner> learners(int n) {
        RandomStream random(2, RandomUse::simulation);
        std::vector<Learner> all(n);
        for (Learner& learner : all)
            for (int t = 0; t < 60; ++t) {
                learner.questions.push_back(static_cast<int>(random.below(9)));
                learner.responses.push_back(static_cast<int>(random.below(3)));
            }
        return all;
    }
};

TEST_P(SteadyState, TenStepsMoreAllocateNothingMore) {
    const kernels::WorkerThread prepared;
    const std::vector<Learner> all = learners(48);
    const auto epoch_of = [&](int steps) {
        ReplicaSpec spec;
        spec.hyperparameters.model = GetParam();
        spec.hyperparameters.batch_size = 4;
        spec.train = numbers_from(0, 4 * steps);
        Replica replica(spec, {all, 9, 3}, nullptr, default_arena_limit);
        replica.run_epoch();
        replica.run_epoch();
        rusage before, after;
        const long allocated = allocations;
        getrusage(RUSAGE_THREAD, &before);
        replica.run_epoch();
        getrusage(RUSAGE_THREAD, &after);
        return std::pair(allocations - allocated, after.ru_minflt - before.ru_minflt);
    };
    const auto [few, few_faults] = epoch_of(2);
    const auto [many, many_faults] = epoch_of(12);
    EXPECT_EQ(many, few);
    // An epoch has a page or two of its own (its order of learners); ten steps add none.
    EXPECT_LE(many_faults, few_faults + 2);
}

INSTANTIATE_TEST_SUITE_P(Models, SteadyState, testing::ValuesIn(all_models()),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace manygpcm
