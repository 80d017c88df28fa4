// How numbers are written.
#include "output.h"

#include <gtest/gtest.h>

#include <limits>

namespace manygpcm::cli {
namespace {

TEST(NumberField, IsNeitherInfNorNan) {
    EXPECT_EQ(number_field(1.23456, 8, 4), "  1.2346");
    EXPECT_EQ(number_field(-1, 0, 1), "-1.0");
    EXPECT_EQ(number_field(std::numeric_limits<double>::infinity(), 8, 4), "       -");
    EXPECT_EQ(number_field(std::numeric_limits<double>::quiet_NaN(), 0, 4), "-");
}

}  // namespace
}  // namespace manygpcm::cli
