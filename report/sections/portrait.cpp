// Questions and learners as the winner and the classical GPCM see them, and how far they found the
// truth where that is known: the end of "Baselines".
#include <fmt/format.h>

#include <cmath>
#include <tuple>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

json item_parameters(const search::ItemParameters& parameters) {
    return {{"alpha", parameters.alpha}, {"beta", parameters.beta}};
}

/// What is added to a model's parameters where its fit is known.
void add_fit(json& parameters, const ItemFit& fit, const MostInformation& most) {
    parameters.update({{"outfit", fit.outfit},
                       {"z_outfit", fit.z_outfit},
                       {"infit", fit.infit},
                       {"z_infit", fit.z_infit},
                       {"information", most.information},
                       {"information_at", most.theta}});
}

json items(const Findings& f) {
    json list = json::array();
    const search::Study& study = *f.study;
    if (!study.portrait) return list;
    for (std::size_t i = 0; i < study.portrait->items.size(); ++i) {
        const search::ItemPortrait& item = study.portrait->items[i];
        json& entry = list.emplace_back(json{{"question", item.question},
                                             {"responses", item.responses},
                                             {"winner", item_parameters(item.winner)},
                                             {"classical", item_parameters(item.classical)}});
        if (item.truth) entry["truth"] = item_parameters(*item.truth);
        if (f.items.empty()) continue;
        const search::ItemStatistics& statistics = study.psychometrics->items[i];
        entry["category_counts"] = statistics.category_counts;
        entry["item_rest"] = statistics.item_rest;
        entry["marks"] = f.items[i].marks;
        entry["classical"].update(
            {{"alpha_error", statistics.alpha_error}, {"beta_error", statistics.beta_error}});
        add_fit(entry["winner"], statistics.winner, f.items[i].winner);
        add_fit(entry["classical"], statistics.classical, f.items[i].classical);
    }
    return list;
}

json learners(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::LearnerPortrait& learner : study.portrait->learners) {
        list.push_back({{"learner", learner.learner},
                        {"held_out", study.portrait->held_out},
                        {"questions", learner.questions},
                        {"responses", learner.responses},
                        {"theta", learner.theta},
                        {"classical_theta", learner.classical_theta}});
        if (learner.ability) list.back()["ability"] = *learner.ability;
    }
    return list;
}

/// Recovery is of the winner, then of the classical GPCM.
search::Agreement recovered_by(const search::Study& study, std::size_t model) {
    return recovered(study,
                     model == 0 ? &search::ItemPortrait::winner : &search::ItemPortrait::classical);
}

/// A correlation's line, for where r alone would hide it.
json line_json(const Likeness& of) {
    return {{"slope", finite_or_null(of.slope)},
            {"slope_error", finite_or_null(of.slope_error)},
            {"rmsd", finite_or_null(of.rmsd)}};
}
json error_json(double bias, double rmse) {
    return {{"bias", finite_or_null(bias)}, {"rmse", finite_or_null(rmse)}};
}

json recovery(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::Recovery& one : study.portrait->recovery) {
        const auto [discrimination, intercept] = recovered_by(study, list.size());
        list.push_back(
            {{"model", one.model},
             {"discrimination", one.discrimination},
             {"threshold", one.threshold},
             {"intercept", intercept.r},
             {"ability", one.ability},
             {"discrimination_error", error_json(discrimination.bias, discrimination.rmsd)},
             {"intercept_error", error_json(intercept.bias, intercept.rmsd)},
             {"ability_error", error_json(one.ability_bias, one.ability_rmse)}});
    }
    return list;
}

json agreement_json(const search::Study& study) {
    if (!study.portrait) return nullptr;
    const search::Agreement with_classical = agreement(study);
    return {{"discrimination", with_classical.discrimination.r},
            {"discrimination_line", line_json(with_classical.discrimination)},
            {"intercept", with_classical.intercept.r},
            {"intercept_line", line_json(with_classical.intercept)},
            {"ability",
             study.psychometrics ? json(study.psychometrics->ability_correlation) : json(nullptr)},
            {"explained",
             study.portrait->explained ? json(*study.portrait->explained) : json(nullptr)}};
}

}  // namespace

std::string portrait_markdown(const Findings& f) {
    if (f.study->baselines_cv.empty() || !f.study->portrait) return "";
    if (f.study->portrait->recovery.empty()) return "";
    Rows rows;
    const std::vector<search::Recovery>& models = f.study->portrait->recovery;
    for (std::size_t model = 0; model < models.size(); ++model) {
        const search::Recovery& one = models[model];
        const auto [discrimination, intercept] = recovered_by(*f.study, model);
        for (const auto& [what, r, bias, rmse] :
             {std::tuple("discriminations", one.discrimination, discrimination.bias,
                         discrimination.rmsd),
              std::tuple("intercepts", intercept.r, intercept.bias, intercept.rmsd),
              std::tuple("abilities", one.ability, one.ability_bias, one.ability_rmse)})
            rows.push_back({one.model, what, fixed(r, 3), signed_fixed(bias, 3), fixed(rmse, 3)});
    }
    return fmt::format(
               "\nHow near the true parameters (Pearson's r, mean and root mean square of the "
               "differences; abilities of the learners {} before their last response; on the "
               "classical GPCM's scale):\n\n",
               f.study->portrait->held_out ? "held out" : "fitted to") +
           markdown_table({"Model", "Of", "r", "Bias", "RMSE"}, rows);
}

void portrait_json(const Findings& f, json& analysis) {
    analysis["items"] = items(f);
    analysis["learners"] = learners(*f.study);
    analysis["recovery"] = recovery(*f.study);
    analysis["classical_agreement"] = agreement_json(*f.study);
}

}  // namespace manygpcm::report
