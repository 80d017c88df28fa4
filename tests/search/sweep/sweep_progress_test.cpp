// How far a sweep says it is.
#include "sweep/sweep_progress.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace manygpcm::search {
namespace {

SweepCallbacks keep_in(SweepProgress& last) {
    return {.epoch = [&last](const SweepProgress& state) {
        last = state;
        return true;
    }};
}

TEST(SweepProgress, CountsTheEpochsOfTheLargestSweepTheProgramTakes) {
    SweepConfig config;
    config.scheduler = "fixed";
    config.trials = 100'000;
    config.n_folds = 1'000;
    config.epochs = 100'000;
    SweepProgress last;
    const SweepCallbacks callbacks = keep_in(last);
    ProgressTracker tracker(config, {}, callbacks);
    tracker.epoch_done();
    EXPECT_EQ(last.trials, 100'000);
    EXPECT_EQ(last.epochs, std::int64_t{10'000'000'100'000});
    EXPECT_EQ(last.epochs_done, 1);
    EXPECT_GE(last.seconds_left, 0);
}

TEST(SweepProgress, ExpectsOfHalvingWhatItsRungsPromote) {
    SweepConfig config;
    config.scheduler = "halving";
    config.trials = 50;
    config.n_folds = 2;
    config.epochs = 40;
    Study before;
    before.trials.resize(1);
    before.trials[0].folds = {std::vector<EpochResult>(5), std::vector<EpochResult>(3)};
    SweepProgress last;
    const SweepCallbacks callbacks = keep_in(last);
    ProgressTracker tracker(config, before, callbacks);
    tracker.epoch_done();
    EXPECT_EQ(last.epochs, 50 * 2 * (5 + 15 / 4.0 + 20 / 16.0) + 40);
    EXPECT_EQ(last.epochs_done, 8 + 1) << "what an earlier run trained is done";
    tracker.begin_refit(40);
    EXPECT_TRUE(last.refitting);
    EXPECT_EQ(last.epochs, 9 + 40);
}

// Rungs promote at least one trial and races may stop nobody: the estimate can be too low.
TEST(SweepProgress, IsNotDoneBeforeTheRefitWhateverTheSearchTakes) {
    SweepConfig config;
    config.scheduler = "fixed";
    config.trials = 1;
    config.n_folds = 2;
    config.epochs = 3;
    SweepProgress last;
    const SweepCallbacks callbacks = keep_in(last);
    ProgressTracker tracker(config, {}, callbacks);
    for (int epoch = 1; epoch <= 8; ++epoch)
        tracker.epoch_done();
    EXPECT_EQ(last.epochs_done, 8);
    EXPECT_EQ(last.epochs, 8 + 3);
    tracker.begin_refit(3);
    for (int epoch = 1; epoch <= 3; ++epoch)
        tracker.epoch_done();
    EXPECT_EQ(last.epochs, last.epochs_done);
}

}  // namespace
}  // namespace manygpcm::search
