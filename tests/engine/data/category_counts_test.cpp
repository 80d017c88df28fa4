// Which thresholds the answers tell of: those between two categories that both occurred.
#include "manygpcm/engine/category_counts.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manygpcm {
namespace {

using Counts = std::vector<std::int64_t>;

TEST(CategoryCounts, AreThoseOfTheLearnersAskedFor) {
    const std::vector<Learner> learners = {
        {"0", {0, 1, 0}, {2, 0, 2}}, {"1", {1}, {1}}, {"2", {0}, {1}}};
    EXPECT_EQ(count_categories({learners, 3, 3}, std::vector{0, 2}),
              (Counts{0, 1, 2, 1, 0, 0, 0, 0, 0}));
}

TEST(CategoryCounts, BlankThresholdsOfCategoriesThatNeverOccurred) {
    // All; all but the last; all but one within; none.
    const Counts counts = {1, 2, 3, 4, 1, 2, 3, 0, 1, 0, 3, 4, 0, 0, 0, 0};
    std::vector<float> thresholds(12, 0.5F);
    blank_unidentified(counts, 4, std::span(thresholds));
    std::vector<bool> blank;
    for (const float threshold : thresholds)
        blank.push_back(std::isnan(threshold));
    const bool o = false, x = true;
    EXPECT_EQ(blank, (std::vector<bool>{o, o, o, o, o, x, x, x, o, x, x, x}));
    std::vector<double> unknown = {0.5};
    blank_unidentified({}, 2, std::span(unknown));
    EXPECT_EQ(unknown[0], 0.5);
}

}  // namespace
}  // namespace manygpcm
