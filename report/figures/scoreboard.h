// Who was scored on the same responses, with what may be said of it: intervals no wider than a
// metric can be, and none from too few learners or folds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "figures/comparison.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// Two folds leave Student's t one degree of freedom, a distribution without a mean or a variance,
/// and each is trained on what the other is scored on.
inline constexpr int fewest_folds = 3;

/// Whether the winner is the classical GPCM itself, which is fitted, not trained, and needs no
/// comparison with it.
bool winner_is_classical(const search::Study& study);

/// Whether differences over the study's folds may decide anything.
bool folds_decide(const search::Study& study);

/// fold_interval(), where the folds may decide.
std::optional<Interval> interval_over_folds(const search::Study& study,
                                            std::span<const double> differences);

struct Scoreboard {
    std::optional<search::ScoredPredictor> winner, folds_average, ceiling;
    std::vector<search::ScoredPredictor> baselines;
    bool sure = false;             ///< whether anything may be said of differences
    const Metric* lead = nullptr;  ///< leading_metric(); null of a foreign study
    /// Of the winner with each baseline; empty where that isn't sure, or wasn't measured.
    std::vector<Comparison> comparisons = {};
    std::optional<Comparison> with_ceiling = {};

    /// Winner, average of folds, baselines and ceiling, as far as there are any.
    std::vector<const search::ScoredPredictor*> all() const;
};

/// @param best null where no trial was trained fully
Scoreboard scored_in_cross_validation(const search::Study& study, const search::Trial* best);
Scoreboard scored_on_held_out(const search::Study& study);

/// The category that is all a predictor ever predicts, if that is so.
std::optional<int> only_category(const Metrics& metrics);

}  // namespace manygpcm::report
