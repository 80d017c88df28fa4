// What the parameters do to the score, alone and together.
#include <fmt/format.h>

#include <cmath>

#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

std::string percent_interval(const Estimate& estimate) {
    return std::isfinite(estimate.low) ? fmt::format("{} to {}", fixed(100 * estimate.low, 1),
                                                     fixed(100 * estimate.high, 1))
                                       : not_a_number;
}

json parameter_importance(const Findings& f) {
    json list = json::array();
    for (const Importance& one : f.importances.parameters)
        list.push_back({{"name", one.name},
                        {"trials", one.trials},
                        {"fanova", estimate_json(one.fanova)},
                        {"fanova_total", estimate_json(one.fanova_total)},
                        {"ped_anova", estimate_json(one.ped_anova)},
                        {"impurity", estimate_json(one.impurity)}});
    return list;
}

json pair_importance(const Findings& f) {
    json list = json::array();
    for (const PairImportance& pair : f.importances.pairs)
        list.push_back(
            {{"names", {pair.first, pair.second}}, {"fanova", estimate_json(pair.fanova)}});
    return list;
}

json values_json(const search::Space& space, const std::string& name,
                 const std::vector<double>& values) {
    json list = json::array();
    for (const double value : values)
        list.push_back(value_json(space.find(name), value));
    return list;
}

json slices(const Findings& f) {
    json list = json::array();
    for (const Slice& slice : f.importances.slices)
        list.push_back({{"name", slice.name},
                        {"values", values_json(f.study->space, slice.name, slice.values)},
                        {"score", slice.scores}});
    return list;
}

json contours(const Findings& f) {
    json list = json::array();
    for (const Contour& contour : f.importances.contours)
        list.push_back({{"x", contour.x},
                        {"y", contour.y},
                        {"x_values", values_json(f.study->space, contour.x, contour.x_values)},
                        {"y_values", values_json(f.study->space, contour.y, contour.y_values)},
                        {"score", contour.scores}});
    return list;
}

constexpr std::size_t most_pairs = 5;   // printed
constexpr double least_shown = 0.0005;  // as 0.1%

std::string few_trials(const Findings& f) {
    return f.enough_trials() ? ""
                             : fmt::format(", too few to rely on (four a parameter are {})",
                                           f.trials_for_importance);
}

// Where trials are compared before the end: whether that says anything of the end.
std::string foretelling(const Findings& f) {
    if (!f.compared_early()) return "";
    if (!f.foretelling) return " These scores tell what learns fast, not what ends well.";
    const Estimate& r = f.foretelling->spearman;
    return fmt::format(
        " Scores at that point go with the final ones of the {} trials trained fully by "
        "Spearman's r = {}{}{}.",
        f.foretelling_trials, fixed(r.value, 2),
        std::isfinite(r.low) ? fmt::format(" (95% {} to {})", fixed(r.low, 2), fixed(r.high, 2))
                             : "",
        r.low > 0 ? "" : " and may say nothing of them");
}

}  // namespace

std::string importance_markdown(const Findings& f) {
    std::string text = markdown_heading("Parameter Importance");
    const Importances& all = f.importances;
    if (all.parameters.empty())
        return text + (f.judged_early() && !f.enough_trials()
                           ? fmt::format("Not told: {} compare {} at best, and of scores "
                                         "that early it takes four a parameter, {}.\n",
                                         counted(f.n_comparable(), "trial"), how_compared(f),
                                         f.trials_for_importance)
                           : fmt::format("Not told: it takes {} comparable trials with different "
                                         "scores, better four a parameter, {}; there are {}.\n",
                                         fewest_for_importance, f.trials_for_importance,
                                         f.n_comparable()));
    Rows rows;
    for (const Importance& one : all.parameters)
        rows.push_back({markdown_text(one.name), fmt::to_string(one.trials),
                        percent(one.fanova.value), percent_interval(one.fanova),
                        percent(one.ped_anova.value), percent_interval(one.ped_anova),
                        percent(one.impurity.value), percent_interval(one.impurity)});
    rows.push_back({"two together", "", percent(all.all_pairs), "", "", "", "", ""});
    rows.push_back({"three or more", "", percent(all.higher_order), "", "", "", "", ""});
    text += fmt::format("Over {}{}; 95% intervals by bootstrap over the trials.{}\n\n",
                        trials_compared(f), few_trials(f), foretelling(f));
    text += markdown_table(
        {"Parameter", "Trials", "fANOVA", "95%", "PED-ANOVA", "95%", "Impurity", "95%"}, rows);
    text +=
        "\nTrials: where it was searched. fANOVA (functional analysis of variance): what it makes "
        "of the variance by itself, over the whole space. PED-ANOVA (by Pearson's divergence): how "
        "the best tenth of the trials differs in it. Impurity: what a forest's splits on it "
        "remove, interactions included.\n";
    if (!all.unvaried.empty()) {
        std::vector<std::string> names;
        for (const std::string& name : all.unvaried)
            names.push_back(markdown_code(name));
        text += fmt::format("\nThe same in all of these trials, and so not judged: {}.\n",
                            enumeration(names));
    }
    rows.clear();
    for (const PairImportance& pair : all.pairs)
        if (f.enough_trials() && pair.fanova.low >= least_shown && rows.size() < most_pairs)
            rows.push_back({markdown_text(pair.first + " × " + pair.second),
                            percent(pair.fanova.value), percent_interval(pair.fanova)});
    if (rows.empty()) return text;
    return text + "\nPairs that surely interact (fANOVA, beyond what each makes by itself):\n\n" +
           markdown_table({"Pair", "Importance", "95%"}, rows);
}

void importance_json(const Findings& f, json& analysis) {
    analysis["parameter_importance"] = parameter_importance(f);
    analysis["pair_importance"] = pair_importance(f);
    analysis["all_pairs_importance"] = f.importances.all_pairs;
    analysis["higher_order_importance"] = f.importances.higher_order;
    analysis["unvaried_parameters"] = f.importances.unvaried;
    analysis["slices"] = slices(f);
    analysis["contours"] = contours(f);
    analysis["trials_for_importance"] = f.trials_for_importance;
}

}  // namespace manygpcm::report
