// What the loss was made of, and how the score went with that.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;

std::string weights_of_best(const Findings& f) {
    return fmt::format(
        "- Weights of the loss in the best trial: cross-entropy (CE) {}, Focal {}, QWK {}, from "
        "`ce_weight_logit` {} and `focal_weight_logit` {}.\n",
        fixed(f.winner->loss.ce, 2), fixed(f.winner->loss.focal, 2), fixed(f.winner->loss.qwk, 2),
        fixed(f.winner->hyperparameters.ce_weight_logit, 6),
        fixed(f.winner->hyperparameters.focal_weight_logit, 6));
}

bool searched(const Findings& f) {
    const search::Point& best = f.winner->trial->point;
    return best.contains("ce_weight_logit") || best.contains("focal_weight_logit");
}

Sentences loss_insights(const Findings& findings) {
    Sentences out;
    for (const Correlation& one : findings.loss_correlations)
        out.push_back(fmt::format("Weight of {}: r = {} with the score{} ({}){}.", one.name,
                                  fixed(one.pearson.value, 3), judged_early(findings),
                                  interval_text(one.pearson),
                                  one.pearson.surely_not_zero() ? "" : ", which may be chance"));
    return out;
}

}  // namespace

std::string loss_insights_markdown(const Findings& f) {
    if (!f.winner || f.study->foreign || !searched(f)) return "";
    return markdown_subheading("Loss Function Insights") + weights_of_best(f) +
           markdown_list(loss_insights(f));
}

void loss_insights_json(const Findings& f, nlohmann::json& analysis) {
    analysis["loss_correlations"] = correlations_list(f.loss_correlations);
}

}  // namespace manygpcm::report
