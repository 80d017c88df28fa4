// What a sweep says while no epoch ends: the bar goes on by the clock, but never to the end.
#include "between_epochs.h"

#include <gtest/gtest.h>

namespace manygpcm::cli {
namespace {

TEST(BetweenEpochs, TheTimeGoesByThatWasLeft) {
    search::SweepProgress told;
    told.fraction = 0.5;
    told.seconds_left = 100;
    told.soonest_left = 30;
    told.latest_left = 150;
    told.epochs_done = 7;
    const search::SweepProgress later = between_epochs(told, 20);
    EXPECT_DOUBLE_EQ(later.seconds_left, 80);
    EXPECT_DOUBLE_EQ(later.fraction, 0.6);
    EXPECT_EQ(later.epochs_done, 7);
    EXPECT_DOUBLE_EQ(later.soonest_left, 15);
    EXPECT_DOUBLE_EQ(later.latest_left, 130);
    // However long the epoch takes, half of it is left.
    EXPECT_DOUBLE_EQ(between_epochs(told, 1000).seconds_left, 50);
    EXPECT_DOUBLE_EQ(between_epochs(told, 1000).fraction, 0.75);
}

TEST(BetweenEpochs, NothingIsSaidOfTimeThatNobodyKnows) {
    search::SweepProgress told;
    told.fraction = 0.25;
    EXPECT_EQ(between_epochs(told, 20).seconds_left, 0);
    EXPECT_EQ(between_epochs(told, 20).fraction, 0.25);
}

}  // namespace
}  // namespace manygpcm::cli
