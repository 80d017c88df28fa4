// What to do with the search, or with its winner.
#include <fmt/format.h>

#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;

Sentences next_steps(const Findings& findings) {
    if (findings.study->foreign) return {};
    if (findings.unfinished_without_winner())
        return {
            "Let the search go on, or resume it if it was interrupted: no trial has been "
            "trained fully yet."};
    if (!findings.winner)
        return {"Find out why no trial succeeded: train one configuration by itself first."};
    return {
        "The next response's probabilities, of every learner and question, as CSV: `manygpcm "
        "predict --weights best.safetensors --data FILE --next --out next.csv`.",
        "The winner's item parameters, as CSV: `manygpcm items --weights best.safetensors --out "
        "items.csv`."};
}

}  // namespace

std::string next_steps_markdown(const Findings& f) {
    if (f.study->foreign) return "";
    return markdown_subheading("Next Steps") + markdown_list(next_steps(f));
}

void next_steps_json(const Findings& f, nlohmann::json& analysis) {
    analysis["next_steps"] = next_steps(f);
}

}  // namespace manygpcm::report
