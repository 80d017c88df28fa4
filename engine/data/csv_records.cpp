// Walks a text field by field, counting lines.
#include "data/csv_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "data/input_text.h"
#include "manygpcm/engine/csv_field.h"

namespace manygpcm {
namespace {

/// pandas' default list of what stands for a missing value.
bool is_word_for_missing(std::string_view text) {
    constexpr std::array<std::string_view, 18> words = {
        "NA",   "N/A",  "n/a",  "#N/A", "#NA",  "#N/A N/A", "<NA>",    "NaN",     "nan",
        "-NaN", "-nan", "NULL", "null", "None", "1.#IND",   "-1.#IND", "1.#QNAN", "-1.#QNAN"};
    constexpr std::size_t shortest = 2, longest = 8;
    constexpr std::string_view first_letters = "Nn#<-1";
    // Asked of every field: most are none by their first letter.
    if (text.size() < shortest || text.size() > longest ||
        first_letters.find(text.front()) == text.npos)
        return false;
    return std::ranges::find(words, text) != words.end();
}

/// Ids go into model files and studies, which are JSON and know no other encoding.
bool is_utf8(std::string_view text) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return true;
    try {
        static_cast<void>(nlohmann::json(text).dump());
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

}  // namespace

CsvReader::CsvReader(const std::filesystem::path& file, std::string_view text, char separator,
                     int first_line)
    : file_(file),
      text_(text),
      separator_(separator),
      current_line_(first_line),
      line_(first_line) {
    for (const char c : {separator, '\n', '"'})
        ends_plain_[static_cast<unsigned char>(c)] = true;
}

bool CsvReader::next(std::vector<CsvField>& fields) {
    while (take_line_end()) {
    }
    if (at_end()) return false;
    line_ = current_line_;
    fields.clear();
    unquoted_.clear();
    do {
        const bool quoted = peek() == '"';
        fields.push_back({quoted ? read_quoted() : read_plain(), quoted});
    } while (take(separator_));
    if (!at_end() && !take_line_end())
        throw error_at(file_, current_line_,
                       fmt::format("text after a closing quote; expected {} or the end of the "
                                   "line",
                                   separator_ == '\t'  ? "a tab"
                                   : separator_ == ',' ? "a comma"
                                                       : "a semicolon"));
    return true;
}

bool CsvReader::next(std::vector<CsvField>& fields, std::size_t n_columns) {
    if (!next(fields)) return false;
    if (fields.size() != n_columns)
        throw error_at(
            file_, line_,
            fmt::format("{} fields; expected {}, as the header has", fields.size(), n_columns));
    return true;
}

bool CsvReader::take(char c) {
    if (at_end() || peek() != c) return false;
    ++position_;
    return true;
}

bool CsvReader::take_line_end() {
    const bool feed = peek() == '\n';
    if (!feed && (peek() != '\r' || !text_.substr(position_).starts_with("\r\n"))) return false;
    position_ += feed ? 1 : 2;
    ++current_line_;
    return true;
}

std::string_view CsvReader::read_plain() {
    std::size_t end = position_;  // fields are short: a loop is faster than a search
    while (end < text_.size() && !ends_plain_[static_cast<unsigned char>(text_[end])])
        ++end;
    if (end < text_.size() && text_[end] == '"')
        throw error_at(file_, current_line_,
                       "a quote inside a field; expected quotes around the whole field");
    if (end < text_.size() && text_[end] == '\n' && end > position_ && text_[end - 1] == '\r')
        --end;
    const std::string_view field = text_.substr(position_, end - position_);
    position_ = end;
    return trimmed(field);
}

std::string_view CsvReader::read_quoted() {
    ++position_;
    std::string_view field;
    std::string* unquoted = nullptr;  // where a doubled quote was met
    for (;;) {
        const std::size_t quote = text_.find('"', position_);
        if (quote == std::string_view::npos)
            throw error_at(file_, line_,
                           "a quote is opened and never closed; expected a closing quote");
        const std::string_view part = text_.substr(position_, quote - position_);
        position_ = quote + 1;
        if (unquoted != nullptr) *unquoted += part;
        if (!take('"')) {
            field = unquoted != nullptr ? std::string_view(*unquoted) : part;
            break;
        }
        if (unquoted == nullptr) unquoted = &unquoted_.emplace_back(part);
        *unquoted += '"';
    }
    current_line_ += static_cast<int>(std::ranges::count(field, '\n'));
    return field;
}

std::size_t end_of_records(std::string_view text) {
    // A record ends at a line end that isn't in quotes: an even number of them is before it,
    // doubled ones included. Wherever that isn't so, an error comes before.
    bool quoted = count_of('"', text) % 2 != 0;
    for (std::size_t end = text.size(); end > 0; --end) {
        if (text[end - 1] == '"') quoted = !quoted;
        if (text[end - 1] == '\n' && !quoted) return end;
    }
    return 0;
}

bool means_missing(const CsvField& field) {
    return !field.quoted && is_word_for_missing(field.text);
}

bool is_missing(const CsvField& field) {
    return field.text.empty() || means_missing(field);
}

std::string_view checked_id(const CsvField& field, std::string_view column,
                            const std::filesystem::path& file, int line) {
    const std::string_view id = field.text;
    if (id.empty()) throw error_at(file, line, fmt::format("no {}; expected an id", column));
    if (means_missing(field))
        throw error_at(file, line,
                       fmt::format("{0} {1} means that none is known; expected an id: leave out "
                                   "such rows, or write \"{2}\" in quotes if it is one's name",
                                   column, shown(id), id));
    if (!is_utf8(id))
        throw error_at(
            file, line,
            fmt::format("{} {} isn't UTF-8; expected a file in UTF-8", column, shown(id)));
    return id;
}

std::string csv_field(std::string_view text) {
    // Blanks at the ends would be trimmed when the field is read back.
    constexpr std::string_view blanks = " \t";
    const bool blank_ends = !text.empty() && (blanks.find(text.front()) != blanks.npos ||
                                              blanks.find(text.back()) != blanks.npos);
    if (!blank_ends && !is_word_for_missing(text) &&
        text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace manygpcm
