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

void take_correlations(std::vector<PlottedParameter>& parameters, const json& correlations) {
    for (const json& entry : correlations) {
        const json &pearson = entry.at("pearson"), &low = pearson.at("low");
        if (low.is_null() || std::isnan(low.get<double>())) continue;
        const auto name = entry.at("name").get<std::string>();
        std::ranges::find(parameters, name, &PlottedParameter::name)->correlation =
            pearson.at("value");
    }
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

void describe_scores(PlottedStudy& study, const json& titles) {
    study.score = titles.at("name").get<std::string>();
    study.full_title = titles.at("full").get<std::string>();
    study.compared_title = titles.at("compared").get<std::string>();
    // The second line.
    if (study.compared_title != study.score)
        study.compared_at = study.compared_title.substr(study.score.size() + 1);
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
    take_correlations(study.parameters, analysis.at("parameter_correlations"));
    describe_scores(study, analysis.at("score_titles"));
    for (const json& entry : analysis.at("trials")) {
        PlottedTrial trial{.number = entry.at("trial"),
                           .successful = entry.at("successful"),
                           .state = entry.at("state"),
                           .seconds = entry.at("seconds"),
                           .positions = {}};
        if (trial.successful) trial.score = entry.at("score");
        const json& compared = entry.at("compared_score");
        trial.compared =
            compared.is_null() ? std::numeric_limits<double>::quiet_NaN() : compared.get<double>();
        for (const PlottedParameter& parameter : study.parameters)
            trial.positions.push_back(
                parameter.position(entry.at("parameters").at(parameter.name)));
        study.trials.push_back(std::move(trial));
    }
    rank_into_quarters(study.trials);
    return study;
}

}  // namespace manygpcm
