// Says places in a file.
#include "data/learner_file.h"

#include <fmt/format.h>

namespace manygpcm {

LearnerSource source_of(const LearnerFile& file) {
    const auto at = [&file](std::int64_t line) {
        return fmt::format("{}:{}", file.path.string(), line);
    };
    return {
        .learners = file.learners,
        .place = [&file](std::size_t learner,
                         std::size_t step) { return file.line(learner, step); },
        .question_at = [&file, at](std::int64_t line) { return at(line - file.question_above); },
        .category_at = at};
}

}  // namespace manygpcm
