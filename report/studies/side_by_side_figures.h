// What is compared of several studies, and whether that is fair.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "figures/comparable_trials.h"
#include "manygpcm/report/side_by_side.h"

namespace manygpcm::report {

/// How a search got on: its best score so far after each of its trials that has ended, in the order
/// asked. What a trial was trained counts whole at its place, though schedulers train in turns.
struct Progress {
    std::vector<double> trials;  ///< how many had ended
    std::vector<double> spent;   ///< on all trials so far: epochs of a fold
    std::vector<double> best;    ///< NaN before the first
};

struct SideBySide {
    const std::vector<NamedStudy>* studies = nullptr;
    // [study]
    std::vector<const search::Trial*> best;  ///< null where no trial was trained fully
    std::vector<Progress> progress;
    /// The trials after the training that most trials of every study had.
    std::vector<ComparableTrials> alike;
    /// What the best trial scores above the first study's best on the same folds, after equal
    /// training: mean and interval_over_folds(). None for the first, and where the two aren't
    /// equal.
    std::vector<std::optional<double>> above_first;
    std::vector<std::optional<Interval>> above_first_interval;

    bool same_folds = false;   ///< the same learners, cut in the same way
    bool same_epochs = false;  ///< a full training has as many of them
    bool data_known = false;   ///< whether all have their data's fingerprint on record
    /// Settings that aren't the same in all: a name and [study] its values.
    std::vector<std::pair<std::string, std::vector<std::string>>> differences;
    /// Parameters that some study searched: a name and [study] the best trial's values.
    std::vector<std::pair<std::string, std::vector<std::string>>> parameters;

    const search::Study& first() const { return studies->front().study; }
    std::size_t n() const { return studies->size(); }
    /// The least that any study spent, and [study] the best score when it had spent that: NaN where
    /// no trial had been trained fully by then.
    double least_spent() const;
    std::vector<double> best_for_least_spent() const;
};

/// `studies` must outlive it. @throws InputError as side_by_side_markdown() does
SideBySide side_by_side(const std::vector<NamedStudy>& studies);

/// @param generated empty: now
std::string side_by_side_markdown(const SideBySide& figures, const std::string& generated,
                                  const std::vector<std::string>& pictures);

/// The picture of it, for gnuplot.
std::string side_by_side_plot(const SideBySide& figures);

}  // namespace manygpcm::report
