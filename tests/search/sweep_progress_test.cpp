// How far a sweep says it is.
#include "sweep_progress.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace manygpcm {
namespace {

TEST(SweepProgress, CountsTheEpochsOfTheLargestSweepTheProgramTakes) {
    SweepConfig config;
    config.trials = 100'000;
    config.folds = 1'000;
    config.epochs = 100'000;
    SweepProgress last;
    ProgressTracker tracker(config, [&](const SweepProgress& state) { last = state; });
    std::vector<Trial> trials(1);
    trials.front().folds.resize(1);
    EpochResult epoch;
    epoch.epoch = 1;
    tracker.cross_validated(trials, 0, epoch);
    EXPECT_EQ(last.trials, 100'000);
    EXPECT_EQ(last.replicas, 100'000'000);
    EXPECT_EQ(last.epochs, std::int64_t{10'000'000'100'000});
    EXPECT_EQ(last.epochs_done, 1);
    EXPECT_GE(last.seconds_left, 0);
}

}  // namespace
}  // namespace manygpcm
