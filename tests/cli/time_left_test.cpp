// What a sweep's line of progress says of the time that is left.
#include "time_left.h"

#include <gtest/gtest.h>

namespace manygpcm::cli {
namespace {

TEST(TimeLeft, IsARangeWherePatienceMayEndTheSearch) {
    search::SweepProgress state;
    state.seconds_left = 100;
    state.soonest_left = 50;
    state.latest_left = 200;
    EXPECT_EQ(time_left(state), "50 s to 3 min 20 s left");
    state.soonest_left = 95;
    state.latest_left = 110;
    EXPECT_EQ(time_left(state), "1 min 40 s left");
    EXPECT_EQ(time_left({}), "0 s left");
}

}  // namespace
}  // namespace manygpcm::cli
