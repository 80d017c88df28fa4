// The learners of one file with the line of every answer, for messages that say where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/learnable.h"

namespace manygpcm {

/// The learners of a file, and where in it each of their answers stands.
struct LearnerFile {
    std::filesystem::path path;
    std::vector<Learner> learners;
    /// Of the category of a learner's answer, from 1.
    std::function<std::int64_t(std::size_t learner, std::size_t step)> line;
    int question_above = 0;  ///< lines from the category up to the question
};

/// A view of the file's learners.
LearnerSource source_of(const LearnerFile& file);

}  // namespace manygpcm
