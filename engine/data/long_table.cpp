// Collects answers by learner, then writes them as long CSV.
#include "data/long_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "data/csv_records.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/error.h"

namespace manygpcm {

std::int32_t LongTable::Ids::number(std::string_view id) {
    const auto [entry, is_new] =
        numbers.try_emplace(std::string(id), static_cast<std::int32_t>(names.size()));
    if (is_new) names.emplace_back(id);
    return entry->second;
}

void LongTable::add(std::string_view student, std::string_view item, int score,
                    std::string_view timestamp, std::string_view skill) {
    const auto learner = static_cast<std::size_t>(students_.number(student));
    if (learner == answers_.size()) answers_.emplace_back();
    answers_[learner].push_back({items_.number(item), score,
                                 skill.empty() ? -1 : skills_.number(skill),
                                 std::string(timestamp)});
    timestamps_ = timestamps_ || !timestamp.empty();
}

Conversion LongTable::finish(const std::filesystem::path& file,
                             std::vector<std::string> said) const {
    std::int32_t lowest = std::numeric_limits<std::int32_t>::max(), highest = -1;
    std::size_t n = 0;
    for (const auto& learner : answers_)
        for (const Answer& answer : learner) {
            lowest = std::min(lowest, answer.score);
            highest = std::max(highest, answer.score);
            ++n;
        }
    if (n == 0) throw InputError(fmt::format("{}: has no answers; expected some", file.string()));
    const bool skills = !skills_.names.empty();
    Conversion made{"student,item,score", std::move(said)};
    if (timestamps_) made.csv += ",timestamp";
    made.csv += skills ? ",skill\n" : "\n";
    const auto append = std::back_inserter(made.csv);
    for (std::size_t learner = 0; learner < answers_.size(); ++learner) {
        const std::string student = csv_field(students_.names[learner]);
        for (const Answer& answer : answers_[learner]) {
            fmt::format_to(append, "{},{},{}", student,
                           csv_field(items_.names[static_cast<std::size_t>(answer.item)]),
                           answer.score - lowest);
            if (timestamps_) fmt::format_to(append, ",{}", csv_field(answer.timestamp));
            if (skills)
                fmt::format_to(
                    append, ",{}",
                    answer.skill < 0
                        ? ""
                        : csv_field(skills_.names[static_cast<std::size_t>(answer.skill)]));
            made.csv += '\n';
        }
    }
    made.said.push_back(fmt::format(
        "{} answers of {} learners to {} questions{}, scores {} to {}{}", n, answers_.size(),
        items_.names.size(), skills ? fmt::format(" of {} skills", skills_.names.size()) : "",
        lowest, highest, lowest == 0 ? "" : fmt::format(", written as 0 to {}", highest - lowest)));
    return made;
}

bool stands_for_none(std::string_view text, const ConversionOptions& options) {
    return is_missing({std::string(text)}) ||
           std::ranges::find(options.missing, text) != options.missing.end();
}

}  // namespace manygpcm
