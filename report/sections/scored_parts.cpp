// The winner against the classical GPCM along the sequence and skill by skill.
#include <fmt/format.h>

#include <algorithm>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;
using Parts = std::vector<search::ScoredPart>;

constexpr std::size_t most_skills = 10;  // printed

std::string value_text(const search::ScoredPart::Values& values, const Metric& metric) {
    const auto found = values.find(metric.name);
    return found == values.end() ? not_a_number : fixed(found->second, 4);
}

std::string name_of(const search::ScoredPart& part) {
    if (part.first == 0) return markdown_text(part.skill);
    return part.first == part.last ? fmt::format("{}", part.first)
                                   : fmt::format("{} to {}", part.first, part.last);
}

std::string table(const Findings& f, const char* what, std::span<const search::ScoredPart> parts) {
    const std::vector<const Metric*> shown = metrics_compared(*f.study);
    std::vector<std::string> titles = {what, "Responses"};
    for (const Metric* metric : shown) {
        titles.push_back(fmt::format("{}: winner", metric->title));
        titles.emplace_back("classical");
    }
    Rows rows;
    for (const search::ScoredPart& part : parts) {
        auto& row = rows.emplace_back(
            std::vector<std::string>{name_of(part), fmt::format("{}", part.responses)});
        for (const Metric* metric : shown) {
            row.push_back(value_text(part.winner, *metric));
            row.push_back(value_text(part.classical, *metric));
        }
    }
    return markdown_table(titles, rows);
}

json parts_json(const Parts& parts) {
    json list = json::array();
    for (const search::ScoredPart& part : parts) {
        json entry = {
            {"responses", part.responses}, {"winner", part.winner}, {"classical", part.classical}};
        if (part.first > 0)
            entry.update({{"first", part.first}, {"last", part.last}});
        else
            entry["skill"] = part.skill;
        list.push_back(entry);
    }
    return list;
}

}  // namespace

std::string scored_parts_markdown(const Findings& f) {
    const Parts &positions = f.study->by_position, &skills = f.study->by_skill;
    if (f.study->foreign) return "";
    const std::string heading = markdown_heading("Positions and Skills");
    if (positions.empty()) return f.study->winner ? heading + not_on_record : "";
    std::string text =
        heading +
        fmt::format("Winner and classical GPCM {}, by the response's position in the sequence:\n\n",
                    f.study->n_test_learners > 0
                        ? "on the learners held out"
                        : "in cross-validation, each fold's model on the learners left out of it") +
        table(f, "Position", positions);
    if (skills.empty()) return text;
    const auto largest = std::span(skills).first(std::min(skills.size(), most_skills));
    return text +
           fmt::format("\nBy skill, {}:\n\n",
                       largest.size() < skills.size()
                           ? fmt::format("the {} of {} with most responses (all are in the JSON)",
                                         largest.size(), skills.size())
                           : "those with most responses first") +
           table(f, "Skill", largest);
}

void scored_parts_json(const Findings& f, json& analysis) {
    analysis["by_position"] = parts_json(f.study->by_position);
    analysis["by_skill"] = parts_json(f.study->by_skill);
}

}  // namespace manygpcm::report
