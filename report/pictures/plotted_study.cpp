// Reads what the pictures show out of an analysis.
#include "pictures/plotted_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>

#include "figures/number_text.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

PlottedParameter parameter_from(const json& entry) {
    PlottedParameter parameter{.name = entry.at("name"), .categories = {}, .choices = {}};
    if (entry.at("kind") == "choice") {
        for (const json& choice : entry.at("choices"))
            parameter.categories.push_back(value_label(choice));
        parameter.choices = entry.at("choices").get<std::vector<json>>();
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
    std::map<std::string, PlottedParameter*> by_name;
    for (PlottedParameter& parameter : parameters)
        by_name[parameter.name] = &parameter;
    for (const json& entry : correlations) {
        const json &pearson = entry.at("pearson"), &low = pearson.at("low");
        if (low.is_null() || !std::isfinite(low.get<double>())) continue;
        by_name.at(entry.at("name").get<std::string>())->correlation = pearson.at("value");
    }
}

std::vector<double> mean_curve(const json& scores_by_fold) {
    std::vector<const json*> folds;
    for (const json& fold : scores_by_fold)
        if (!fold.empty()) folds.push_back(&fold);
    std::vector<double> curve;
    for (std::size_t epoch = 0; !folds.empty(); ++epoch) {
        double sum = 0;
        for (const json* fold : folds) {
            if (epoch >= fold->size()) return curve;
            const json& score = (*fold)[epoch];
            sum += score.is_null() ? std::numeric_limits<double>::quiet_NaN() : score.get<double>();
        }
        curve.push_back(sum / static_cast<double>(folds.size()));
    }
    return curve;
}

// Quarters by rank: with n trials the best ceil(n/4) are the first.
void rank_into_quarters(PlottedStudy& study) {
    std::vector<PlottedTrial*> ranked;
    for (PlottedTrial& trial : study.trials)
        if (!std::isnan(trial.compared)) ranked.push_back(&trial);
    std::ranges::stable_sort(ranked, [&](const PlottedTrial* a, const PlottedTrial* b) {
        return study.better(a->compared, b->compared);
    });
    for (std::size_t rank = 0; rank < ranked.size(); ++rank)
        ranked[rank]->quarter = static_cast<int>(4 * rank / ranked.size());
}

void describe_scores(PlottedStudy& study, const json& titles) {
    study.score = titles.at("name").get<std::string>();
    study.full_title = titles.at("full").get<std::string>();
    study.compared_title = titles.at("compared").get<std::string>();
    study.compared_at = titles.at("compared_at").get<std::string>();
}

}  // namespace

std::string value_label(const json& value) {
    if (value.is_string()) return one_line(value.get<std::string>());
    if (!value.is_number()) return "–";
    const auto number = value.get<double>();
    constexpr double exact = 1e15;
    const bool whole = number == std::floor(number) && std::abs(number) < exact;
    return whole ? fmt::format("{:.0f}", number) : fmt::format("{:.4g}", number);
}

double PlottedParameter::position(const json& value) const {
    if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
    const auto position =
        categorical() ? static_cast<double>(std::ranges::find(choices, value) - choices.begin())
                      : value.get<double>();
    return position >= low && position <= high ? position
                                               : std::numeric_limits<double>::quiet_NaN();
}

double PlottedParameter::fraction(double position) const {
    if (high <= low) return 0.5;
    const auto at = [&](double x) { return log ? std::log(x) : x / 2; };
    return (at(position) - at(low)) / (at(high) - at(low));
}

double PlottedTrial::last_score() const {
    return curve.empty() || !std::isfinite(curve.back()) ? std::numeric_limits<double>::quiet_NaN()
                                                         : curve.back();
}

bool PlottedTrial::has(std::size_t parameter) const {
    return !std::isnan(positions[parameter]);
}

std::string PlottedStudy::score_text(double value) const {
    return report::score_text(foreign, value);
}

std::string PlottedStudy::none_trained() const {
    return fmt::format("no trial {} {}", foreign ? "is" : "was", fully);
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
        if (trial.successful && (best == nullptr || better(trial.score, best->score)))
            best = &trial;
    return best;
}

std::vector<std::size_t> PlottedStudy::most_important(std::size_t most) const {
    std::map<std::string, std::size_t> ranks;
    for (const std::string& name : by_importance)
        ranks.emplace(name, ranks.size());
    const auto rank = [&](std::size_t parameter) {
        const auto found = ranks.find(parameters[parameter].name);
        return found == ranks.end() ? ranks.size() : found->second;
    };
    std::vector<std::size_t> chosen(parameters.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    std::ranges::stable_sort(chosen, {}, rank);
    chosen.resize(std::min(chosen.size(), most));
    std::ranges::sort(chosen);
    return chosen;
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
    study.title = one_line(analysis.at("title").get<std::string>());
    study.foreign = analysis.at("foreign");
    study.minimize = analysis.at("direction") == "minimize";
    study.fully = study.foreign ? "complete" : "trained fully";
    for (const json& entry : analysis.at("space"))
        study.parameters.push_back(parameter_from(entry));
    for (const json& entry : analysis.at("parameter_importance"))
        study.by_importance.push_back(entry.at("name"));
    take_correlations(study.parameters, analysis.at("parameter_correlations"));
    describe_scores(study, analysis.at("score_titles"));
    for (const json& entry : analysis.at("trials")) {
        PlottedTrial trial{.number = entry.at("trial"),
                           .successful = entry.at("successful"),
                           .state = entry.at("state"),
                           .curve = mean_curve(entry.at("fold_scores_by_epoch")),
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
    rank_into_quarters(study);
    return study;
}

}  // namespace manygpcm::report
