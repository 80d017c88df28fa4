// How the values of the parameters go along with the score.
#include <fmt/format.h>

#include <cmath>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string plain_interval(const Estimate& estimate) {
    return std::isfinite(estimate.low)
               ? fmt::format("{} to {}", fixed(estimate.low, 3), fixed(estimate.high, 3))
               : not_a_number;
}

}  // namespace

std::string correlations_markdown(const Findings& f) {
    std::string text = markdown_heading("Parameter-Performance Correlations");
    if (f.correlations.empty())
        return text +
               fmt::format("Not defined: that takes {} comparable trials with different scores.\n",
                           fewest_to_correlate);
    Rows rows;
    bool coded = false;
    for (const Correlation& one : f.correlations) {
        coded = coded || !one.coded_as_one.empty();
        const std::string name =
            one.coded_as_one.empty() ? one.name : fmt::format("{}: {}", one.name, one.coded_as_one);
        rows.push_back({markdown_text(name), fmt::to_string(one.trials),
                        fixed(one.pearson.value, 3), plain_interval(one.pearson),
                        fixed(one.spearman.value, 3), plain_interval(one.spearman),
                        "±" + fixed(chance_correlation(one.trials), 2)});
    }
    return text +
           markdown_table({"Parameter", "Trials", "Pearson", "95%", "Spearman", "95%", "By chance"},
                          rows) +
           fmt::format(
               "\nWith the score, over {}, where the parameter was searched. By chance: what r "
               "stays within in 95% of cases without any influence.{}\n",
               trials_compared(f),
               coded ? " Of two words the one named counts as 1, the other as 0." : "");
}

void correlations_json(const Findings& f, nlohmann::json& analysis) {
    analysis["parameter_correlations"] = correlations_list(f.correlations);
    analysis["chance_correlation"] = f.chance_correlation;
}

}  // namespace manygpcm::report
