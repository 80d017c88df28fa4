// Reads long CSV as RFC 4180 has it: quotes may hold commas, line breaks and doubled quotes.
#include "long_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "input_text.h"

namespace manygpcm {
namespace {

using Path = std::filesystem::path;

/// Walks the records of a CSV text. Blank lines are passed over.
class RecordReader {
  public:
    RecordReader(const Path& file, std::string_view text) : file_(file), text_(text) {}

    /// Reads the next record into `fields`; false at the end.
    bool next(std::vector<std::string>& fields) {
        while (take_line_end()) {
        }
        if (at_end()) return false;
        line_ = current_line_;
        fields.clear();
        do {
            std::string& field = fields.emplace_back();
            if (peek() == '"')
                read_quoted(field);
            else
                read_plain(field);
        } while (take(','));
        if (!at_end() && !take_line_end())
            throw error_at(file_, current_line_,
                           "text after a closing quote; expected a comma or the end of the line");
        return true;
    }

    int line() const { return line_; }  ///< where the last record began

  private:
    bool at_end() const { return position_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[position_]; }

    bool take(char c) {
        if (at_end() || peek() != c) return false;
        ++position_;
        return true;
    }

    bool take_line_end() {
        const std::string_view rest = text_.substr(position_);
        if (!rest.starts_with('\n') && !rest.starts_with("\r\n")) return false;
        position_ += rest.front() == '\r' ? 2 : 1;
        ++current_line_;
        return true;
    }

    void read_plain(std::string& field) {
        std::size_t end = std::min(text_.find_first_of(",\n\"", position_), text_.size());
        if (end < text_.size() && text_[end] == '"')
            throw error_at(file_, current_line_,
                           "a quote inside a field; expected quotes around the whole field");
        if (end < text_.size() && text_[end] == '\n' && end > position_ && text_[end - 1] == '\r')
            --end;
        field = trimmed(text_.substr(position_, end - position_));
        position_ = end;
    }

    void read_quoted(std::string& field) {
        ++position_;
        for (;;) {
            const std::size_t quote = text_.find('"', position_);
            if (quote == std::string_view::npos)
                throw error_at(file_, line_,
                               "a quote is opened and never closed; expected a closing quote");
            field += text_.substr(position_, quote - position_);
            position_ = quote + 1;
            if (!take('"')) break;
            field += '"';
        }
        current_line_ += static_cast<int>(std::ranges::count(field, '\n'));
    }

