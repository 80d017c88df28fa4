// The records of a CSV text as RFC 4180 has it, with any separator: quotes may hold separators,
// line breaks and doubled quotes.
#pragma once

#include <array>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace manygpcm {

struct CsvField {
    std::string_view text;
    bool quoted = false;
};

/// Walks the records. Blank lines are passed over.
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

  private:
    bool at_end() const { return position_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    bool take(char c);
    bool take_line_end();
    std::string_view read_plain();
    std::string_view read_quoted();

    const std::filesystem::path& file_;
    std::string_view text_;
    char separator_;
    std::array<bool, 256> ends_plain_{};  ///< of a character: whether no plain field has it
    std::size_t position_ = 0;
    int current_line_, line_;
    std::deque<std::string> unquoted_;  ///< of this record, what had doubled quotes
};

/// The end of the last whole record of a text that begins with one; 0: there is none.
std::size_t end_of_records(std::string_view text);

/// Whether it is what statistics programs write for a missing value: pandas' default list. They put
/// text in quotes, if anything, so that an id in quotes may be any of these.
bool means_missing(const CsvField& field);

/// Whether there is no number in a field that may lack one.
bool is_missing(const CsvField& field);

/// The id in a field of `file`. @param column what it is the id of, for messages
/// @throws InputError where there is none, or one that no file of ours could hold
std::string_view checked_id(const CsvField& field, std::string_view column,
                            const std::filesystem::path& file, int line);

}  // namespace manygpcm
