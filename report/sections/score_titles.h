// What the scores are that pictures and page show: the titles of their axes.
#pragma once

#include <string>

#include "figures/comparable_trials.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

struct ScoreTitles {
    std::string name;  ///< "Score (QWK)"
    /// The name and, in a second line, what a score is a mean of, after how much training: that of
    /// a trial trained fully, and that at which trials are compared. The name alone of a foreign
    /// study, and where no trial is compared.
    std::string full, compared;
    std::string compared_at;  ///< the second line of `compared`, or empty
};

ScoreTitles score_titles(const search::Study& study, const ComparableTrials& comparable);

}  // namespace manygpcm::report
