// Every trial as it went; printed are those that failed, and why.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>

#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

// Why a trial failed: what is on record, or what its epochs say. Empty for one that didn't fail,
// and where nothing is known, as of a trial of Optuna's.
std::string failure_of(const search::Study& study, const search::Trial& trial) {
    if (outcome(trial) != search::TrialState::failed) return "";
    if (!trial.failure.empty() || study.foreign) return trial.failure;
    return trial.why_failed();
}

// Trials that failed for the same reason.
struct FailedTrials {
    std::string reason;
    std::vector<int> trials;  // numbers, from 1
};

// By reason, in the order of the first trial of each; those of no known reason are left out.
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

// Seconds from one point in time to another; null where one of the two isn't known.
json seconds_between(const std::optional<double>& from, const std::optional<double>& to) {
    return from && to ? json(*to - *from) : json(nullptr);
}

json trials_list(const Findings& f) {
    constexpr const char* states[] = {"running", "complete", "pruned", "failed", "waiting"};
    std::vector<json> compared_scores(f.study->trials.size());
    for (std::size_t i = 0; i < f.comparable.positions.size(); ++i)
        compared_scores[f.comparable.positions[i]] = f.comparable.scores[i];
    std::optional<double> first;  // when the search began
    for (const search::Trial& trial : f.study->trials)
        if (trial.began && (!first || *trial.began < *first)) first = trial.began;
    json list = json::array();
    for (std::size_t i = 0; i < f.study->trials.size(); ++i) {
        const search::Trial& trial = f.study->trials[i];
        json scores = json::array(), losses = json::array();
        for (const auto& fold : trial.folds) {
            json of_fold = json::array(), loss_of_fold = json::array();
            for (const EpochResult& epoch : fold) {
                of_fold.push_back(trial.score_of(epoch));
                loss_of_fold.push_back(epoch.train_loss);
            }
            scores.push_back(of_fold);
            losses.push_back(loss_of_fold);
        }
        const std::string failure = failure_of(*f.study, trial);
        list.push_back({{"trial", trial.number + 1},
                        {"state", states[static_cast<int>(outcome(trial))]},
                        {"failure", failure.empty() ? json(nullptr) : json(failure)},
                        {"successful", trial.full()},
                        {"score", trial.score()},
                        {"compared_score", compared_scores[i]},
                        {"cv_std", trial.cv_std()},
                        {"seconds", trial.seconds()},
                        {"began", seconds_between(first, trial.began)},
                        {"ended", seconds_between(first, trial.ended)},
                        {"skipped_steps", trial.skipped_steps()},
                        {"parameters", point_json(f.study->space, trial.point)},
                        {"epochs", trial.epochs_trained()},
                        {"folds", trial.folds_trained()},
                        {"fold_scores_by_epoch", scores},
                        {"fold_losses_by_epoch", f.study->foreign ? json(nullptr) : losses}});
    }
    return list;
}

}  // namespace

std::string trials_markdown(const Findings& f) {
    constexpr std::size_t most_numbers = 20;  // in a cell
    Rows rows;
    for (const FailedTrials& group : failed_trials(*f.study)) {
        const std::span all(group.trials);
        std::string numbers =
            fmt::format("{}", fmt::join(all.first(std::min(all.size(), most_numbers)), ", "));
        if (all.size() > most_numbers)
            numbers += fmt::format(" and {} more", all.size() - most_numbers);
        rows.push_back({markdown_text(group.reason), numbers});
    }
    if (rows.empty()) return "";
    return markdown_heading("Failed Trials") + markdown_table({"Why", "Trials"}, rows);
}

void trials_json(const Findings& f, json& analysis) {
    analysis["trials"] = trials_list(f);
}

}  // namespace manygpcm::report
