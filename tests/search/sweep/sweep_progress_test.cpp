// How far a sweep says it is.
#include "sweep/sweep_progress.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace manygpcm::search {
namespace {

class Progress : public testing::Test {
  protected:
    Progress() {
        config.scheduler = "fixed";
        config.patience = 0;
        callbacks.epoch = [this](const SweepProgress& state) {
            last = state;
            return true;
        };
    }
    ProgressTracker tracker(const Study& before = {}) {
        return {config, {.of_fold_epoch = [](const Point&) { return 1.0; }}, before, callbacks};
    }
    static EpochResult epoch(int number) {
        EpochResult result;
        result.epoch = number;
        result.seconds = 1;
        return result;
    }

    SweepConfig config;
    SweepCallbacks callbacks;
    SweepProgress last;
    int told = 0;
};

TEST_F(Progress, CountsTheEpochsOfTheLargestSweepTheProgramTakes) {
    config.trials = 100'000;
    config.n_folds = 1'000;
    config.epochs = 100'000;
    ProgressTracker largest = tracker();
    largest.epoch_done(Trial(), 0, epoch(1));
    EXPECT_EQ(last.trials, 100'000);
    EXPECT_EQ(last.epochs, std::int64_t{10'000'000'100'000});
    EXPECT_EQ(last.epochs_done, 1);
    EXPECT_GE(last.seconds_left, 0);
    EXPECT_LT(last.fraction, 1e-9);
}

TEST_F(Progress, IsMadeByEarlierRunsToo) {
    config.trials = 2;
    config.n_folds = 2;
    config.epochs = 8;
    Study before;
    before.trials.resize(1);
    before.trials[0].folds = {std::vector<EpochResult>(8), std::vector<EpochResult>(3)};
    ProgressTracker resumed = tracker(before);
    resumed.epoch_done(before.trials[0], 1, epoch(4));
    EXPECT_EQ(last.epochs_done, 12) << "what an earlier run trained is done";
    EXPECT_EQ(last.epochs_before, 11);
    EXPECT_EQ(last.epochs, 2 * 2 * 8 + 8);
    EXPECT_GT(last.fraction, 0);
}

TEST_F(Progress, SaysWhereASearchStandsThatGoesOnBeforeItsNextEpoch) {
    config.trials = 2;
    config.n_folds = 2;
    config.epochs = 8;
    config.jobs = 2;
    callbacks.epoch = [this](const SweepProgress& state) {
        last = state;
        ++told;
        return true;
    };
    Study before;
    before.trials.resize(1);
    before.trials[0].folds.assign(2, std::vector<EpochResult>(8, epoch(1)));
    ProgressTracker resumed = tracker(before);
    EXPECT_EQ(told, 0) << "as long as nothing is trained";
    resumed.begin_training();
    resumed.begin_training();
    EXPECT_EQ(told, 1);
    EXPECT_EQ(last.epochs_done, 16);
    EXPECT_EQ(last.epochs, 2 * 2 * 8 + 8);
    // A second an epoch, as before: 16 on two threads and the refit's 8 alone, beside the 8 s that
    // the others took on two threads.
    EXPECT_NEAR(last.seconds_left, 16 / 2 + 8, 0.1);
    EXPECT_NEAR(last.fraction, 8.0 / (8 + 16), 0.01);
    // One that begins has nothing to say before its first epoch.
    told = 0;
    ProgressTracker fresh = tracker();
    fresh.begin_training();
    EXPECT_EQ(told, 0);
}

TEST_F(Progress, EndsWithTheRefitAndTheScores) {
    config.trials = 1;
    config.n_folds = 1;
    config.epochs = 3;
    ProgressTracker sweep = tracker();
    for (int number = 1; number <= 3; ++number)
        sweep.epoch_done(Trial(), 0, epoch(number));
    EXPECT_EQ(last.epochs, 3 + 3);
    EXPECT_GT(last.seconds_left, 0) << "the refit's";
    sweep.begin_refit(3);
    EXPECT_TRUE(last.refitting);
    EXPECT_EQ(last.epochs, 3 + 3);
    for (int number = 1; number <= 3; ++number)
        sweep.refit_epoch_done();
    EXPECT_EQ(last.epochs, last.epochs_done);
    sweep.scoring({.fraction = 0.25, .seconds_left = 1000});
    EXPECT_TRUE(last.scoring);
    EXPECT_EQ(last.seconds_left, 1000);
    const double fraction = last.fraction;
    EXPECT_LT(fraction, 0.01) << "of the whole sweep, which took an instant so far";
    sweep.scoring({.fraction = 0.5, .seconds_left = 1});
    EXPECT_EQ(last.seconds_left, 1);
    EXPECT_GT(last.fraction, fraction);
    EXPECT_EQ(last.epochs_done, 6);
    sweep.end();
    EXPECT_TRUE(last.over);
    EXPECT_EQ(last.seconds_left, 0);
    EXPECT_EQ(last.fraction, 1);
}

}  // namespace
}  // namespace manygpcm::search
