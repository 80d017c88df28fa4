// When the search settled.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

bool enough_to_converge(const Findings& f) {
    return f.statistics.successful_trials > convergence_window;
}

json convergence_figures(const Findings& f) {
    if (!enough_to_converge(f)) return nullptr;
    const Convergence& c = f.convergence;
    return {{"trial", c.trial},
            {"settled", c.settled},
            {"threshold", c.threshold},
            {"final_best_score", c.final_best},
            {"improvement_rate", c.improvement_rate},
            {"efficiency", c.efficiency}};
}

}  // namespace

std::string convergence_markdown(const Findings& f) {
    std::string text = markdown_heading("Convergence Analysis");
    if (!enough_to_converge(f))
        return text + fmt::format("Not told: it takes {} trials {}; there are {}.\n",
                                  convergence_window + 1, f.fully(),
                                  f.statistics.successful_trials);
    const Convergence& c = f.convergence;
    text += markdown_field("Convergence Trial (little gain after it)",
                           fmt::format("{}{}", c.trial, c.settled ? "" : " (not settled)"));
    text += markdown_field("Final Best Score", f.score_text(c.final_best));
    text += markdown_field("Improvement Rate (per trial)", f.score_text(c.improvement_rate));
    text += markdown_field("Convergence Efficiency", percent(c.efficiency));
    text += fmt::format(
        "\nConvergence trial: the first after which {} in a row (all, where fewer are left) "
        "improve "
        "the best score by less than {} each{}. Efficiency: its number over that of all trials.",
        convergence_window,
        f.study->relative_scale()
            ? f.score_text(c.threshold) + ", a hundredth of the range of scores,"
            : fmt::format("{}", c.threshold),
        c.settled ? "" : "; there is none, so the last but one stands here");
    if (c.settled && f.statistics.best_trial > c.trial)
        text += fmt::format(" Smaller gains went on: the best came in trial {} of {}.",
                            f.statistics.best_trial, f.statistics.total_trials);
    if (f.points_chosen() == 0 && !f.origins_unknown())
        text += " No point was chosen by the scores of others: when the best came is luck.";
    return text + "\n";
}

void convergence_json(const Findings& f, json& analysis) {
    analysis["convergence"] = convergence_figures(f);
}

}  // namespace manygpcm::report
