// What a line of progress says of the time that is left.
#include "time_left.h"

#include <gtest/gtest.h>

namespace manygpcm::cli {
namespace {

TEST(TimeLeft, IsARangeWherePatienceMayEndIt) {
    EXPECT_EQ(time_left(100, 50, 200), "50 s to 3 min 20 s left");
    EXPECT_EQ(time_left(100, 95, 110), "1 min 40 s left");
    EXPECT_EQ(time_left(0, 0, 0), "0 s left");
}

}  // namespace
}  // namespace manygpcm::cli
