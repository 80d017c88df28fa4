// Long CSV: one answer a row, with ids of any text and columns and rows in any order.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "data/answer_rows.h"
#include "data/input_text.h"
#include "data/text_stream.h"

namespace manygpcm {

/// One file: the ids it mentions, each once in the order of first appearance, and its answers.
struct LongCsv {
    struct Id {
        std::string name;
        std::int32_t line;  ///< of the file, from 1, where it appears first
    };
    static constexpr std::int8_t no_category = -1;
    std::deque<Id> students;
    std::deque<Id> items;
    std::vector<std::string> skills;  ///< in the order of first appearance; none: no such column
    std::vector<std::vector<std::int32_t>> skills_of_item;  ///< [items] in `skills`
    RowColumn<std::int32_t> item;                           ///< [rows] number in `items`
    RowColumn<std::int8_t> category;  ///< [rows] no_category: there is no score
    RowLines lines;                   ///< [rows]
    /// The rows with a score, by the order or timestamp column where there is one, else as in the
    /// file. A learner's last may have no score, where that is allowed: it isn't known yet.
    RowsOfStudents answers;
    char decimal_mark = '.';  ///< of numbers, those among the ids included
    SomeRows unanswered;      ///< rows without a score, which are left out
    int header_line = 1;
    std::string unread_order;  ///< without an order or timestamp column, one that may have been
                               ///< meant for it; else empty
    int with_zone = 0, without_zone = 0;  ///< the first lines of such times; 0: there are none
    Ties ties;                            ///< without an order or timestamp column none
};

/// Reads `text`, which is that of `file`. Where a semicolon is the separator, numbers may have a
/// comma before their decimals, as spreadsheets write both.
/// @throws InputError naming file, line, value and expectation; Interrupted where the reading's
/// `stop` is set
LongCsv parse_long_csv(const std::filesystem::path& file, TextStream& text, char separator,
                       LastScore last_score, const Reading& reading);

}  // namespace manygpcm
