// Counts responses by question and category.
#include "manygpcm/engine/category_counts.h"

namespace manygpcm {

std::vector<std::int64_t> count_categories(const LearnerSet& learners, std::span<const int> which) {
    const auto width = static_cast<std::size_t>(learners.n_categories);
    std::vector<std::int64_t> counts(static_cast<std::size_t>(learners.n_questions) * width);
    for (const int i : which) {
        const Learner& learner = learners.all[static_cast<std::size_t>(i)];
        for (std::size_t t = 0; t < learner.questions.size(); ++t)
            ++counts[static_cast<std::size_t>(learner.questions[t]) * width +
                     static_cast<std::size_t>(learner.responses[t])];
    }
    return counts;
}

}  // namespace manygpcm
