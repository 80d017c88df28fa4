// Numbers in JSON that anybody may have written.
#include "manygpcm/engine/detail/json_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace manygpcm {
namespace {

using nlohmann::json;

TEST(JsonNumbers, TakesWholeNumbersThatFit) {
    EXPECT_EQ(whole_number_in<int>(json::parse("2147483647")), 2147483647);
    EXPECT_EQ(whole_number_in<int>(json::parse("-3")), -3);
    EXPECT_EQ(whole_number_in<int>(json::parse("0"), 0), 0);
    EXPECT_EQ(whole_number_in<std::uint64_t>(json::parse("18446744073709551615")),
              18446744073709551615U);
}

TEST(JsonNumbers, RefusesOthersByTheirText) {
    for (const std::string text :
         {"2147483648", "4294967296", "18446744073709551615", "-1", "1.0", "1e+300", "null", "true",
          "\"1\"", "[1]", "\"a text of which the end would be of no use to anybody\""}) {
        try {
            whole_number_in<int>(json::parse(text), 0);
            ADD_FAILURE() << "took " << text;
        } catch (const std::invalid_argument& error) {
            const std::string shown = text.size() > 40 ? text.substr(0, 40) + "..." : text;
            EXPECT_EQ(error.what(), shown + ": isn't a whole number in range");
        }
    }
    EXPECT_THROW(whole_number_in<std::int64_t>(json::parse("9223372036854775808")),
                 std::invalid_argument);
    EXPECT_THROW(whole_number_in<std::uint64_t>(json::parse("-1")), std::invalid_argument);
}

TEST(JsonNumbers, TakesWhatIsNotFinite) {
    EXPECT_EQ(number_in(0.5), 0.5);
    EXPECT_TRUE(std::isnan(number_in(nullptr)));
    EXPECT_EQ(number_in("-Infinity"), -HUGE_VAL);
    EXPECT_THROW(number_in("inf"), std::invalid_argument);
}

}  // namespace
}  // namespace manygpcm