    const Path& file_;
    std::string_view text_;
    std::size_t position_ = 0;
    int current_line_ = 1;
    int line_ = 1;
};

struct Columns {
    std::size_t student, item, score;
    std::optional<std::size_t> order;
    std::size_t count;
};

std::optional<std::size_t> find_column(const Path& file, int line,
                                       const std::vector<std::string>& header,
                                       std::string_view name) {
    const auto found = std::ranges::find(header, name, trimmed);
    if (found == header.end()) return std::nullopt;
    if (std::ranges::count(header, name, trimmed) > 1)
        throw error_at(file, line,
                       fmt::format("column '{}' appears twice; expected it once", name));
    return static_cast<std::size_t>(found - header.begin());
}

/// `text` in lower case and without blanks.
std::string folded(std::string_view text) {
    std::string result;
    for (const char c : text)
        if (c != ' ' && c != '\t') result += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

/// Other columns are passed over, so a known one misspelt would be left out in silence.
void expect_exact_names(const Path& file, int line, const std::vector<std::string>& header) {
    constexpr std::array<std::string_view, 5> known = {"student", "item", "score", "order",
                                                       "timestamp"};
    for (const std::string& name : header) {
        const auto meant = std::ranges::find(known, folded(name));
        if (meant != known.end() && trimmed(name) != *meant)
            throw error_at(file, line,
                           fmt::format("column {}; expected '{}'", shown(name), *meant));
    }
}

Columns read_header(const Path& file, int line, const std::vector<std::string>& header) {
    expect_exact_names(file, line, header);
    const auto need = [&](std::string_view name) {
        if (const auto column = find_column(file, line, header, name)) return *column;
        throw error_at(file, line,
                       fmt::format("no column '{}' in {}; expected the comma-separated "
                                   "student,item,score and optionally order or timestamp",
                                   name, shown(fmt::format("{}", fmt::join(header, ",")))));
    };
    std::optional<std::size_t> order = find_column(file, line, header, "order");
    if (!order) order = find_column(file, line, header, "timestamp");
    return {need("student"), need("item"), need("score"), order, header.size()};
}

/// Numbers ids in the order of first appearance.
class Interner {
  public:
    explicit Interner(std::vector<std::string>& ids) : ids_(ids) {}

    std::int32_t number(const std::string& id) {
        const auto [entry, is_new] =
            numbers_.try_emplace(id, static_cast<std::int32_t>(ids_.size()));
        if (is_new) ids_.push_back(id);
        return entry->second;
    }

  private:
    std::vector<std::string>& ids_;
    std::unordered_map<std::string, std::int32_t> numbers_;
};

/// Ids go into model files and studies, which are JSON and know no other encoding.
bool is_utf8(const std::string& text) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return true;
    try {
        static_cast<void>(nlohmann::json(text).dump());
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

/// `text` in ASCII: every other byte as \xNN.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        result += byte < 0x80 ? std::string(1, c) : fmt::format("\\x{:02X}", byte);
    }
    return result;
}

const std::string& checked_id(const std::string& id, std::string_view column, const Path& file,
                              int line) {
    if (id.empty()) throw error_at(file, line, fmt::format("no {}; expected an id", column));
    if (!is_utf8(id))
        throw error_at(
            file, line,
            fmt::format("{} {} isn't UTF-8; expected a file in UTF-8", column, shown(escaped(id))));
    return id;
}

double parse_order(std::string_view text, const Path& file, int line) {
    const std::string_view digits = trimmed(text);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
        throw error_at(file, line,
                       fmt::format("order or timestamp {}; expected a number", shown(text)));
    return value;
}

/// The answers sorted by `orders`; those of equal order stay as they were.
std::vector<LongCsv::Answer> sorted_by(const std::vector<double>& orders,
                                       const std::vector<LongCsv::Answer>& answers) {
    std::vector<std::size_t> positions(answers.size());
    std::iota(positions.begin(), positions.end(), std::size_t{0});
    std::ranges::stable_sort(positions, {}, [&](std::size_t i) { return orders[i]; });
    std::vector<LongCsv::Answer> sorted;
    sorted.reserve(answers.size());
    for (const std::size_t i : positions)
        sorted.push_back(answers[i]);
    return sorted;
}

LongCsv::Repeats repeats_in(const std::vector<double>& orders,
                            const std::vector<LongCsv::Answer>& answers) {
    using Row = std::tuple<double, std::int32_t, std::int32_t, std::int32_t>;
    std::vector<Row> rows;
    rows.reserve(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i)
        rows.emplace_back(orders[i], answers[i].student, answers[i].item, answers[i].line);
    std::ranges::sort(rows);
    LongCsv::Repeats repeats;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto& [order, student, item, line] = rows[i];
        const auto& [order_before, student_before, item_before, line_before] = rows[i - 1];
        if (std::tie(order, student, item) != std::tie(order_before, student_before, item_before))
            continue;
        repeats.line = repeats.n++ == 0 ? line : std::min(repeats.line, line);
    }
    return repeats;
}

}  // namespace

LongCsv read_long_csv(const Path& file) {
    const std::string text = read_input_text(file);
    RecordReader reader(file, text);
    std::vector<std::string> fields;
    reader.next(fields);
    const Columns columns = read_header(file, reader.line(), fields);

    LongCsv csv;
    Interner students(csv.students), items(csv.items);
    std::vector<double> orders;
    while (reader.next(fields)) {
        const int line = reader.line();
        if (fields.size() != columns.count)
            throw error_at(file, line,
                           fmt::format("{} fields; expected {}, as the header has", fields.size(),
                                       columns.count));
        csv.answers.push_back(
            {students.number(checked_id(fields[columns.student], "student", file, line)),
             items.number(checked_id(fields[columns.item], "item", file, line)),
             parse_category(fields[columns.score], file, line), line});
        if (columns.order) orders.push_back(parse_order(fields[*columns.order], file, line));
    }
    if (csv.answers.empty())
        throw error_at(file, reader.line(), "no rows after the header; expected answers");
    if (columns.order) {
        csv.repeats = repeats_in(orders, csv.answers);
        csv.answers = sorted_by(orders, csv.answers);
    }
    return csv;
}

std::vector<Learner> to_learners(const LongCsv& csv,
                                 std::span<const std::int32_t> question_numbers) {
    std::vector<Learner> learners;
    learners.reserve(csv.students.size());
    for (const std::string& id : csv.students)
        learners.push_back({id, {}, {}});
    for (const LongCsv::Answer& answer : csv.answers) {
        Learner& learner = learners[static_cast<std::size_t>(answer.student)];
        learner.questions.push_back(question_numbers[static_cast<std::size_t>(answer.item)]);
        learner.responses.push_back(answer.category);
    }
    return learners;
}

}  // namespace manygpcm
