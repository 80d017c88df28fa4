// Local dependence: pairs of questions whose answers go together beyond what ability explains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace manygpcm {

/// Residuals of a learner's first responses to questions, response less expected score: (question,
/// residual) ascending by question.
using Residuals = std::span<const std::pair<std::int32_t, float>>;

struct QuestionPair {
    std::int32_t first = 0, second = 0;
    std::int64_t learners = 0;  ///< who answered both
    double q3 = 0;              ///< Pearson's r of their residuals (Yen 1984)
};

struct LocalDependence {
    std::vector<QuestionPair> largest;  ///< by |q3|, down
    std::int64_t pairs = 0;             ///< that have enough learners in common
    double mean = 0;                    ///< of q3 over those; NaN without any
    /// Of those, as ResidualsAbout has it, and how many would be where no two depend, by Fisher's
    /// z.
    std::int64_t beyond = 0;
    double by_chance = 0;
    /// What was looked at: all, but where that were too much the questions with most answers and
    /// the first learners.
    std::vector<std::int32_t> questions;  ///< ascending
    std::int64_t learners = 0;
    std::vector<double> q3;  ///< of each question with those after it; as q3_of() has it

    /// Of two of the questions looked at, the lower first; NaN for fewer than two learners in
    /// common, or where one doesn't vary.
    double q3_of(std::int32_t first, std::int32_t second) const;
};

/// A usual critical value of Q3, above its mean (Christensen, Makransky and Horton 2017).
inline constexpr double q3_of_note = 0.2;

/// What residuals are about decides what r is where no two questions depend, and so which is of
/// note.
enum class ResidualsAbout {
    /// 0 on average: |r| above q3_of_note.
    prediction_before,
    /// The ability after all responses takes their part, so that r is below 0 on average, by about
    /// 1 / (questions - 1): r above the mean by more than q3_of_note.
    final_ability
};

/// Fewest learners in common: of so many, an r of 0 is beyond 0.2 by chance in 5% of cases.
inline constexpr std::int64_t fewest_in_common = 100;

/// What is looked at, at most: 54 MB of sums, and a second's worth of them.
struct Q3Limits {
    std::size_t questions = 1500;
    std::int64_t terms = 300'000'000;  ///< pairs of a learner's responses
};

/// Adds up what Q3 is made of, so that residuals needn't be held.
class ResidualPairs {
  public:
    /// @param answers  [Q] how many learners there are residuals of, by question
    explicit ResidualPairs(std::span<const std::int64_t> answers, const Q3Limits& limits = {});

    bool looks_at(std::int32_t question) const {
        return place_[static_cast<std::size_t>(question)] >= 0;
    }
    /// Whether no more learners are looked at.
    bool full() const { return terms_ > most_terms_; }
    /// Those of the next learner. What isn't looked at is passed over.
    void add(Residuals of_learner);

    /// @param most  pairs that are listed
    LocalDependence dependence(std::size_t most,
                               ResidualsAbout about = ResidualsAbout::prediction_before) const;

  private:
    struct Sums {
        double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;

        void add(double a, double b);
        double correlation() const;
    };

    std::vector<std::int32_t> questions_;  ///< looked at, ascending
    std::vector<std::int32_t> place_;      ///< [Q] in questions_; below 0: isn't looked at
    std::vector<Sums> sums_;               ///< [pair]
    std::int64_t most_terms_, terms_ = 0, learners_ = 0;
    std::vector<std::pair<std::size_t, double>> answered_;  ///< of one learner
};

}  // namespace manygpcm
