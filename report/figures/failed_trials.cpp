#include "figures/failed_trials.h"

#include <algorithm>

#include "figures/findings.h"

namespace manygpcm::report {

std::string failure_of(const search::Study& study, const search::Trial& trial) {
    if (outcome(trial) != search::TrialState::failed) return "";
    if (!trial.failure.empty() || study.foreign) return trial.failure;
    return trial.why_failed();
}

std::vector<FailedTrials> failed_trials(const search::Study& study) {
    std::vector<FailedTrials> groups;
    for (const search::Trial& trial : study.trials) {
        const std::string reason = failure_of(study, trial);
        if (reason.empty()) continue;
        const auto known = std::ranges::find(groups, reason, &FailedTrials::reason);
        FailedTrials& group =
            known == groups.end() ? groups.emplace_back(FailedTrials{reason, {}}) : *known;
        group.trials.push_back(trial.number + 1);
    }
    return groups;
}

}  // namespace manygpcm::report
