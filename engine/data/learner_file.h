// The learners of one file with the line of every answer, for messages that say where.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// The learners of a file, and where in it each of their answers stands.
struct LearnerFile {
    std::filesystem::path path;
    std::vector<Learner> learners;
    std::vector<std::vector<std::int32_t>> lines;  ///< [learner][step] of the category, from 1
    int question_above = 0;                        ///< lines from the category up to the question
};

/// Where a question or category stands in a file.
struct Place {
    std::int64_t n = 0;     ///< how often it is there
    std::int32_t line = 0;  ///< the first; the one of the category
    std::string learner;    ///< whose answer that is
};

/// Where `value` stands in a file.
/// @param member Learner::questions or Learner::responses
Place place_of(std::int32_t value, const LearnerFile& file,
               std::vector<std::int32_t> Learner::*member);

}  // namespace manygpcm
