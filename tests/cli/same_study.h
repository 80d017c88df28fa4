// What two runs of a sweep are to have alike.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "manygpcm/search/study.h"

namespace manygpcm::cli_test {

/// All that a sweep is to end with: all but times and what produced it.
inline void expect_same(const search::Study& a, const search::Study& b) {
    ASSERT_EQ(a.trials.size(), b.trials.size());
    for (std::size_t i = 0; i < a.trials.size(); ++i) {
        EXPECT_EQ(a.trials[i].state, b.trials[i].state) << i;
        EXPECT_EQ(a.trials[i].point, b.trials[i].point) << i;
        ASSERT_EQ(a.trials[i].folds.size(), b.trials[i].folds.size());
        for (std::size_t fold = 0; fold < a.trials[i].folds.size(); ++fold) {
            const auto &one = a.trials[i].folds[fold], &other = b.trials[i].folds[fold];
            ASSERT_EQ(one.size(), other.size()) << i << " " << fold;
            for (std::size_t epoch = 0; epoch < one.size(); ++epoch) {
                EXPECT_EQ(one[epoch].validation.scalars(), other[epoch].validation.scalars());
            }
        }
    }
    ASSERT_TRUE(a.best() && b.best());
    EXPECT_EQ(a.best()->number, b.best()->number);
    ASSERT_TRUE(a.winner && b.winner);
    EXPECT_EQ(a.winner->metrics.scalars(), b.winner->metrics.scalars());
}

}  // namespace manygpcm::cli_test
