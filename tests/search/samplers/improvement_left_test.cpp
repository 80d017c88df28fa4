// What more trials promise: much on a slope that goes on, little on a top that is well known.
#include "manygpcm/search/improvement_left.h"

#include <gtest/gtest.h>

#include <vector>

namespace manygpcm::search {
namespace {

Space line() {
    return Space({{.name = "lr", .low = 0, .high = 1, .choices = {}}});
}

TEST(ImprovementLeft, IsLargeWhereTheBestLiesAhead) {
    std::vector<Observation> slope, top;
    for (int i = 0; i < 20; ++i) {
        const double far = i / 40.0, all = i / 19.0;
        slope.push_back({{{"lr", far}}, far, 1});
        top.push_back({{{"lr", all}}, -(all - 0.5) * (all - 0.5), 1});
    }
    const auto ahead = improvement_left(line(), slope, 42),
               reached = improvement_left(line(), top, 42);
    ASSERT_TRUE(ahead && reached);
    EXPECT_GT(ahead->next_trial, 0.1);  // up to 0.5 lies ahead
    EXPECT_LT(reached->next_trial, 0.005);
    EXPECT_EQ(ahead->trials, 20);
    EXPECT_EQ(improvement_left(line(), slope, 42)->next_trial, ahead->next_trial);
}

TEST(ImprovementLeft, IsUnknownFromFewTrialsOrEqualScores) {
    const std::vector<Observation> few(9, {{{"lr", 0.5}}, 1, 1});
    EXPECT_FALSE(improvement_left(line(), few, 42));
    const std::vector<Observation> equal(20, {{{"lr", 0.5}}, 1, 1});
    EXPECT_FALSE(improvement_left(line(), equal, 42));
}

}  // namespace
}  // namespace manygpcm::search
