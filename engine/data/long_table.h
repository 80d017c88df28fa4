// The answers that a conversion finds, and how they are written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/time_text.h"
#include "manygpcm/engine/convert.h"

namespace manygpcm {

class LongTable {
  public:
    /// @param file that is converted, for messages; must outlive the table
    explicit LongTable(const std::filesystem::path& file) : file_(file), times_(file) {}

    /// Adds the next answer of a learner. @param line where it stands  @param score a whole number
    /// @throws InputError for an id or a timestamp that the other commands wouldn't read
    void add(int line, std::string_view student, std::string_view item, int score,
             std::string_view timestamp = {}, std::string_view skill = {});

    /// Writes the learners in the order of appearance, the answers of each as they were added,
    /// scores from 0: where the smallest is another, it is subtracted. Says what there is, and what
    /// of it can't be trained on.
    /// @throws InputError where there is no answer at all, or more of something than data may have
    Conversion finish(std::vector<std::string> said) const;

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
    const std::filesystem::path& file_;
    TimeColumn times_;
    Ids students_, items_, skills_;
    std::vector<std::vector<Answer>> answers_;  // by student
    std::int64_t timestamps_ = 0;               // answers that have one
};

/// What stands for no answer: nothing, the words for a missing value, and what options name.
bool stands_for_none(std::string_view text, const ConversionOptions& options);

}  // namespace manygpcm
