// After how much training trials ended, and at which they are compared.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/score_titles.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

std::string fidelity_of_values(const Findings& f) {
    Rows rows;
    for (const Budget& budget : f.budgets)
        rows.push_back({fmt::format("{}", budget.epochs), fmt::format("{}", budget.trials)});
    return markdown_heading("Fidelity") + markdown_table({"Values reported", "Trials"}, rows);
}

json budgets_json(const Findings& f) {
    json list = json::array();
    for (const Budget& budget : f.budgets)
        list.push_back(
            {{"epochs", budget.epochs}, {"folds", budget.folds}, {"trials", budget.trials}});
    return list;
}

json comparable_json(const Findings& f) {
    const bool foreign = f.study->foreign;
    return {
        {"epochs", foreign ? json(nullptr) : json(f.comparable.epochs)},
        {"folds", foreign ? json(nullptr) : json(f.comparable.folds)},
        {"trials", f.n_comparable()},
        {"left_out", f.statistics.total_trials - f.n_comparable()},
        {"early", f.compared_early()},
        {"foretelling_trials", f.foretelling_trials},
        {"foretelling", f.foretelling ? estimate_json(f.foretelling->spearman) : json(nullptr)}};
}

json titles_json(const Findings& f) {
    const ScoreTitles titles = score_titles(*f.study, f.comparable);
    return {{"name", titles.name},
            {"full", titles.full},
            {"compared", titles.compared},
            {"compared_at", titles.compared_at}};
}

}  // namespace

std::string fidelity_markdown(const Findings& f) {
    if (f.study->foreign) return fidelity_of_values(f);
    Rows rows;
    for (const Budget& budget : f.budgets)
        rows.push_back({fmt::format("{}", budget.epochs), fmt::format("{}", budget.folds),
                        fmt::format("{}", budget.trials)});
    return markdown_heading("Fidelity") + markdown_table({"Epochs", "Folds", "Trials"}, rows);
}

void fidelity_json(const Findings& f, json& analysis) {
    analysis["fidelity"] = budgets_json(f);
    analysis["comparable"] = comparable_json(f);
    analysis["score_titles"] = titles_json(f);
}

}  // namespace manygpcm::report
