// Whether learners can be learned from, whatever they come from: files, or a caller's arrays. What
// is wrong is said with its place there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// One part of a dataset, and where in its source each answer stands.
struct LearnerSource {
    std::span<const Learner> learners;
    /// The place of a learner's answer: a line of the file, or an element of the arrays.
    std::function<std::int64_t(std::size_t learner, std::size_t step)> place = {};
    /// The place of an answer's question and of its category in words: "data.csv:7", "response[6]".
    std::function<std::string(std::int64_t place)> question_at = {}, category_at = {};
};

/// What holds all parts, in words: of questions and of categories.
struct WholeSource {
    std::string questions, categories;
};

/// Sets how many questions and categories there are and tells what only the second part has, of
/// which no model learns anything. Questions may have gaps: a dataset need not ask all of a bank.
/// @param parts  the learners to train on and, maybe, those held out
/// @param n_questions, n_categories  how many there are, more than all numbers; 0: as many as are
///   seen
/// @param say_categories  how a caller says that; appended to what is expected, may be empty
/// @throws InputError where there is nothing to tell apart: one question, one category; and for a
///   category that never occurs below one that does, unless their number is given: a model has
///   thresholds between all of them, and a gap is most often a slip, such as scores that count from
///   1, a mistyped 99 or a 9 for an answer that is missing
void set_sizes(Dataset& dataset, std::span<const LearnerSource> parts, const WholeSource& whole,
               int n_questions = 0, int n_categories = 0, std::string_view say_categories = "");

/// @param place_of  where the learner of a number in `test` is in words
/// @param train_name  where those of `train` are in words
/// @throws InputError for a learner in both, who would be tested on having been trained on
void expect_no_shared_learner(const std::vector<std::string_view>& train,
                              const std::vector<std::string_view>& test,
                              const std::function<std::string(std::size_t)>& place_of,
                              std::string_view train_name);

}  // namespace manygpcm
