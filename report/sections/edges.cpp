// Best parameters at a bound of the space.
#include <fmt/format.h>

#include "figures/edges.h"
#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

json edges_list(const Findings& f) {
    json list = json::array();
    if (!f.winner) return list;
    for (const Edge& edge : f.winner->edges) {
        const search::Parameter& parameter = f.study->space.find(edge.name);
        const auto next = beyond(parameter, edge.upper);
        list.push_back({{"name", edge.name},
                        {"value", edge.value},
                        {"side", edge.upper ? "upper" : "lower"},
                        {"bound", bound(parameter, edge.upper)},
                        {"extend_to", next ? json(*next) : json(nullptr)}});
    }
    return list;
}

}  // namespace

std::string edges_markdown(const Findings& f) {
    std::string text = markdown_heading("Edges");
    if (!f.winner) return text + fmt::format("None: no trial is {}.\n", f.fully());
    if (f.winner->edges.empty()) return text + "No best parameter sits at a bound of the space.\n";
    const bool told = !f.importances.parameters.empty();
    text += fmt::format("Best parameters at a bound of the space: the best may lie beyond{}.{}\n\n",
                        f.enough_trials()
                            ? ""
                            : fmt::format(", or it is chance, with fewer than {} comparable trials",
                                          f.trials_for_importance),
                        told ? " fANOVA here counts interactions with one other as well." : "");
    Rows rows;
    for (const Edge& edge : f.winner->edges) {
        const search::Parameter& parameter = f.study->space.find(edge.name);
        const auto next = beyond(parameter, edge.upper);
        rows.push_back({markdown_text(edge.name), search::format_value(parameter, edge.value),
                        fmt::format("{} {}", edge.upper ? "upper" : "lower",
                                    search::format_value(parameter, bound(parameter, edge.upper))),
                        next ? fmt::format("{} to {}", edge.upper ? "upwards" : "downwards",
                                           search::format_value(parameter, *next))
                             : "not possible"});
        if (told) rows.back().push_back(percent(f.total_importance(edge.name)));
    }
    std::vector<std::string> titles = {"Parameter", "Best value", "Bound", "Extend"};
    if (told) titles.emplace_back("fANOVA with pairs");
    return text + markdown_table(titles, rows);
}

void edges_json(const Findings& f, json& analysis) {
    analysis["edges"] = edges_list(f);
}

}  // namespace manygpcm::report
