// The records of a CSV text as RFC 4180 has it, with any separator: quotes may hold separators,
// line breaks and doubled quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/text_stream.h"

namespace manygpcm {

struct CsvField {
    std::string_view text;
    bool quoted = false;
};

/// What a first line such as "sep=;" says, which Excel writes and reads: the separator, and where
/// the line ends in the text.
struct DeclaredSeparator {
    char separator;
    std::size_t end;
};

/// That of a file's text, if it has one and there is more than blanks behind.
std::optional<DeclaredSeparator> declared_separator(std::string_view text);

/// Walks the records. Blank lines are passed over, and a line that declares the separator.
class CsvReader {
  public:
    /// @param file which has the text, for messages; both must outlive the reader
    /// @param first_line  where in the file the text begins
    CsvReader(const std::filesystem::path& file, std::string_view text, char separator,
              int first_line = 1);

    /// Reads the next record into `fields`, whose texts last until the next one is read; false at
    /// the end.
    /// @throws InputError for quotes that no reader would understand
    bool next(std::vector<CsvField>& fields);

    /// The same of a table's row. @throws InputError, too, unless it has a field for every column
    bool next(std::vector<CsvField>& fields, std::size_t n_columns);

    int line() const { return line_; }  ///< where the last record began
    /// Whether the last record's texts are all parts of the text that is read, and last as long.
    bool texts_last() const { return unquoted_.empty(); }

  private:
    bool next_simple(std::vector<CsvField>& fields);
    std::uint64_t marks_from(std::size_t block) const;
    bool at_end() const { return position_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    bool take(char c);
    bool take_line_end();
    std::string_view read_plain();
    std::string_view read_quoted();

    const std::filesystem::path& file_;
    std::string_view text_;
    char separator_;
    std::size_t position_ = 0;
    int current_line_, line_;
    /// Where separators, line ends and quotes are among the 64 characters from block_ on, a bit
    /// each, but none before marked_from_.
    std::uint64_t marks_ = 0;
    std::size_t block_ = 0, marked_from_ = std::string_view::npos;
    std::deque<std::string> unquoted_;  ///< of this record, what had doubled quotes
};

/// Walks the records of a text that is read piece by piece.
class CsvRecords {
  public:
    /// @param file which has the text, for messages; both must outlive the records
    CsvRecords(const std::filesystem::path& file, TextStream& text, char separator)
        : file_(file), text_(text), separator_(separator) {}

    /// As those of CsvReader.
    bool next(std::vector<CsvField>& fields);
    bool next(std::vector<CsvField>& fields, std::size_t n_columns);
    int line() const { return reader_->line(); }

  private:
    template <class Next>
    bool next_of(const Next& next);

    const std::filesystem::path& file_;
    TextStream& text_;
    char separator_;
    std::optional<TextPiece> piece_;
    std::optional<CsvReader> reader_;  ///< of the piece
};

/// The end of the last whole record of a text that begins with one; 0: there is none.
std::size_t end_of_records(std::string_view text);

/// Whether it is what statistics programs write for a missing value: pandas' default list.
bool is_word_for_missing(std::string_view text);

/// The same of a field. They put text in quotes, if anything, so that an id in quotes may be any of
/// these.
inline bool means_missing(const CsvField& field) {
    // Asked of every field: none of the words ends with a digit, as most ids do.
    const bool ends_with_digit =
        !field.text.empty() && field.text.back() >= '0' && field.text.back() <= '9';
    return !field.quoted && !ends_with_digit && is_word_for_missing(field.text);
}

/// Whether there is no number in a field that may lack one.
inline bool is_missing(const CsvField& field) {
    return field.text.empty() || means_missing(field);
}

/// The id in a field of `file`. @param column what it is the id of, for messages
/// @throws InputError where there is none, or one that no file of ours could hold
std::string_view checked_id(const CsvField& field, std::string_view column,
                            const std::filesystem::path& file, int line);

}  // namespace manygpcm
