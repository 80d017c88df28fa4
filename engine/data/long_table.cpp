// Collects answers by learner, then writes them as long CSV.
#include "data/long_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "data/csv_records.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"

namespace manygpcm {

std::int32_t LongTable::Ids::number(std::string_view id) {
    const auto [entry, is_new] =
        numbers.try_emplace(std::string(id), static_cast<std::int32_t>(names.size()));
    if (is_new) names.emplace_back(id);
    return entry->second;
}

void LongTable::add(int line, std::string_view student, std::string_view item, int score,
                    std::string_view timestamp, std::string_view skill) {
    // Written in quotes where need be, so that a word for a missing value may be an id.
    const auto check = [&](std::string_view id, std::string_view of) {
        checked_id({id, true}, of, file_, line);
    };
    check(student, "student");
    check(item, "item");
    if (!skill.empty()) check(skill, "skill");
    if (!timestamp.empty()) {
        times_.read(timestamp, line);
        ++timestamps_;
    }
    const auto learner = static_cast<std::size_t>(students_.number(student));
    if (learner == answers_.size()) answers_.emplace_back();
    answers_[learner].push_back({items_.number(item), score,
                                 skill.empty() ? -1 : skills_.number(skill),
                                 std::string(timestamp)});
}

Conversion LongTable::finish(std::vector<std::string> said) const {
    std::set<std::int32_t> scores;
    std::int64_t n = 0;
    for (const auto& learner : answers_)
        for (const Answer& answer : learner) {
            scores.insert(answer.score);
            ++n;
        }
    const auto refuse = [&](const std::string& what) {
        throw InputError(fmt::format("{}: {}", file_.string(), what));
    };
    if (n == 0) refuse("has no answers; expected some");
    const std::int32_t lowest = *scores.begin(), highest = *scores.rbegin();
    if (highest - lowest >= max_categories)
        refuse(
            fmt::format("scores {} to {}; expected at most {} of them: name with --missing what "
                        "stands for no answer, with --drop what is no item",
                        lowest, highest, max_categories));
    if (items_.names.size() > max_questions)
        refuse(fmt::format("{} items; expected at most {}", items_.names.size(), max_questions));
    const bool skills = !skills_.names.empty(), timestamps = timestamps_ == n;
    if (timestamps_ > 0 && !timestamps)
        said.push_back(
            fmt::format("left out: timestamps, which {} of {} answers have none of; each learner's "
                        "answers keep "
                        "their order",
                        n - timestamps_, n));
    Conversion made{"student,item,score", std::move(said)};
    if (timestamps) made.csv += ",timestamp";
    made.csv += skills ? ",skill\n" : "\n";
    const auto append = std::back_inserter(made.csv);
    for (std::size_t learner = 0; learner < answers_.size(); ++learner) {
        const std::string student = csv_field(students_.names[learner]);
        for (const Answer& answer : answers_[learner]) {
            fmt::format_to(append, "{},{},{}", student,
                           csv_field(items_.names[static_cast<std::size_t>(answer.item)]),
                           answer.score - lowest);
            if (timestamps) fmt::format_to(append, ",{}", csv_field(answer.timestamp));
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
    const auto cannot_train = [&](const std::string& why) {
        made.said.push_back(fmt::format("can't be trained on alone: {}", why));
    };
    if (items_.names.size() < 2) cannot_train("there is one question; expected several");
    if (scores.size() < 2) cannot_train("every answer has the same score; expected several");
    if (scores.size() < static_cast<std::size_t>(highest - lowest) + 1) {
        std::int32_t unused = lowest;
        while (scores.contains(unused))
            ++unused;
        cannot_train(fmt::format(
            "no answer has the score {}; expected every one up to the largest: name with --missing "
            "what stands for no answer, or number the scores anew",
            unused));
    }
    return made;
}

bool stands_for_none(std::string_view text, const ConversionOptions& options) {
    return is_missing({text, false}) ||
           std::ranges::find(options.missing, text) != options.missing.end();
}

}  // namespace manygpcm
