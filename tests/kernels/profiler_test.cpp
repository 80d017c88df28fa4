// The profiling backend: it computes what the other does, and books it by name.
#include "manygpcm/kernels/profiler.h"

#include <gtest/gtest.h>

#include "manygpcm/kernels/work_counter.h"

namespace manygpcm::kernels {
namespace {

TEST(Profiler, BooksWhatItHasAnotherCompute) {
    const std::vector<int> rows{2};
    const float gate[] = {0, 1}, a[] = {5, 5}, b[] = {3, 3};
    float y[] = {0, 0};
    const GateMixForward<float> mix{rows, 1, {gate, 0}, {a, 0}, {b, 0}, {y, 0}};
    Profiler profiler(cpu_backend());
    profiler.run(mix);
    profiler.clear();
    profiler.run(mix);
    profiler.run(mix);
    EXPECT_EQ(y[0], 3);
    EXPECT_EQ(y[1], 5);
    profiler.zero(1, 1, {y, 0});
    EXPECT_EQ(y[0], 0);
    ASSERT_EQ(profiler.entries().size(), 2u);
    const Profiler::Entry& entry = profiler.entries().front();
    EXPECT_STREQ(entry.operation, "gate_mix_forward");
    EXPECT_EQ(entry.calls, 2);
    EXPECT_GT(entry.seconds, 0);
    WorkCounter counter;
    counter.run(mix);
    counter.run(mix);
    EXPECT_EQ(entry.work.operations, counter.total().operations);
    EXPECT_EQ(entry.work.bytes(), counter.total().bytes());
}

}  // namespace
}  // namespace manygpcm::kernels
