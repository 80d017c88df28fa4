// Reads what the pictures show out of an analysis.
#include "plotted_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace manygpcm {
namespace {

using nlohmann::json;

PlottedParameter parameter_from(const json& entry) {
    PlottedParameter parameter{.name = entry.at("name"), .categories = {}};
    if (entry.at("kind") == "choice") {
        for (const json& choice : entry.at("choices"))
            parameter.categories.push_back(value_label(choice));
        parameter.high = static_cast<double>(parameter.categories.size()) - 1;
    } else {
        parameter.low = entry.at("low");
        parameter.high = entry.at("high");
        parameter.log = entry.at("log");
        parameter.integer = entry.at("kind") == "integer";
    }
    return parameter;
}

// Quarters by rank: with n trials the best ceil(n/4) are the first.
void rank_into_quarters(std::vector<PlottedTrial>& trials) {
    std::vector<PlottedTrial*> ranked;
    for (PlottedTrial& trial : trials)
        if (!std::isnan(trial.compared)) ranked.push_back(&trial);
    std::ranges::stable_sort(ranked, std::greater(), &PlottedTrial::compared);
    for (std::size_t rank = 0; rank < ranked.size(); ++rank)
        ranked[rank]->quarter = static_cast<int>(4 * rank / ranked.size());
}

// Mean of the first folds' scores after so many epochs; NaN where a score or loss is missing.
double score_at(const json& trial, std::size_t epochs, std::size_t folds) {
    const json& fold_scores = trial.at("fold_scores_by_epoch");
    const json& fold_losses = trial.at("fold_losses_by_epoch");
    double sum = 0;
    if (folds == 0 || epochs == 0 || fold_scores.size() < folds) return NAN;
    for (std::size_t fold = 0; fold < folds; ++fold) {
        const json& scores = fold_scores.at(fold);
        if (scores.size() < epochs || scores.at(epochs - 1).is_null()) return NAN;
        const json& loss = fold_losses.at(fold).at(epochs - 1);
        if (loss.is_null() || !std::isfinite(loss.get<double>())) return NAN;
        sum += scores.at(epochs - 1).get<double>();
    }
    return sum / static_cast<double>(folds);
}

std::string with(const std::string& score, const std::string& fidelity) {
    return fidelity.empty() ? score : score + '\n' + fidelity;
}

void describe_scores(PlottedStudy& study, const json& analysis) {
    const auto objective = analysis.at("objective").get<std::string>();
    study.score = fmt::format("Score ({})", objective == "qwk" ? "QWK" : objective);
    const json& comparable = analysis.at("comparable");
    study.compared_epochs = comparable.at("epochs");
    const int folds = analysis.at("settings").at("folds"), compared_folds = comparable.at("folds");
    if (analysis.at("foreign")) {
        const json& trials = analysis.at("trials");
        if (!std::ranges::all_of(trials, [&](const json& trial) {
                return trial.at("epochs") == study.compared_epochs;
            }))
            study.compared_at = fmt::format("reported value {}", study.compared_epochs);
    } else {
        study.full = fmt::format("mean of {} folds after epoch {}", folds,
                                 analysis.at("settings").at("epochs").get<int>());
        if (study.compared_epochs > 0)
            study.compared_at = fmt::format(
                "{} after epoch {}",
                compared_folds == folds ? fmt::format("mean of {} folds", folds)
                : compared_folds == 1   ? "fold 1"
                                        : fmt::format("mean of folds 1 to {}", compared_folds),
                study.compared_epochs);
    }
    study.full_title = with(study.score, study.full);
    study.compared_title = with(study.score, study.compared_at);
}

}  // namespace

std::string value_label(const json& value) {
    return value.is_string() ? value.get<std::string>()
                             : fmt::format("{:.4g}", value.get<double>());
}

double PlottedParameter::position(const json& value) const {
    const auto position =
        categorical() ? static_cast<double>(std::ranges::find(categories, value_label(value)) -
                                            categories.begin())
                      : value.get<double>();
    return position >= low && position <= high ? position
                                               : std::numeric_limits<double>::quiet_NaN();
}

double PlottedParameter::fraction(double position) const {
    if (high <= low) return 0.5;
    return log ? std::log(position / low) / std::log(high / low) : (position - low) / (high - low);
}

bool PlottedTrial::has(std::size_t parameter) const {
    return !std::isnan(positions[parameter]);
}

std::vector<PlottedTrial> PlottedStudy::successful() const {
    std::vector<PlottedTrial> chosen;
    std::ranges::copy_if(trials, std::back_inserter(chosen), &PlottedTrial::successful);
    return chosen;
}

std::vector<PlottedTrial> PlottedStudy::compared() const {
    std::vector<PlottedTrial> chosen;
    for (const PlottedTrial& trial : trials)
        if (!std::isnan(trial.compared)) chosen.push_back(trial);
    return chosen;
}

const PlottedTrial* PlottedStudy::best() const {
    const PlottedTrial* best = nullptr;
    for (const PlottedTrial& trial : trials)
        if (trial.successful && (best == nullptr || trial.score > best->score)) best = &trial;
    return best;
}

double PlottedStudy::best_quarter_fraction(std::size_t parameter) const {
    std::vector<double> fractions;
    for (const PlottedTrial& trial : trials)
        if (!std::isnan(trial.compared) && trial.quarter == 0 && trial.has(parameter))
            fractions.push_back(parameters[parameter].fraction(trial.positions[parameter]));
    if (fractions.empty()) return std::numeric_limits<double>::quiet_NaN();
    return std::accumulate(fractions.begin(), fractions.end(), 0.0) /
           static_cast<double>(fractions.size());
}

PlottedStudy plotted_study(const json& analysis) {
    PlottedStudy study;
    for (const json& entry : analysis.at("space"))
        study.parameters.push_back(parameter_from(entry));
    describe_scores(study, analysis);
    const json& comparable = analysis.at("comparable");
    for (const json& entry : analysis.at("trials")) {
        PlottedTrial trial{.number = entry.at("trial"),
                           .successful = entry.at("successful"),
                           .state = entry.at("state"),
                           .seconds = entry.at("seconds"),
                           .positions = {}};
        if (trial.successful) trial.score = entry.at("score");
        trial.compared = score_at(entry, comparable.at("epochs"), comparable.at("folds"));
        for (const PlottedParameter& parameter : study.parameters)
            trial.positions.push_back(
                parameter.position(entry.at("parameters").at(parameter.name)));
        study.trials.push_back(std::move(trial));
    }
    rank_into_quarters(study.trials);
    return study;
}

}  // namespace manygpcm
