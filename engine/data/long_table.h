// The answers that a conversion finds, and how they are written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "manygpcm/engine/convert.h"

namespace manygpcm {

class LongTable {
  public:
    /// Adds the next answer of a learner. @param score a whole number
    void add(std::string_view student, std::string_view item, int score,
             std::string_view timestamp = {}, std::string_view skill = {});

    /// Writes the learners in the order of appearance, the answers of each as they were added,
    /// scores from 0: where the smallest is another, it is subtracted. Says what there is.
    /// @throws InputError where there is no answer at all
    Conversion finish(const std::filesystem::path& file, std::vector<std::string> said) const;

  private:
    struct Answer {
        std::int32_t item, score, skill;
        std::string timestamp;
    };
    /// Ids by number, in the order of appearance.
    struct Ids {
        std::unordered_map<std::string, std::int32_t> numbers;
        std::vector<std::string> names;
        std::int32_t number(std::string_view id);
    };
    Ids students_, items_, skills_;
    std::vector<std::vector<Answer>> answers_;  // by student
    bool timestamps_ = false;
};

/// What stands for no answer: nothing, the words for a missing value, and what options name.
bool stands_for_none(std::string_view text, const ConversionOptions& options);

}  // namespace manygpcm
