// Which trials may be compared with each other: those trained alike. A trial that went on longer
// was once where a shorter one stopped, so it is looked at there. Those of a foreign study are
// compared by their values.
#pragma once

#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// Trials at one fidelity.
struct ComparableTrials {
    int epochs = 0, folds = 0;           ///< 0 of a foreign study
    std::vector<std::size_t> positions;  ///< in Study::trials
    std::vector<double> scores;  ///< after `epochs` epochs, mean over the first `folds` folds
};

/// The trials of a study of ours that got so far, an epoch at least, with finite scores and losses.
ComparableTrials trials_at(const search::Study& study, int epochs, int folds);

/// The trials at the highest fidelity (epochs x folds) that at least `wanted` reached, or, where
/// none has so many, at the one that most reached, the highest among equals. Empty where no trial
/// has a finite score. Of a foreign study, all complete trials with a finite value and a point of
/// the space.
ComparableTrials comparable_trials(const search::Study& study, int wanted);

}  // namespace manygpcm::report
