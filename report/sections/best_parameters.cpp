// The point of the best trial, and what is known of that.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

json best_json(const Findings& f) {
    if (!f.winner) return nullptr;
    json best = {{"trial", f.winner->trial->number + 1},
                 {"score", f.winner->trial->score()},
                 {"fold_scores", f.winner->fold_scores},
                 {"standard_error", f.winner->standard_error},
                 {"rivals", f.winner->rivals ? json(*f.winner->rivals) : json(nullptr)},
                 {"parameters", point_json(f.study->space, f.winner->trial->point)}};
    const bool ours = !f.study->foreign;
    best["cross_validated"] = ours ? to_json(f.winner->cross_validated) : json(nullptr);
    best["hyperparameters"] = ours ? to_json(f.winner->hyperparameters) : json(nullptr);
    best["median_gain"] = ours ? json(f.winner->median_gain) : json(nullptr);
    best["median_gain_interval"] =
        ours ? interval_json(f.winner->median_gain_interval) : json(nullptr);
    best["loss_weights"] = nullptr;
    if (ours)
        best["loss_weights"] = {{"ce", f.winner->loss.ce},
                                {"focal", f.winner->loss.focal},
                                {"qwk", f.winner->loss.qwk}};
    return best;
}

}  // namespace

std::string best_parameters_markdown(const Findings& f) {
    std::string text = markdown_heading("Best Parameters");
    if (!f.winner) return text + fmt::format("None: no trial is {}.\n", f.fully());
    const search::Point& point = f.winner->trial->point;
    for (const search::Parameter* parameter : f.study->space.searched_at(point)) {
        const auto value = point.find(parameter->name);
        text += markdown_field(
            markdown_text(parameter->name),
            value == point.end() ? not_a_number
                                 : markdown_text(search::format_value(*parameter, value->second)));
    }
    return text;
}

void best_parameters_json(const Findings& f, json& analysis) {
    analysis["best"] = best_json(f);
}

}  // namespace manygpcm::report
