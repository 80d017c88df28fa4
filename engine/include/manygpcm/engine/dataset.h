// Learners and their graded answers, as read from a file: docs/cli.md's sequence text and long
// CSV.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/stop.h"

namespace manygpcm {

// An id beyond these is a typing error or another kind of file: a model has weights for every id
// below it.
constexpr int max_questions = 1'000'000;
constexpr int max_categories = 100;

/// One learner's answers in order. Both vectors have one entry a step; of who is to be predicted
/// alone (read_dataset_for_model()) responses may be fewer: the last questions have none yet.
struct Learner {
    std::string id;  ///< as in the file; the 0-based position where the format has none
    std::vector<std::int32_t> questions;  ///< 0-based
    std::vector<std::int32_t> responses;  ///< category, 0..n_categories-1
};

/// Learners by number: those of one vector or, without being copied, of two one after the other. A
/// view of what outlives it.
class Learners {
  public:
    Learners() = default;
    template <std::convertible_to<std::span<const Learner>> Range>
    Learners(const Range& learners) : first_(learners) {}
    Learners(std::span<const Learner> first, std::span<const Learner> second)
        : first_(first), second_(second) {}

    std::size_t size() const { return first_.size() + second_.size(); }
    bool empty() const { return size() == 0; }
    const Learner& operator[](std::size_t i) const {
        return i < first_.size() ? first_[i] : second_[i - first_.size()];
    }
    Learners first(std::size_t n) const {
        const std::size_t of_first = std::min(n, first_.size());
        return {first_.first(of_first), second_.first(n - of_first)};
    }

  private:
    std::span<const Learner> first_, second_;
};

/// Learners, and of how many questions and categories their answers are: what training, fitting and
/// counting take together. A view of learners that outlive it; which of them are meant is said by
/// their numbers in it.
struct LearnerSet {
    Learners all;
    int n_questions = 0, n_categories = 0;
};

/// How ability moves from one response of a learner to the next: theta + growth + N(0, drift^2).
struct AbilityMotion {
    double growth = 0, drift = 0;
    friend bool operator==(const AbilityMotion&, const AbilityMotion&) = default;
};

/// What a simulated dataset was drawn from: a generalized partial credit model.
struct Truth {
    std::vector<double> ability;  ///< [learners] train first, then test; at the last response
    std::vector<double> discrimination;  ///< [Q]
    std::vector<double> threshold;       ///< [Q x (K-1)]
    AbilityMotion motion;
};

/// Which skills each question is of, as a table's column `skill` has it.
struct Skills {
    std::vector<std::string> names;  ///< in natural order; empty: there is no such column
    std::vector<std::vector<std::int32_t>> of_question;  ///< [Q] in `names`, ascending; may be none
};

struct Dataset {
    std::string name;      ///< directory or file name without extension, for reports
    int n_questions = 0;   ///< over train and test together
    int n_categories = 0;  ///< over train and test together; at least 2
    std::vector<std::string>
        question_ids;  ///< CSV: ids by number, in natural order; sequence text: empty
    Skills skills;
    std::vector<Learner> train;
    std::vector<Learner> test;   ///< empty where there is one file only
    std::optional<Truth> truth;  ///< from truth.json beside train.txt
    /// What whoever reads it should be told, a line each: that a directory has no test file, rows
    /// that repeat others or have no order among them, numbers written in two ways, what only test
    /// learners have.
    std::vector<std::string> notices;
};

/// The training learners, then the test learners.
inline Learners all_learners(const Dataset& dataset) {
    return {dataset.train, dataset.test};
}
Learners all_learners(const Dataset&&) = delete;  // a view of what is gone

/// Hears, while files are read, how much of them has been, from 0 to 1; of pipes it hears nothing.
using ReadingObserver = std::function<void(double)>;

/// Reads `path`: a directory with a file train.* (and test.*), or one file, whose learners all
/// become `train`. What a file holds tells its form, whatever its ending. Every category from 0 to
/// the largest must occur; questions needn't.
/// @throws InputError naming file, line, value and expectation; Interrupted where `stop` is set
Dataset read_dataset(const std::filesystem::path& path, StopFlag stop = nullptr,
                     const ReadingObserver& observer = {});

/// Reads one file against a model that exists: question ids and category counts must fit it.
/// Learners go to `train`. `question_ids` are the model's (empty: numeric ids). The last question
/// of a learner may lack its score.
/// @throws InputError, also for a question or category that the model doesn't know; Interrupted
/// where `stop` is set
Dataset read_dataset_for_model(const std::filesystem::path& file, int n_questions, int n_categories,
                               const std::vector<std::string>& question_ids,
                               StopFlag stop = nullptr, const ReadingObserver& observer = {});

/// Writes learners as sequence text (three lines a learner), aside and then renamed.
void write_sequence_text(const std::filesystem::path& file, std::span<const Learner> learners);

}  // namespace manygpcm
