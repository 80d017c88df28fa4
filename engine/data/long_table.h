// The answers that a conversion finds, and how they are written.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/answer_rows.h"
#include "data/time_text.h"
#include "manygpcm/engine/convert.h"
#include "manygpcm/engine/dataset.h"

namespace manygpcm {

class LongTable {
  public:
    /// @param file that is converted, for messages; must outlive the table until it is finished
    explicit LongTable(const std::filesystem::path& file) : file_(file), times_(file) {}

    /// Where an answer's parts stand.
    struct Lines {
        int student, item, timestamp, skill;
        static Lines all(int line) { return {line, line, line, line}; }
    };
    /// Adds the next answer of a learner. @param item  empty: none, which finish() refuses unless
    /// it was a skill  @param score  see score_of()
    /// @throws InputError for an id or a timestamp that the other commands wouldn't read
    void add(const Lines& lines, std::string_view student, std::string_view item, int score,
             std::string_view timestamp = {}, std::string_view skill = {});

    /// What were added as items are skills, and the other way round.
    void swap_items_and_skills();

    /// To be called once: it takes what there is. Writes the learners in the order of appearance,
    /// the answers of each as they were added, scores from 0: where the smallest is another, it is
    /// subtracted. Says what there is, and what of it can't be trained on.
    /// @throws InputError where there is no answer at all or one without an item, or more of
    /// something than data may have
    Conversion finish(std::vector<std::string> said);

  private:
    static constexpr std::int32_t none = -1;

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    /// Ids by number, in the order of appearance.
    struct Ids {
        std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> numbers;
        std::vector<std::string> names;
    };
    /// @param of  what the id is of, for messages
    std::int32_t number(Ids& ids, std::string_view id, std::string_view of, int line);
    /// @param lowest  score, which becomes 0
    void write(int lowest, const TextSink& sink) const;
    bool has_timestamps() const { return timestamps_ == score_.size() && timestamps_ > 0; }

    const std::filesystem::path& file_;
    TimeColumn times_;
    Ids students_, items_, skills_;
    RowColumn<std::int32_t> student_, item_;  // of each answer
    RowColumn<std::int8_t> score_;
    RowColumn<std::int32_t> skill_;             // up to the last answer with one
    int without_item_ = 0, without_skill_ = 0;  // the first lines; 0: all have one
    // The timestamps one after the other, and where each ends, as long as every answer has one.
    RowColumn<char> timestamp_;
    RowColumn<std::uint64_t> timestamp_end_;
    std::size_t timestamps_ = 0;  // answers that have one
    RowsOfStudents answers_;      // when finished
    std::array<bool, max_categories + 1> scores_{};
};

/// The score that an answer says; none unless it is a whole number that a scale of max_categories
/// has, whether it begins with 0 or with 1.
std::optional<int> score_of(std::string_view text, char decimal_mark = '.');

/// What is expected of a text that says none.
std::string expected_score();

/// What stands for no answer: nothing, the words for a missing value, and what options name.
bool stands_for_none(std::string_view text, const ConversionOptions& options);

}  // namespace manygpcm
