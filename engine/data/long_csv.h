// Long CSV: one answer a row, with ids of any text and columns and rows in any order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/input_text.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/stop.h"

namespace manygpcm {

/// One file: the ids it mentions, each once in the order of first appearance, and its answers.
struct LongCsv {
    struct Id {
        std::string name;
        std::int32_t line;  ///< of the file, from 1, where it appears first
    };
    struct Answer {
        std::int32_t student;   ///< number in `students`
        std::int32_t item;      ///< number in `items`
        std::int32_t category;  ///< no_category: the learner's last answer, which isn't known yet
        std::int32_t line;
    };
    static constexpr std::int32_t no_category = -1;
    /// Some of the rows: how many and the first of them.
    struct Rows {
        int n = 0;
        int line = 0;
    };
    std::vector<Id> students;
    std::vector<Id> items;
    std::vector<std::string> skills;  ///< in the order of first appearance; none: no such column
    std::vector<std::vector<std::int32_t>> skills_of_item;  ///< [items] in `skills`
    std::vector<Answer> answers;  ///< those with a score, by the order or timestamp column where
                                  ///< there is one, else as in the file
    char decimal_mark = '.';      ///< of numbers, those among the ids included
    Rows unanswered;              ///< those without a score, which are left out
    int header_line = 1;
    std::string unread_order;  ///< without an order or timestamp column, one that may have been
                               ///< meant for it; else empty
    int with_zone = 0, without_zone = 0;  ///< the first lines of such times; 0: there are none
    // Without an order or timestamp column there are none of these:
    Rows repeats;  ///< those of the order, student and item of a row before
    Rows tied;     ///< those of the order and student of another item's row
};

/// Reads `text`, which is that of `file`. Where a semicolon is the separator, numbers may have a
/// comma before their decimals, as spreadsheets write both.
/// @throws InputError naming file, line, value and expectation; Interrupted where `stop` is set
LongCsv parse_long_csv(const std::filesystem::path& file, std::string_view text, char separator,
                       LastScore last_score = LastScore::required, StopFlag stop = nullptr);

}  // namespace manygpcm
