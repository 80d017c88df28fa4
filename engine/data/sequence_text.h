// Sequence text: three lines a learner, namely count, question ids, categories.
#pragma once

#include <filesystem>
#include <vector>

#include "data/input_text.h"
#include "data/text_stream.h"
#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// Where in the file the lists of learner `i` stand; lines are numbered from 1.
constexpr int question_line(std::size_t i) {
    return static_cast<int>(3 * i + 2);
}
constexpr int category_line(std::size_t i) {
    return static_cast<int>(3 * i + 3);
}

/// The learners in `text`, which is that of `file`.
/// @throws InputError naming file, line, value and expectation; Interrupted where the reading's
/// `stop` is set
std::vector<Learner> parse_sequence_text(const std::filesystem::path& file, TextStream& text,
                                         LastScore last_score, const Reading& reading);

}  // namespace manygpcm
