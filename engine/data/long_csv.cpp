// What the columns of a table of answers are, and what its rows say.
#include "data/long_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "data/csv_records.h"
#include "data/file_form.h"
#include "data/input_text.h"
#include "data/time_text.h"

namespace manygpcm {
namespace {

using Path = std::filesystem::path;

struct Columns {
    std::size_t student, item, score;
    std::optional<std::size_t> order, skill;
    std::size_t count;
};

using Header = std::span<const CsvField>;
using Names = std::span<const std::string_view>;

std::optional<std::size_t> find_column(const Path& file, int line, Header header,
                                       std::string_view name) {
    const auto has_name = [&](const CsvField& field) { return trimmed(field.text) == name; };
    const auto found = std::ranges::find_if(header, has_name);
    if (found == header.end()) return std::nullopt;
    if (std::ranges::count_if(header, has_name) > 1)
        throw error_at(file, line,
                       fmt::format("column '{}' appears twice; expected it once", name));
    return static_cast<std::size_t>(found - header.begin());
}

/// The column of one of the names. Others are passed over, so a name misspelt would be left out in
/// silence.
std::optional<std::size_t> find_column(const Path& file, int line, Header header, Names names) {
    if (const auto column = find_column(file, line, header, names.front())) return column;
    std::optional<std::size_t> found;
    for (const std::string_view name : names) {
        const auto column = find_column(file, line, header, name);
        if (found && column)
            throw error_at(
                file, line,
                fmt::format("columns '{}' and '{}' may both be the {}; expected the one "
                            "that is, named '{}'",
                            trimmed(header[*found].text), name, names.front(), names.front()));
        if (column) found = column;
    }
    if (found) return found;
    for (const CsvField& field : header)
        if (const auto meant = std::ranges::find(names, folded(field.text)); meant != names.end())
            throw error_at(file, line,
                           fmt::format("column {}; expected '{}'", shown(field.text), *meant));
    return std::nullopt;
}

Columns read_header(const Path& file, int line, Header header) {
    const auto need = [&](Names names) {
        if (const auto found = find_column(file, line, header, names)) return *found;
        std::vector<std::string> present;
        std::string meant;
        for (const CsvField& field : header) {
            present.push_back(field.text);
            if (meant.empty() && !did_you_mean(field.text, names).empty())
                meant = fmt::format(" (is it {}?)", shown(field.text));
        }
        throw error_at(
            file, line,
            fmt::format(
                "no column '{}' in {}{}; expected student, item, score and optionally order "
                "or timestamp, or for '{}' one of {}; manygpcm convert makes such a table of a "
                "wide one, with a column an item",
                names.front(), shown(fmt::format("{}", fmt::join(present, ","))), meant,
                names.front(), fmt::join(names.subspan(1), ", ")));
    };
    std::optional<std::size_t> order = find_column(file, line, header, column::order);
    // Looked for in any case: a name misspelt is refused.
    if (const auto time = find_column(file, line, header, column::timestamp); !order) order = time;
    return {need(column::student),
            need(column::item),
            need(column::score),
            order,
            find_column(file, line, header, column::skill),
            header.size()};
}

/// The name of a column that seems to say when, and isn't called as one that is read; "" for none.
std::string column_that_may_say_when(Header header) {
    constexpr std::string_view names[] = {"time",       "times",       "date",         "datetime",
                                          "date_time",  "time_stamp",  "start_time",   "end_time",
                                          "created_at", "answered_at", "submitted_at", "order_id",
                                          "sequence",   "position"};
    for (const CsvField& field : header)
        if (std::ranges::find(names, folded(field.text)) != std::end(names)) return field.text;
    return "";
}

/// Numbers ids in the order of first appearance.
class Interner {
  public:
    explicit Interner(std::vector<LongCsv::Id>& ids) : ids_(ids) {}

    std::int32_t number(const std::string& id, int line) {
        if (last_ && last_->first == id) return last_->second;  // rows of one are often together
        const auto [entry, is_new] =
            numbers_.try_emplace(id, static_cast<std::int32_t>(ids_.size()));
        if (is_new) ids_.push_back({id, line});
        last_ = &*entry;
        return entry->second;
    }

  private:
    std::vector<LongCsv::Id>& ids_;
    std::unordered_map<std::string, std::int32_t> numbers_;
    const std::pair<const std::string, std::int32_t>* last_ = nullptr;
};

/// Gathers which skills each item is of.
class SkillsOfItems {
  public:
    explicit SkillsOfItems(LongCsv& csv) : csv_(csv) {}

    /// @param text of a row's column: most rows repeat what another of the item says
    void add(std::int32_t item, const std::string& text) {
        if (csv_.skills_of_item.size() <= static_cast<std::size_t>(item))
            csv_.skills_of_item.resize(static_cast<std::size_t>(item) + 1);
        std::vector<std::int32_t>& own = csv_.skills_of_item[static_cast<std::size_t>(item)];
        for (const std::string_view name : parts_of(text)) {
            const auto [entry, is_new] = numbers_.try_emplace(
                std::string(name), static_cast<std::int32_t>(csv_.skills.size()));
            if (is_new) csv_.skills.emplace_back(name);
            if (std::ranges::find(own, entry->second) == own.end()) own.push_back(entry->second);
        }
    }

