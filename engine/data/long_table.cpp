// Collects answers by learner, then writes them as long CSV.
#include "data/long_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "data/csv_records.h"
#include "data/input_text.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {

std::int32_t LongTable::number(Ids& ids, std::string_view id, std::string_view of, int line) {
    if (const auto known = ids.numbers.find(id); known != ids.numbers.end()) return known->second;
    // Written in quotes where need be, so that a word for a missing value may be an id.
    checked_id({id, true}, of, file_, line);
    const auto number = static_cast<std::int32_t>(ids.names.size());
    ids.names.emplace_back(id);
    ids.numbers.emplace(id, number);
    return number;
}

void LongTable::add(const Lines& lines, std::string_view student, std::string_view item, int score,
                    std::string_view timestamp, std::string_view skill) {
    const auto number_of = [&](Ids& ids, std::string_view id, std::string_view of, int line) {
        return id.empty() ? none : number(ids, id, of, line);
    };
    const std::int32_t student_number = number(students_, student, "student", lines.student),
                       item_number = number_of(items_, item, "item", lines.item),
                       skill_number = number_of(skills_, skill, "skill", lines.skill);
    const std::size_t row = score_.size();
    if (item.empty() && without_item_ == 0) without_item_ = lines.item;
    if (skill.empty() && without_skill_ == 0) without_skill_ = lines.skill;
    if (!timestamp.empty()) {
        times_.read(timestamp, lines.timestamp);
        if (timestamps_++ == row) {
            timestamp_.add(timestamp);
            timestamp_end_.add(timestamp_.size());
        }
    }
    student_.add(student_number);
    item_.add(item_number);
    score_.add(static_cast<std::int8_t>(score));
    scores_[static_cast<std::size_t>(score)] = true;
    if (skill.empty()) return;
    while (skill_.size() < row)
        skill_.add(none);
    skill_.add(skill_number);
}

void LongTable::swap_items_and_skills() {
    while (skill_.size() < score_.size())
        skill_.add(none);
    std::swap(item_, skill_);
    std::swap(items_, skills_);
    std::swap(without_item_, without_skill_);
}

Conversion LongTable::finish(std::vector<std::string> said) {
    if (without_item_ > 0) checked_id({"", true}, "item", file_, without_item_);
    const std::size_t n = score_.size();
    const auto refuse = [&](const std::string& what) {
        throw InputError(fmt::format("{}: {}", file_.string(), what));
    };
    if (n == 0) refuse("has no answers; expected some");
    const auto is_score = [&](int score) { return scores_[static_cast<std::size_t>(score)]; };
    int lowest = 0, highest = max_categories;
    while (!is_score(lowest))
        ++lowest;
    while (!is_score(highest))
        --highest;
    if (highest - lowest >= max_categories)
        refuse(
            fmt::format("scores {} to {}; expected at most {} of them: name with --missing what "
                        "stands for no answer, of a wide table with --drop what is no item",
                        lowest, highest, max_categories));
    if (items_.names.size() > max_questions)
        refuse(fmt::format("{} items; expected at most {}", items_.names.size(), max_questions));
    if (timestamps_ > 0 && !has_timestamps())
        said.push_back(
            fmt::format("left out: timestamps, which {} of {} answers have none of; each learner's "
                        "answers keep "
                        "their order",
                        n - timestamps_, n));
    said.push_back(fmt::format(
        "{} of {} to {}{}, scores {} to {}{}", counted(static_cast<std::int64_t>(n), "answer"),
        counted(std::ssize(students_.names), "learner"),
        counted(std::ssize(items_.names), "question"),
        skills_.names.empty() ? "" : " of " + counted(std::ssize(skills_.names), "skill"), lowest,
        highest, lowest == 0 ? "" : fmt::format(", written as 0 to {}", highest - lowest)));
    const auto cannot_train = [&](const std::string& why) {
        said.push_back(fmt::format("can't be trained on alone: {}", why));
    };
    if (items_.names.size() < 2) cannot_train("there is one question; expected several");
    if (lowest == highest) cannot_train("every answer has the same score; expected several");
    int unused = lowest;
    while (unused < highest && is_score(unused))
        ++unused;
    if (unused < highest)
        cannot_train(fmt::format(
            "no answer has the score {}; expected every one up to the largest: name with --missing "
            "what stands for no answer, or number the scores anew",
            unused));
    answers_ = RowsOfStudents(student_, students_.names.size());
    student_ = {};
    return {.said = std::move(said),
            .write = [table = std::make_shared<const LongTable>(std::move(*this)),
                      lowest](const TextSink& sink) { table->write(lowest, sink); }};
}

void LongTable::write(int lowest, const TextSink& sink) const {
    constexpr std::size_t part_bytes = std::size_t{1} << 20;
    const bool timestamps = has_timestamps(), skills = !skills_.names.empty();
    std::string csv = "student,item,score";
    if (timestamps) csv += ",timestamp";
    csv += skills ? ",skill\n" : "\n";
    const auto append = std::back_inserter(csv);
    for (std::size_t learner = 0; learner < students_.names.size(); ++learner) {
        const std::string student = csv_field(students_.names[learner]);
        for (std::size_t at = answers_.begin(learner); at < answers_.end(learner); ++at) {
            const std::size_t row = answers_[at];
            fmt::format_to(append, "{},{},{}", student,
                           csv_field(items_.names[static_cast<std::size_t>(item_[row])]),
                           score_[row] - lowest);
            if (timestamps) {
                std::string timestamp;
                for (auto i = row == 0 ? 0 : timestamp_end_[row - 1]; i < timestamp_end_[row]; ++i)
                    timestamp += timestamp_[i];
                fmt::format_to(append, ",{}", csv_field(timestamp));
            }
            if (skills) {
                const std::int32_t skill = row < skill_.size() ? skill_[row] : none;
                fmt::format_to(
                    append, ",{}",
                    skill < 0 ? "" : csv_field(skills_.names[static_cast<std::size_t>(skill)]));
            }
            csv += '\n';
            if (csv.size() < part_bytes) continue;
            sink(csv, static_cast<double>(at + 1) / static_cast<double>(answers_.size()));
            csv.clear();
        }
    }
    sink(csv, 1);
}

std::optional<int> score_of(std::string_view text, char decimal_mark) {
    return parse_score(text, max_categories + 1, decimal_mark);
}

std::string expected_score() {
    return fmt::format(
        "expected a score, a whole number from 0 to {}: name it with --missing if it stands for no "
        "answer",
        max_categories);
}

bool stands_for_none(std::string_view text, const ConversionOptions& options) {
    return is_missing({text, false}) ||
           std::ranges::find(options.missing, text) != options.missing.end();
}

}  // namespace manygpcm
