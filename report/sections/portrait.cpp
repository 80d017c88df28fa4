// Questions and learners as the winner and the classical GPCM see them, and how far they found the
// truth where that is known: the end of "Baselines".
#include <fmt/format.h>

#include <cmath>

#include "figures/number_text.h"
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
double recovered_intercepts(const search::Study& study, std::size_t model) {
    const bool winner = model == 0;
    const auto& of = study.psychometrics;
    const double mean = of ? (winner ? of->winner : of->classical).ability.mean : 0;
    return search::agreement_with_truth(
               study.portrait->items,
               winner ? &search::ItemPortrait::winner : &search::ItemPortrait::classical,
               std::isfinite(mean) ? mean : 0)
        .intercept;
}

json recovery(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::Recovery& one : study.portrait->recovery)
        list.push_back({{"model", one.model},
                        {"discrimination", one.discrimination},
                        {"threshold", one.threshold},
                        {"intercept", recovered_intercepts(study, list.size())},
                        {"ability", one.ability}});
    return list;
}

json agreement_json(const search::Study& study) {
    if (!study.portrait) return nullptr;
    const search::Agreement with_classical = agreement(study);
    return {{"discrimination", with_classical.discrimination},
            {"intercept", with_classical.intercept},
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
    for (const search::Recovery& one : f.study->portrait->recovery)
        rows.push_back({one.model, fixed(one.discrimination, 3),
                        fixed(recovered_intercepts(*f.study, rows.size()), 3),
                        fixed(one.ability, 3)});
    return fmt::format(
               "\nPearson's r with the true parameters, abilities of the learners {} before their "
               "last response:\n\n",
               f.study->portrait->held_out ? "held out" : "fitted to") +
           markdown_table({"Model", "Discriminations", "Intercepts", "Ability"}, rows);
}

void portrait_json(const Findings& f, json& analysis) {
    analysis["items"] = items(f);
    analysis["learners"] = learners(*f.study);
    analysis["recovery"] = recovery(*f.study);
    analysis["classical_agreement"] = agreement_json(*f.study);
}

}  // namespace manygpcm::report
