// How values lie to those that they should equal, by hand.
#include "manygpcm/engine/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manygpcm {
namespace {

TEST(Likeness, TellsALineFromTheSameValues) {
    const std::vector<double> x = {-2, -1, 0, 1, 2};
    const Likeness half = likeness(x, {-1, -0.5, 0, 0.5, 1});
    EXPECT_NEAR(half.r, 1, 1e-12);
    EXPECT_NEAR(half.slope, 0.5, 1e-12);
    EXPECT_NEAR(half.slope_error, 0, 1e-7);
    EXPECT_NEAR(half.bias, 0, 1e-12);
    EXPECT_NEAR(half.rmsd, std::sqrt(2.5 / 5), 1e-12);
    EXPECT_NEAR(likeness(x, {-1, 0, 1, 2, 3}).bias, 1, 1e-12);
    // Residuals 0.2, -0.5, 0.8, -0.9, 0.4 about 1 + 0.9 x, of three degrees of freedom.
    const Likeness about = likeness(x, {-0.6, -0.4, 1.8, 1, 3.2});
    EXPECT_NEAR(about.slope, 0.9, 1e-12);
    EXPECT_NEAR(about.slope_error, std::sqrt(1.9 / 3 / 10), 1e-12);
}

TEST(Likeness, IsUndefinedWhereNothingVaries) {
    EXPECT_TRUE(std::isnan(likeness({}, {}).rmsd));
    const Likeness constant = likeness({1, 1, 1}, {1, 2, 3});
    EXPECT_TRUE(std::isnan(constant.r) && std::isnan(constant.slope));
    EXPECT_NEAR(constant.bias, 1, 1e-12);
    EXPECT_TRUE(std::isnan(likeness({1, 2}, {1, 2}).slope_error));
}

}  // namespace
}  // namespace manygpcm
