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

json items(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::ItemPortrait& item : study.portrait->items) {
        list.push_back({{"question", item.question},
                        {"responses", item.responses},
                        {"winner", item_parameters(item.winner)},
                        {"classical", item_parameters(item.classical)}});
        if (item.truth) list.back()["truth"] = item_parameters(*item.truth);
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

json recovery(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::Recovery& one : study.portrait->recovery)
        list.push_back({{"model", one.model},
                        {"discrimination", one.discrimination},
                        {"threshold", one.threshold},
                        {"ability", one.ability}});
    return list;
}

/// How far the winner reads as the classical model does.
std::string agreement_markdown(const search::Portrait& portrait) {
    const search::Agreement agreement = search::agreement_with_classical(portrait.items);
    std::string text = fmt::format(
        "\nThe winner's questions beside the classical GPCM's: Pearson's r is {} of the "
        "discriminations and {} of the thresholds.",
        fixed(agreement.discrimination, 3), fixed(agreement.threshold, 3));
    if (portrait.explained && std::isfinite(*portrait.explained))
        text += fmt::format(
            " Ability and item explain {} of the variance of the winner's steps, the log odds of "
            "neighbouring categories, {}; the rest is what it adds for the question itself.",
            percent(*portrait.explained),
            portrait.held_out ? "on the learners held out" : "on the learners it was fitted to");
    return text + "\n";
}

json agreement(const search::Study& study) {
    if (!study.portrait) return nullptr;
    const search::Agreement agreement = search::agreement_with_classical(study.portrait->items);
    return {{"discrimination", agreement.discrimination},
            {"threshold", agreement.threshold},
            {"explained",
             study.portrait->explained ? json(*study.portrait->explained) : json(nullptr)}};
}

}  // namespace

std::string portrait_markdown(const Findings& f) {
    if (f.study->baselines_cv.empty() || !f.study->portrait) return "";
    std::string text = agreement_markdown(*f.study->portrait);
    if (f.study->portrait->recovery.empty()) return text;
    Rows rows;
    for (const search::Recovery& one : f.study->portrait->recovery)
        rows.push_back({one.model, fixed(one.discrimination, 3), fixed(one.threshold, 3),
                        fixed(one.ability, 3)});
    return text +
           fmt::format(
               "\nPearson's r with the true parameters, abilities of the learners {} before their "
               "last response:\n\n",
               f.study->portrait->held_out ? "held out" : "fitted to") +
           markdown_table({"Model", "Discrimination", "Thresholds", "Ability"}, rows);
}

void portrait_json(const Findings& f, json& analysis) {
    analysis["items"] = items(*f.study);
    analysis["learners"] = learners(*f.study);
    analysis["recovery"] = recovery(*f.study);
    analysis["classical_agreement"] = agreement(*f.study);
}

}  // namespace manygpcm::report
