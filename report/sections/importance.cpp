// What the parameters do to the score, alone and together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "figures/number_text.h"
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

}  // namespace

std::string importance_markdown(const Findings& f) {
    std::string text = markdown_heading("Parameter Importance");
    const Importances& all = f.importances;
    if (all.parameters.empty())
        return text + "Not computed: that takes four comparable trials with different scores.\n";
    Rows rows;
    for (const Importance& one : all.parameters)
        rows.push_back({markdown_text(one.name), percent(one.fanova.value),
                        percent_interval(one.fanova), percent(one.ped_anova.value),
                        percent_interval(one.ped_anova), percent(one.impurity.value),
                        percent_interval(one.impurity)});
    rows.push_back({"two together", percent(all.all_pairs), "", "", "", "", ""});
    rows.push_back({"three or more", percent(all.higher_order), "", "", "", "", ""});
    text += fmt::format(
        "Over {}. Intervals: 95%, bootstrap over the trials. Each column sums to 100%.\n\n",
        trials_compared(f));
    text +=
        markdown_table({"Parameter", "fANOVA", "95%", "PED-ANOVA", "95%", "Impurity", "95%"}, rows);
    text +=
        "\nfANOVA: share of the variance that a parameter makes by itself over the whole space, of "
        "a random forest (100 trees). PED-ANOVA: how far the best tenth of the trials, at least "
        "two, differs from "
        "all of them in a parameter. Impurity: what splits on a parameter remove in the forest, "
        "as the published report has it; it follows the points that were tried, interactions "
        "included.\n";
    text += "\nThe largest interactions of two (fANOVA, beyond what each makes by itself):\n\n";
    rows.clear();
    for (const PairImportance& pair :
         std::span(all.pairs).first(std::min<std::size_t>(5, all.pairs.size())))
        rows.push_back({markdown_text(pair.first + " × " + pair.second), percent(pair.fanova.value),
                        percent_interval(pair.fanova)});
    return rows.empty() ? text + "None.\n"
                        : text + markdown_table({"Pair", "Importance", "95%"}, rows);
}

void importance_json(const Findings& f, json& analysis) {
    analysis["parameter_importance"] = parameter_importance(f);
    analysis["pair_importance"] = pair_importance(f);
    analysis["all_pairs_importance"] = f.importances.all_pairs;
    analysis["higher_order_importance"] = f.importances.higher_order;
    analysis["slices"] = slices(f);
    analysis["contours"] = contours(f);
    analysis["trials_for_importance"] = f.trials_for_importance;
}

}  // namespace manygpcm::report