  private:
    /// Of several skills that are numbers, as pyKT writes them (12_34), each; else the whole, for
    /// names have underscores, too.
    static std::vector<std::string_view> parts_of(std::string_view text) {
        std::vector<std::string_view> parts = split(text, "_");
        const auto is_number = [](std::string_view part) {
            return !part.empty() &&
                   std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
        };
        if (!std::ranges::all_of(parts, is_number)) parts = {text};
        return parts;
    }

    LongCsv& csv_;
    std::unordered_map<std::string, std::int32_t> numbers_;
};

/// Counts a row in.
void add(LongCsv::Rows& rows, int line) {
    rows.line = rows.n++ == 0 ? line : std::min(rows.line, line);
}

/// Leaves out what has no score, but for the last answers of learners where they may lack it.
void leave_out_unanswered(LongCsv& csv, LastScore last_score) {
    std::vector<const LongCsv::Answer*> last(csv.students.size());
    for (const LongCsv::Answer& answer : csv.answers)
        last[static_cast<std::size_t>(answer.student)] = &answer;
    std::vector<LongCsv::Answer> kept;
    kept.reserve(csv.answers.size());
    for (const LongCsv::Answer& answer : csv.answers) {
        if (answer.category != LongCsv::no_category ||
            (last_score == LastScore::optional &&
             &answer == last[static_cast<std::size_t>(answer.student)]))
            kept.push_back(answer);
        else
            add(csv.unanswered, answer.line);
    }
    csv.answers = std::move(kept);
}

/// The answers sorted by `orders`; those of equal order stay as they were.
std::vector<LongCsv::Answer> sorted_by(const std::vector<double>& orders,
                                       const std::vector<LongCsv::Answer>& answers) {
    if (std::ranges::is_sorted(orders)) return answers;
    std::vector<std::size_t> positions(answers.size());
    std::iota(positions.begin(), positions.end(), std::size_t{0});
    std::ranges::stable_sort(positions, {}, [&](std::size_t i) { return orders[i]; });
    std::vector<LongCsv::Answer> sorted;
    sorted.reserve(answers.size());
    for (const std::size_t i : positions)
        sorted.push_back(answers[i]);
    return sorted;
}

/// Finds the rows that repeat others and those whose order says nothing.
void find_ties(const std::vector<double>& orders, LongCsv& csv) {
    using Row = std::tuple<double, std::int32_t, std::int32_t, std::int32_t>;
    std::vector<Row> rows;
    rows.reserve(csv.answers.size());
    for (std::size_t i = 0; i < csv.answers.size(); ++i) {
        const LongCsv::Answer& answer = csv.answers[i];
        rows.emplace_back(orders[i], answer.student, answer.item, answer.line);
    }
    std::ranges::sort(rows);
    const auto same = [](const Row& a, const Row& b) {
        return std::get<0>(a) == std::get<0>(b) && std::get<1>(a) == std::get<1>(b);
    };
    for (auto first = rows.begin(); first != rows.end();) {
        const auto last =
            std::find_if(first, rows.end(), [&](auto& row) { return !same(row, *first); });
        for (auto row = first; row != last; ++row) {
            if (row != first && std::get<2>(*row) == std::get<2>(*std::prev(row)))
                add(csv.repeats, std::get<3>(*row));
            if (std::get<2>(*first) != std::get<2>(*std::prev(last)))
                add(csv.tied, std::get<3>(*row));
        }
        first = last;
    }
}

}  // namespace

LongCsv parse_long_csv(const Path& file, std::string_view text, char separator,
                       LastScore last_score, StopFlag stop) {
    CsvReader reader(file, text, separator);
    std::vector<CsvField> fields;
    reader.next(fields);
    const Columns columns = read_header(file, reader.line(), fields);

    LongCsv csv;
    csv.header_line = reader.line();
    if (!columns.order) csv.unread_order = column_that_may_say_when(fields);
    csv.decimal_mark = separator == ';' ? ',' : '.';
    Interner students(csv.students), items(csv.items);
    std::vector<double> orders;
    TimeColumn times(file, csv.decimal_mark);
    SkillsOfItems skills(csv);
    while (reader.next(fields, columns.count)) {
        throw_if_set(stop);
        const int line = reader.line();
        const auto id = [&](std::size_t column, std::string_view name, Interner& ids) {
            return ids.number(checked_id(fields[column], name, file, line), line);
        };
        csv.answers.push_back(
            {id(columns.student, "student", students), id(columns.item, "item", items),
             is_missing(fields[columns.score])
                 ? LongCsv::no_category
                 : parse_category(fields[columns.score].text, file, line, csv.decimal_mark),
             line});
        if (columns.skill && !is_missing(fields[*columns.skill]))
            skills.add(csv.answers.back().item,
                       checked_id(fields[*columns.skill], "skill", file, line));
        if (columns.order) orders.push_back(times.read(fields[*columns.order].text, line));
    }
    if (csv.answers.empty())
        throw error_at(file, reader.line(), "no rows after the header; expected answers");
    if (columns.order) {
        find_ties(orders, csv);
        csv.answers = sorted_by(orders, csv.answers);
        csv.with_zone = times.first_with_zone();
        csv.without_zone = times.first_without_zone();
    }
    if (columns.skill) csv.skills_of_item.resize(csv.items.size());
    leave_out_unanswered(csv, last_score);
    if (csv.answers.empty())
        throw error_at(
            file, csv.unanswered.line,
            fmt::format("none of the {} rows has a score; expected answers", csv.unanswered.n));
    return csv;
}

}  // namespace manygpcm
