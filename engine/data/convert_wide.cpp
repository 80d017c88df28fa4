// A table with a row a person and a column an item, as questionnaires and tests are kept.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>

#include "data/convert.h"
#include "data/csv_records.h"
#include "data/file_form.h"
#include "data/input_text.h"
#include "data/long_table.h"
#include "data/met_learners.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

using Path = std::filesystem::path;

std::string some_of(std::vector<std::string> names) {
    constexpr std::size_t some = 8;
    const bool more = names.size() > some;
    names.resize(std::min(names.size(), some));
    return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

/// The lower one of an even number; 0 of none.
int median(std::vector<int> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + (std::ssize(values) - 1) / 2;
    std::ranges::nth_element(values, middle);
    return *middle;
}

/// What a column holds.
struct WideColumn {
    std::string name;
    bool is_item = false;
    std::string text;  ///< the first that is no score
    int text_line = 0, texts = 0;
    bool has_truth_values = false;
    std::int64_t unanswered = 0;
    int lowest = 0, highest = -1;  ///< scores; none where highest < lowest
    bool has_scores() const { return lowest <= highest; }
};

class WideTable {
  public:
    WideTable(const Path& file, TextStream& text, const ConversionOptions& options)
        : file_(file),
          options_(options),
          separator_(separator_of(text.begin())),
          records_(file, text, separator_) {
        records_.next(row_);
        header_line_ = records_.line();
        for (const CsvField& field : row_)
            columns_.emplace_back().name = trimmed(field.text);
        expect_each_once();
        student_ = student_column();
        choose_items();
    }

    Conversion convert() {
        LongTable table(file_);
        std::exception_ptr wrong;  // in a row, which is told after what is wrong with a column
        while (records_.next(row_, columns_.size())) {
            look();
            if (wrong) continue;
            try {
                add_row(table);
            } catch (const InputError&) {
                wrong = std::current_exception();
            }
        }
        tell_items_from_text();
        if (wrong) std::rethrow_exception(wrong);
        return table.finish(said());
    }

  private:
    std::size_t find(std::string_view name, std::string_view option) const {
        const auto found = std::ranges::find(columns_, name, &WideColumn::name);
        if (found == columns_.end()) {
            std::vector<std::string> present;
            std::vector<std::string_view> names;
            for (const WideColumn& column : columns_) {
                present.push_back(shown(column.name));
                names.push_back(column.name);
            }
            throw error_at(
                file_, header_line_,
                fmt::format("no column {} (--{}) in the header{}; expected one of {}", shown(name),
                            option, did_you_mean(name, names), some_of(present)));
        }
        return static_cast<std::size_t>(found - columns_.begin());
    }

    void expect_each_once() const {
        std::map<std::string_view, int> seen;
        for (const WideColumn& column : columns_)
            if (++seen[column.name] > 1 && !column.name.empty())
                throw error_at(
                    file_, header_line_,
                    fmt::format("column {} appears twice; expected it once", shown(column.name)));
    }

    /// The one that was named, one with a name for it, or a first one that has none.
    std::optional<std::size_t> student_column() const {
        if (!options_.student.empty()) return find(options_.student, "student");
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const std::string name = folded(columns_[c].name);
            if (name == "id" ||
                std::ranges::find(column::student, name) != std::end(column::student))
                return c;
        }
        if (columns_.front().name.empty()) return 0;  // R's row names
        return {};
    }

    void choose_items() {
        // One without a name is what programs number rows by.
        for (std::size_t c = 0; c < columns_.size(); ++c)
            columns_[c].is_item =
                options_.items.empty() && c != student_ && !columns_[c].name.empty();
        const auto refuse = [&](const std::string& name, std::string_view what) {
            throw error_at(file_, header_line_, fmt::format("column {} {}", shown(name), what));
        };
        for (const std::string& name : options_.items) {
            if (find(name, "items") == student_)
                refuse(name,
                       "has the students; expected others with --items, or another column "
                       "with --student");
            columns_[find(name, "items")].is_item = true;
        }
        for (const std::string& name : options_.drop) {
            if (std::ranges::count(options_.items, name) > 0)
                refuse(name, "is named with --items and with --drop; expected it with one of them");
            columns_[find(name, "drop")].is_item = false;
        }
    }

    std::string id(const CsvField& field, int line) const {
        if (is_missing(field))
            throw error_at(
                file_, line,
                fmt::format("no id in column {}; expected one", shown(columns_[*student_].name)));
        return std::string(field.text);
    }

    std::optional<int> score(std::string_view text) const {
        return score_of(text, separator_ == ';' ? ',' : '.');
    }

    /// At what the row's cells hold.
    void look() {
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            WideColumn& column = columns_[c];
            const std::string_view text = row_[c].text;
            if (!column.is_item) continue;
            if (stands_for_none(text, options_)) {
                ++column.unanswered;
            } else if (const auto value = score(text)) {
                column.lowest = column.has_scores() ? std::min(column.lowest, *value) : *value;
                column.highest = std::max(column.highest, *value);
                column.has_truth_values = column.has_truth_values || is_truth_value(text);
            } else if (column.texts++ == 0) {
                column.text = text;
                column.text_line = records_.line();
            }
        }
    }

    /// Of the scores; columns of text have none.
    void add_row(LongTable& table) {
        const int line = records_.line();
        const std::string student =
            student_ ? id(row_[*student_], line) : std::to_string(++students_);
        if (const auto before = met_.meet(student, line))
            throw error_at(file_, line,
                           fmt::format("student {} has line {} already; expected one row a person",
                                       shown(student), before->line));
        LongTable::Lines lines = LongTable::Lines::all(line);
        lines.item = header_line_;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const std::string_view text = row_[c].text;
            if (!columns_[c].is_item || stands_for_none(text, options_)) continue;
            if (const auto value = score(text)) table.add(lines, student, columns_[c].name, *value);
        }
    }

    /// Columns of text have no score at all.
    void tell_items_from_text() {
        for (WideColumn& column : columns_) {
            if (column.texts == 0) continue;
            column.is_item = column.has_scores() || !options_.items.empty();
            if (column.is_item)
                throw error_at(
                    file_, column.text_line,
                    fmt::format(
                        "column {} has {}{}{}{}; {}, or the column with --drop if it is no item",
                        shown(column.name), shown(column.text), note_of_date(column.text),
                        column.texts == 1
                            ? ""
                            : fmt::format(", the first of {} that are no scores", column.texts),
                        column.has_scores() ? " beside scores" : "", expected_score()));
        }
    }

    std::vector<std::string> said() const {
        std::vector<std::string> lines;
        std::int64_t unanswered = 0;
        lines.push_back(student_
                            ? fmt::format("students: column {}", shown(columns_[*student_].name))
                            : "students: numbered from 1, as no column is named as theirs "
                              "(--student NAME)");
        std::vector<std::string> empty, truth_values;
        std::map<std::pair<int, int>, std::vector<std::string>> ranges;
        std::vector<int> highest;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const WideColumn& column = columns_[c];
            if (column.name.empty() && c != student_)
                lines.push_back(fmt::format("no item: column {}, which has no name", c + 1));
            if (!column.text.empty())
                lines.push_back(fmt::format("no item: column {}, {} in line {}{}",
                                            shown(column.name), shown(column.text),
                                            column.text_line, note_of_date(column.text)));
            if (column.is_item) unanswered += column.unanswered;
            if (column.is_item && !column.has_scores()) empty.push_back(shown(column.name));
            if (!column.is_item || !column.has_scores()) continue;
            ranges[{column.lowest, column.highest}].push_back(shown(column.name));
            highest.push_back(column.highest);
            if (column.has_truth_values) truth_values.push_back(shown(column.name));
        }
        if (!empty.empty()) lines.push_back("without answers: " + some_of(empty));
        if (!truth_values.empty())
            lines.push_back(fmt::format("TRUE is 1, FALSE is 0: {} (--drop what is no item)",
                                        some_of(truth_values)));
        // Items differ in their categories; an age, a sum or a time is beyond what items have.
        const int usual = median(std::move(highest));
        for (const auto& [range, names] : ranges)
            if (range.first > usual || range.second > 2 * usual + 4)
                lines.push_back(
                    fmt::format("scores {} to {}, unlike most: {} (--drop what is no "
                                "item)",
                                range.first, range.second, some_of(names)));
        lines.emplace_back(
            "order: that of the columns, the same for everybody, since a wide table has no other");
        if (unanswered > 0) lines.push_back(counted(unanswered, "cell") + " without an answer");
        return lines;
    }

    const Path& file_;
    const ConversionOptions& options_;
    char separator_;
    CsvRecords records_;
    int header_line_ = 1;
    std::vector<WideColumn> columns_;
    std::optional<std::size_t> student_;
    MetLearners met_;
    int students_ = 0;  ///< numbered
    std::vector<CsvField> row_;
};

}  // namespace

Conversion convert_wide(const Path& file, TextStream& text, const ConversionOptions& options) {
    return WideTable(file, text, options).convert();
}

}  // namespace manygpcm
