// Tables of answers: learners by number, checks over several files.
#include "data/tables.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "data/input_text.h"
#include "manygpcm/engine/detail/learnable.h"

namespace manygpcm {
namespace {

std::string first_of(const SomeRows& rows) {
    return rows.n == 1 ? "a row" : fmt::format("the first of {} rows", rows.n);
}

}  // namespace

LearnerFile to_learners(Table table, std::span<const std::int32_t> question_numbers) {
    LearnerFile file{.path = table.path, .learners = {}, .line = {}};
    LongCsv& csv = table.csv;
    std::vector<std::size_t> begins;  // of those who answered
    for (std::size_t student = 0; student < csv.students.size(); ++student) {
        const std::size_t begin = csv.answers.begin(student), end = csv.answers.end(student);
        if (begin == end) continue;
        Learner learner{std::move(csv.students[student].name), {}, {}};
        learner.questions.reserve(end - begin);
        learner.responses.reserve(end - begin);
        for (std::size_t place = begin; place < end; ++place) {
            // A student's rows may lie anywhere.
            constexpr std::size_t ahead = 16;
            if (place + ahead < csv.answers.size()) {
                csv.item.prefetch(csv.answers[place + ahead]);
                csv.category.prefetch(csv.answers[place + ahead]);
            }
            const std::size_t row = csv.answers[place];
            learner.questions.push_back(question_numbers[static_cast<std::size_t>(csv.item[row])]);
            if (csv.category[row] != LongCsv::no_category)
                learner.responses.push_back(csv.category[row]);
        }
        file.learners.push_back(std::move(learner));
        begins.push_back(begin);
    }
    file.line = [begins = std::move(begins), answers = std::move(csv.answers),
                 lines = std::move(csv.lines)](std::size_t learner, std::size_t step) {
        return lines[answers[begins[learner] + step]];
    };
    return file;
}

void expect_no_shared_students(std::span<const Table> tables) {
    if (tables.size() < 2) return;
    const auto names = [](const Table& table) {
        std::vector<std::string_view> ids;
        for (const LongCsv::Id& student : table.csv.students)
            ids.push_back(student.name);
        return ids;
    };
    const Table& test = tables[1];
    expect_no_shared_learner(
        names(tables[0]), names(test),
        [&](std::size_t i) {
            return fmt::format("{}:{}", test.path.string(), test.csv.students[i].line);
        },
        tables[0].path.filename().string());
}

void tell_unanswered(const Table& table, std::vector<std::string>& notices) {
    const SomeRows& rows = table.csv.unanswered;
    if (rows.n > 0)
        notices.push_back(fmt::format("{}:{}: {} without a score, left out", table.path.string(),
                                      rows.line, first_of(rows)));
}

void tell_ties(const Table& table, std::vector<std::string>& notices) {
    const auto& [repeats, tied] = table.csv.ties;
    if (repeats.n > 0)
        notices.push_back(fmt::format(
            "{}:{}: {} with the student, item and order or timestamp of another; each counts as "
            "an answer, so take out what is a copy or a mistake",
            table.path.string(), repeats.line, first_of(repeats)));
    if (tied.n > 0)
        notices.push_back(fmt::format(
            "{}:{}: the first of {} answers (of {}) with the student and order or timestamp of "
            "another item's; they are taken in the order of the rows, so mend the column if that "
            "isn't theirs",
            table.path.string(), tied.line, tied.n, table.csv.answers.size()));
}

void tell_times(const Table& table, std::vector<std::string>& notices) {
    const LongCsv& csv = table.csv;
    if (csv.with_zone > 0 && csv.without_zone > 0)
        notices.push_back(fmt::format(
            "{}:{}: a time without a zone, though line {} has one with a zone; times without are "
            "taken as UTC, so give each its zone if that is wrong",
            table.path.string(), csv.without_zone, csv.with_zone));
    if (!csv.unread_order.empty())
        notices.push_back(fmt::format(
            "{}:{}: column {} isn't read, and answers are taken in the order of the rows; name it "
            "order or timestamp if it says when they were given",
            table.path.string(), csv.header_line, shown(csv.unread_order)));
}

void tell_answered_once(std::span<const Table> tables, std::vector<std::string>& notices) {
    constexpr std::size_t many = 20;  // answers of an item, on average
    struct Item {
        std::size_t answers = 0;
        std::string place;  ///< where it is first
    };
    std::unordered_map<std::string_view, Item> items;
    std::vector<std::string_view> names;  // as they appear
    std::size_t answers = 0;
    for (const Table& table : tables) {
        const LongCsv& csv = table.csv;
        std::vector<std::size_t> of_item(csv.items.size());
        for (std::size_t row = 0; row < csv.item.size(); ++row)
            if (csv.category[row] != LongCsv::no_category)
                ++of_item[static_cast<std::size_t>(csv.item[row])];
        for (std::size_t i = 0; i < of_item.size(); ++i) {
            const LongCsv::Id& id = csv.items[i];
            const auto [item, is_new] = items.try_emplace(id.name);
            if (is_new) {
                names.push_back(id.name);
                item->second.place = fmt::format("{}:{}", table.path.string(), id.line);
            }
            item->second.answers += of_item[i];
        }
        answers += csv.answers.size();
    }
    std::erase_if(names, [&](std::string_view name) { return items[name].answers != 1; });
    if (names.empty() || answers < many * items.size()) return;
    notices.push_back(fmt::format(
        "{}: item {} has one answer{}, and others {} on average; mend its name if it is another "
        "item's, misspelt",
        items[names.front()].place, shown(names.front()),
        names.size() == 1 ? "" : fmt::format(", the first of {} such items", names.size()),
        answers / items.size()));
}

void tell_two_spellings(std::span<const Table> tables, std::string_view what,
                        std::deque<LongCsv::Id> LongCsv::*ids, std::vector<std::string>& notices) {
    struct Known {
        const LongCsv::Id* id;
        const Table* table;
    };
    const auto place = [](const Known& known) {
        return fmt::format("{}:{}", known.table->path.string(), known.id->line);
    };
    std::unordered_map<std::string, Known> known;
    int n = 0;
    std::string message;
    for (const Table& table : tables)
        for (const LongCsv::Id& id : table.csv.*ids) {
            const auto number = plain_number(id.name, table.csv.decimal_mark);
            if (!number) continue;
            const auto [first, is_new] = known.try_emplace(*number, Known{&id, &table});
            if (is_new || first->second.id->name == id.name || n++ > 0) continue;
            message = fmt::format(
                "{}: {} '{}' and the '{}' of {} are taken as two, though they are "
                "one number",
                place({&id, &table}), what, id.name, first->second.id->name, place(first->second));
        }
    if (n == 0) return;
    if (n > 1) message += fmt::format(", the first of {} {}s written in two ways", n, what);
    notices.push_back(message + "; write a number in one way");
}

}  // namespace manygpcm
