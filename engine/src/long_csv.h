// Long CSV: one answer a row, with ids of any text and columns and rows in any order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// One file: the ids it mentions, each once in the order of first appearance, and its answers.
struct LongCsv {
    struct Answer {
        std::int32_t student;  ///< number in `students`
        std::int32_t item;     ///< number in `items`
        std::int32_t category;
        std::int32_t line;  ///< of the file, from 1
    };
    std::vector<std::string> students;
    std::vector<std::string> items;
    /// Rows of the order (or timestamp), student, item and score of another.
    struct Repeats {
        int n = 0;
        int line = 0;  ///< of the first in the file that repeats one before it
    };
    std::vector<Answer>
        answers;      ///< by the order or timestamp column where there is one, else as in the file
    Repeats repeats;  ///< none without such a column: who answers again need not be copied
};

/// @throws InputError naming file, line, value and expectation.
LongCsv read_long_csv(const std::filesystem::path& file);

/// The learners of a file in the order of first appearance, with `question_numbers[item]` for every
/// item.
std::vector<Learner> to_learners(const LongCsv& csv,
                                 std::span<const std::int32_t> question_numbers);

}  // namespace manygpcm
