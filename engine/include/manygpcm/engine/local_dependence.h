// Local dependence: pairs of questions whose answers go together beyond what ability explains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace manygpcm {

/// Residuals of learners' first responses to questions, response less expected score: by learner,
/// (question, residual) ascending by question.
using Residuals = std::vector<std::vector<std::pair<std::int32_t, float>>>;

struct QuestionPair {
    std::int32_t first = 0, second = 0;
    std::int64_t learners = 0;  ///< who answered both
    double q3 = 0;              ///< Pearson's r of their residuals (Yen 1984)
};

struct LocalDependence {
    std::vector<QuestionPair> largest;  ///< by |q3|, down
    std::int64_t pairs = 0;             ///< that have enough learners in common
    double mean = 0;                    ///< of q3 over those; NaN without any
    std::int64_t beyond = 0;            ///< of those, |q3| above q3_of_note
    double by_chance = 0;               ///< how many would be where no two depend, by Fisher's z
    /// What was looked at: all, but where that were too much the questions with most answers and
    /// the first learners.
    std::int64_t questions = 0, learners = 0;
};

/// A usual critical value of |Q3| (Christensen, Makransky and Horton 2017, who review it).
inline constexpr double q3_of_note = 0.2;

/// Fewest learners in common: of so many, an r of 0 is beyond 0.2 by chance in 5% of cases.
inline constexpr std::int64_t fewest_in_common = 100;

/// What is looked at, at most: 60 MB of sums, and a second's worth of them.
struct Q3Limits {
    std::size_t questions = 1500;
    std::int64_t terms = 300'000'000;  ///< pairs of a learner's responses
};

/// @param most pairs that are listed
LocalDependence largest_q3(const Residuals& residuals, std::size_t n_questions, std::size_t most,
                           const Q3Limits& limits = {});

/// Of one pair; NaN for fewer than two learners in common, or where one doesn't vary.
QuestionPair q3_of(const Residuals& residuals, std::int32_t first, std::int32_t second);

}  // namespace manygpcm
