// Category frequencies as predictors: overall, and question by question.
#include "manygpcm/search/baselines.h"

#include <cstdint>

#include "manygpcm/engine/category_counts.h"

namespace manygpcm::search {
namespace {

// Frequencies of the categories over all questions, from counts [Q x K]; each category has half a
// response more than it has, so that none is ruled out for not having occurred (Jeffreys' prior).
std::vector<double> overall_frequencies(std::span<const std::int64_t> counts, int n_categories) {
    constexpr double more = 0.5;
    const auto k_count = static_cast<std::size_t>(n_categories);
    std::vector<double> frequencies(k_count, more);
    double total = more * n_categories;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        frequencies[i % k_count] += static_cast<double>(counts[i]);
        total += static_cast<double>(counts[i]);
    }
    for (double& frequency : frequencies)
        frequency /= total;
    return frequencies;
}

}  // namespace

std::vector<float> predict_baseline(Baseline baseline, const LearnerSet& learners,
                                    std::span<const int> train, std::span<const int> which) {
    const auto k_count = static_cast<std::size_t>(learners.n_categories);
    const std::vector<std::int64_t> counts = count_categories(learners, train);
    const std::vector<double> overall = overall_frequencies(counts, learners.n_categories);

    std::vector<float> probabilities;
    for (const int i : which) {
        for (const std::int32_t question : learners.all[static_cast<std::size_t>(i)].questions) {
            const std::int64_t* of_question = &counts[static_cast<std::size_t>(question) * k_count];
            double total = 0;
            for (std::size_t k = 0; k < k_count; ++k)
                total += static_cast<double>(of_question[k]);
            for (std::size_t k = 0; k < k_count; ++k) {
                // One more response, spread over the categories as they are overall: an unseen
                // question is predicted like the average one.
                const double p =
                    baseline == Baseline::majority
                        ? overall[k]
                        : (static_cast<double>(of_question[k]) + overall[k]) / (total + 1);
                probabilities.push_back(static_cast<float>(p));
            }
        }
    }
    return probabilities;
}

}  // namespace manygpcm::search
