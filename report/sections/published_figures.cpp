// What others scored on the same data, where it is known.
#include "figures/known_figures.h"
#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

}  // namespace

std::string published_figures_markdown(const Findings& f) {
    Rows rows;
    for (const KnownFigure& one : known_figures(f.study->dataset_fingerprint))
        rows.push_back({std::string(one.model), std::string(find_metric(one.metric)->title),
                        fixed(one.value, 4), std::string(one.scored), std::string(one.source)});
    if (rows.empty()) return "";
    return markdown_heading("Published Figures") + "Of the same learners in the same split:\n\n" +
           markdown_table({"Model", "Metric", "Figure", "Scored on", "Source"}, rows);
}

void published_figures_json(const Findings& f, json& analysis) {
    analysis["published_figures"] = json::array();
    for (const KnownFigure& one : known_figures(f.study->dataset_fingerprint))
        analysis["published_figures"].push_back({{"model", one.model},
                                                 {"metric", one.metric},
                                                 {"value", one.value},
                                                 {"scored", one.scored},
                                                 {"source", one.source}});
}

}  // namespace manygpcm::report
