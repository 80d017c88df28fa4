// The learners of one file with the line of every answer, for messages that say where.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/learnable.h"

namespace manygpcm {

/// The learners of a file, and where in it each of their answers stands.
struct LearnerFile {
    std::filesystem::path path;
    std::vector<Learner> learners;
    std::vector<std::vector<std::int64_t>> lines;  ///< [learner][step] of the category, from 1
    int question_above = 0;                        ///< lines from the category up to the question
};

/// A view of the file's learners.
LearnerSource source_of(const LearnerFile& file);

}  // namespace manygpcm
