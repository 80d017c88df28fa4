// Walks a text field by field, counting lines.
#include "data/csv_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "data/input_text.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

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

std::optional<DeclaredSeparator> declared_separator(std::string_view text) {
    constexpr std::string_view mark = "sep=";
    const std::size_t end = text.find('\n');
    if (!text.starts_with(mark) || end == text.npos) return std::nullopt;
    std::string_view declared = text.substr(mark.size(), end - mark.size());
    if (declared.ends_with('\r')) declared.remove_suffix(1);
    if (declared.size() != 1 || declared == "\"" ||
        text.find_first_not_of(" \t\r\n", end) == text.npos)
        return std::nullopt;
    return DeclaredSeparator{declared.front(), end + 1};
}

CsvReader::CsvReader(const std::filesystem::path& file, std::string_view text, char separator,
                     int first_line)
    : file_(file),
      text_(text),
      separator_(separator),
      current_line_(first_line),
      line_(first_line) {
    const auto declared = first_line == 1 ? declared_separator(text) : std::nullopt;
    if (!declared) return;
    position_ = declared->end;
    ++current_line_;
}

bool CsvReader::next(std::vector<CsvField>& fields) {
    while (take_line_end()) {
    }
    if (at_end()) return false;
    line_ = current_line_;
    if (next_simple(fields)) return true;
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
                                   : separator_ == ';' ? "a semicolon"
                                                       : shown({&separator_, 1})));
    return true;
}

/// Reads a record that ends with a line end and has neither doubled quotes nor line ends in quotes,
/// as nearly all are. Whatever is no such record is left where it is: false.
bool CsvReader::next_simple(std::vector<CsvField>& fields) {
    constexpr std::size_t block_size = 64;
    std::size_t block = block_;
    std::uint64_t marks = marks_;
    if (marked_from_ != position_) {
        block = position_ / block_size * block_size;
        marks = marks_from(block) & (~std::uint64_t{0} << position_ % block_size);
    }
    const auto next_mark = [&] {  // the text's end where there is none
        while (marks == 0) {
            block += block_size;
            if (block >= text_.size()) return text_.size();
            marks = marks_from(block);
        }
        const auto mark = block + static_cast<std::size_t>(std::countr_zero(marks));
        marks &= marks - 1;
        return mark;
    };
    std::size_t n = 0;
    const auto add = [&](std::string_view text, bool quoted) {
        if (n == fields.size()) fields.emplace_back();
        fields[n].text = text;  // in place: copies of what was just written are waited for
        fields[n++].quoted = quoted;
    };
    for (std::size_t begin = position_;;) {
        std::size_t end = next_mark();
        if (end == text_.size()) return false;
        const bool quoted = text_[end] == '"';
        if (quoted) {
            if (end != begin) return false;
            do {
                end = next_mark();
                if (end == text_.size() || text_[end] == '\n') return false;
            } while (text_[end] != '"');
            add(text_.substr(begin + 1, end - begin - 1), true);
            begin = end + 1;
            end = next_mark();
            if (end == text_.size() || text_[end] == '"') return false;
        }
        const bool feed = text_[end] == '\n';
        const std::size_t line_end_size = feed && end > begin && text_[end - 1] == '\r' ? 2 : 1;
        std::string_view plain = text_.substr(begin, end + 1 - line_end_size - begin);
        if (quoted) {
            if (!plain.empty()) return false;
        } else {
            if (!plain.empty() && (is_blank(plain.front()) || is_blank(plain.back())))
                plain = trimmed(plain);
            add(plain, false);
        }
        begin = end + 1;
        if (!feed) continue;
        fields.resize(n);
        ++current_line_;
        position_ = marked_from_ = begin;
        block_ = block;
        marks_ = marks;
        return true;
    }
}

/// Looks at eight characters at a time.
std::uint64_t CsvReader::marks_from(std::size_t block) const {
    constexpr std::uint64_t lowest_bits = 0x0101010101010101, lower_bits = 0x7f * lowest_bits;
    constexpr std::size_t size = sizeof(std::uint64_t), words = 8;
    std::array<std::uint64_t, words> text{};  // beyond the text's end zeros, which no text has
    std::memcpy(text.data(), text_.data() + block, std::min(words * size, text_.size() - block));
    const std::uint64_t separating = lowest_bits * static_cast<unsigned char>(separator_);
    std::uint64_t marks = 0;
    for (std::size_t i = 0; i < words; ++i) {
        // A byte's top bit becomes 0 where the byte is the character.
        const auto differs = [](std::uint64_t word, std::uint64_t character) {
            word ^= character;
            return ((word & lower_bits) + lower_bits) | word;
        };
        const std::uint64_t word = text[i];
        static_assert(std::endian::native == std::endian::little);
        const std::uint64_t found =
            ~((differs(word, separating) & differs(word, lowest_bits * '\n') &
               differs(word, lowest_bits * '"')) |
              lower_bits);
        // Puts the top bits of the eight bytes side by side.
        constexpr std::uint64_t gather = 0x0102040810204080;
        const std::uint64_t eight = (found >> 7) * gather >> 56;
        marks |= eight << (size * i);
    }
    return marks;
}

bool CsvReader::next(std::vector<CsvField>& fields, std::size_t n_columns) {
    if (!next(fields)) return false;
    if (fields.size() != n_columns)
        throw error_at(file_, line_,
                       fmt::format("{}; expected {}, as the header has",
                                   counted(std::ssize(fields), "field"), n_columns));
    return true;
}

template <class Next>
bool CsvRecords::next_of(const Next& next) {
    while (!reader_ || !next()) {
        std::optional<TextPiece> more = text_.next(end_of_records);
        if (!more) return false;
        piece_ = std::move(more);
        reader_.emplace(file_, piece_->text, separator_, piece_->first_line);
    }
    return true;
}

bool CsvRecords::next(std::vector<CsvField>& fields) {
    return next_of([&] { return reader_->next(fields); });
}

bool CsvRecords::next(std::vector<CsvField>& fields, std::size_t n_columns) {
    return next_of([&] { return reader_->next(fields, n_columns); });
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
    while (end < text_.size() && text_[end] != separator_ && text_[end] != '\n' &&
           text_[end] != '"')
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

bool is_word_for_missing(std::string_view text) {
    constexpr std::array<std::string_view, 18> words = {
        "NA",   "N/A",  "n/a",  "#N/A", "#NA",  "#N/A N/A", "<NA>",    "NaN",     "nan",
        "-NaN", "-nan", "NULL", "null", "None", "1.#IND",   "-1.#IND", "1.#QNAN", "-1.#QNAN"};
    return std::ranges::find(words, text) != words.end();
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
