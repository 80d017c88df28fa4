// Dates and times as texts.
#include "data/time_text.h"

#include <gtest/gtest.h>

namespace manygpcm {
namespace {

TEST(TimeText, IsSecondsSince1970) {
    EXPECT_EQ(parse_time("1970-01-01"), 0);
    EXPECT_EQ(parse_time("1970-01-02"), 86400);
    EXPECT_EQ(parse_time("1969-12-31T23:59:59"), -1);
    EXPECT_EQ(parse_time("2024-02-29"), 1709164800);
    EXPECT_EQ(parse_time(" 2024-05-01T09:30 "), 1714555800);
    EXPECT_EQ(parse_time("2024-05-01 09:30:15"), 1714555815);
    EXPECT_EQ(parse_time("2024-05-01T09:30:15.25Z"), 1714555815.25);
    EXPECT_EQ(parse_time("2024-05-01T09:30:15,25+00"), 1714555815.25);
    EXPECT_EQ(parse_time("2024-05-01T09:30:15+02:00"), 1714548615);
    EXPECT_EQ(parse_time("2024-05-01T09:30:15-0530"), 1714575615);
}

TEST(TimeText, IsNothingElse) {
    for (const char* text : {"",
                             "2024",
                             "2024-05",
                             "2024-13-01",
                             "2023-02-29",
                             "2024-05-01T",
                             "2024-05-01T9:30",
                             "2024-05-01T25:00",
                             "2024-05-01T09:61",
                             "2024-05-01T09:30:15x",
                             "2024-05-01T09:30+2",
                             "01.05.2024",
                             "99999999999-01-01T99999999999:00:00",
                             "-5-01-01T00:00:1e400",
                             "2024-01-01T00:00:00.1e400",
                             "2024-01-01T00:00:nan",
                             "05/01/2024",
                             "2024-05-01Z",
                             "1e5",
                             "2024-05-01T09:30:15+02:0"})
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace manygpcm
