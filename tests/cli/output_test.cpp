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

TEST(WithStreamsNamed, LeavesOtherPathsAsTheyAre) {
    EXPECT_EQ(with_streams_named("/dev/stdin:3: no score"), "standard input:3: no score");
    EXPECT_EQ(with_streams_named("12 questions\n/dev/stdout\n"), "12 questions\nstandard output\n");
    for (const char* other : {"/dev/stdin.csv", "a/dev/stdout", "/dev/stdout2", "/dev/stderr"})
        EXPECT_EQ(with_streams_named(other), other);
}

}  // namespace
}  // namespace manygpcm::cli
