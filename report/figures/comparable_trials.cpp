// Tries every fidelity at which some trial ended; of a foreign study, looks at the values.
#include "figures/comparable_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace manygpcm::report {
namespace {

// [folds - 1] epochs that each of the first so many folds has: races leave later folds untrained.
std::vector<int> epochs_on_first_folds(const search::Trial& trial) {
    std::vector<int> epochs;
    for (const auto& fold : trial.folds) {
        const auto n = static_cast<int>(fold.size());
        epochs.push_back(epochs.empty() ? n : std::min(n, epochs.back()));
    }
    return epochs;
}

// NaN where the trial didn't get so far, or not in good order.
double score_at(const search::Trial& trial, int epochs, int folds) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<int> trained = epochs_on_first_folds(trial);
    if (epochs < 1 || static_cast<int>(trained.size()) < folds ||
        trained[static_cast<std::size_t>(folds - 1)] < epochs)
        return nan;
    double sum = 0;
    for (int fold = 0; fold < folds; ++fold) {
        const EpochResult& epoch =
            trial.folds[static_cast<std::size_t>(fold)][static_cast<std::size_t>(epochs - 1)];
        if (!std::isfinite(epoch.train_loss)) return nan;
        sum += trial.score_of(epoch);
    }
    return sum / folds;
}

bool holds(const search::Space& space, const search::Point& point) {
    return std::ranges::all_of(space.parameters(), [&](const search::Parameter& parameter) {
        const auto value = point.find(parameter.name);
        if (value == point.end()) return false;
        return parameter.kind == search::Parameter::Kind::choice ||
               (value->second >= parameter.low && value->second <= parameter.high);
    });
}

// How long a foreign trial went on, and what it reported meanwhile, says nothing of its value.
ComparableTrials by_value(const search::Study& study) {
    ComparableTrials found;
    for (std::size_t i = 0; i < study.trials.size(); ++i) {
        const search::Trial& trial = study.trials[i];
        if (!trial.full() || !holds(study.space, trial.point)) continue;
        found.positions.push_back(i);
        found.scores.push_back(trial.score());
    }
    return found;
}

}  // namespace

ComparableTrials trials_at(const search::Study& study, int epochs, int folds) {
    ComparableTrials found{.epochs = epochs, .folds = folds, .positions = {}, .scores = {}};
    for (std::size_t i = 0; i < study.trials.size(); ++i) {
        const double score = score_at(study.trials[i], epochs, folds);
        if (!std::isfinite(score)) continue;
        found.positions.push_back(i);
        found.scores.push_back(score);
    }
    return found;
}

ComparableTrials comparable_trials(const search::Study& study, int wanted) {
    if (study.foreign) return by_value(study);
    std::set<std::pair<int, int>> fidelities;
    for (const search::Trial& trial : study.trials) {
        const std::vector<int> trained = epochs_on_first_folds(trial);
        for (std::size_t i = 0; i < trained.size(); ++i)
            if (trained[i] > 0) fidelities.insert({trained[i], static_cast<int>(i) + 1});
    }
    std::vector<std::pair<int, int>> downwards(fidelities.begin(), fidelities.end());
    std::ranges::stable_sort(downwards, [](const auto& a, const auto& b) {
        return a.first * a.second > b.first * b.second;
    });
    ComparableTrials most;
    for (const auto& [epochs, folds] : downwards) {
        ComparableTrials found = trials_at(study, epochs, folds);
        if (static_cast<int>(found.positions.size()) >= wanted) return found;
        if (found.positions.size() > most.positions.size()) most = std::move(found);
    }
    return most;
}

}  // namespace manygpcm::report
