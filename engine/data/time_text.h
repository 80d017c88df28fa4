// The column of a table that says when.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "data/input_text.h"
#include "manygpcm/engine/detail/time_text.h"

namespace manygpcm {

/// A column that says when: numbers, or dates and times, but not now these and now those.
class TimeColumn {
  public:
    /// @param file for messages; must outlive the column
    explicit TimeColumn(const std::filesystem::path& file, char decimal_mark = '.')
        : file_(&file), decimal_mark_(decimal_mark) {}

    /// What the text of a line says, growing with time. @throws InputError unless it says when
    double read(std::string_view text, int line) {
        if (const auto value = value_of_digits(text); value && numbers_ && first_line_ > 0)
            return static_cast<double>(*value);  // as nearly all are
        return read_any(text, line);
    }

    /// Takes what a copy has read of the lines that follow.
    void add(const TimeColumn& more);

    /// The first lines that have a time of day with a zone, and without one; 0: none has.
    int first_with_zone() const { return with_zone_; }
    int first_without_zone() const { return without_zone_; }

  private:
    double read_any(std::string_view text, int line);

    const std::filesystem::path* file_;
    char decimal_mark_;
    int first_line_ = 0, with_zone_ = 0, without_zone_ = 0;
    bool numbers_ = true;
};

}  // namespace manygpcm
