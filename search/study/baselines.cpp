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

FrequencyModel::FrequencyModel(Baseline baseline, const LearnerSet& learners,
                               std::span<const int> train)
    : n_categories_(static_cast<std::size_t>(learners.n_categories)) {
    const std::vector<std::int64_t> counts = count_categories(learners, train);
    const std::vector<double> overall = overall_frequencies(counts, learners.n_categories);
    for (std::size_t first = 0; first < counts.size(); first += n_categories_) {
        double total = 0;
        for (std::size_t k = 0; k < n_categories_; ++k)
            total += static_cast<double>(counts[first + k]);
        for (std::size_t k = 0; k < n_categories_; ++k) {
            // One more response, spread over the categories as they are overall: an unseen
            // question is predicted like the average one.
            const double p =
                baseline == Baseline::majority
                    ? overall[k]
                    : (static_cast<double>(counts[first + k]) + overall[k]) / (total + 1);
            probabilities_.push_back(static_cast<float>(p));
        }
    }
}

std::vector<float> FrequencyModel::predict(Learners learners, std::span<const int> which) const {
    std::vector<float> probabilities;
    for (const int i : which)
        for (const std::int32_t question : learners[static_cast<std::size_t>(i)].questions) {
            const auto of_question =
                std::span(probabilities_)
                    .subspan(static_cast<std::size_t>(question) * n_categories_, n_categories_);
            probabilities.insert(probabilities.end(), of_question.begin(), of_question.end());
        }
    return probabilities;
}

}  // namespace manygpcm::search
