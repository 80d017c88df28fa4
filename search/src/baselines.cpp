// Category frequencies as predictors: overall, and question by question.
#include "manygpcm/search/baselines.h"

namespace manygpcm {
namespace {

// Frequencies of the categories over all questions, from counts [Q x K]; uniform without any
// response.
std::vector<double> overall_frequencies(const std::vector<double>& counts, int n_categories) {
    const auto k_count = static_cast<std::size_t>(n_categories);
    std::vector<double> frequencies(k_count, 0);
    double total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        frequencies[i % k_count] += counts[i];
        total += counts[i];
    }
    for (double& frequency : frequencies)
        frequency = total > 0 ? frequency / total : 1.0 / n_categories;
    return frequencies;
}

}  // namespace

std::vector<float> predict_baseline(Baseline baseline, const std::vector<Learner>& learners,
                                    std::span<const int> train, std::span<const int> which,
                                    int n_questions, int n_categories) {
    const auto k_count = static_cast<std::size_t>(n_categories);
    std::vector<double> counts(static_cast<std::size_t>(n_questions) * k_count, 0);  // [Q x K]
    for (const int i : train) {
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        for (std::size_t t = 0; t < learner.questions.size(); ++t)
            ++counts[static_cast<std::size_t>(learner.questions[t]) * k_count +
                     static_cast<std::size_t>(learner.responses[t])];
    }
    const std::vector<double> overall = overall_frequencies(counts, n_categories);

    std::vector<float> probabilities;
    for (const int i : which) {
        for (const std::int32_t question : learners[static_cast<std::size_t>(i)].questions) {
            const double* of_question = &counts[static_cast<std::size_t>(question) * k_count];
            double total = 0;
            for (std::size_t k = 0; k < k_count; ++k)
                total += of_question[k];
            for (std::size_t k = 0; k < k_count; ++k) {
                // One more response, spread over the categories as they are overall: an unseen
                // question is predicted like the average one.
                const double p = baseline == Baseline::majority
                                     ? overall[k]
                                     : (of_question[k] + overall[k]) / (total + 1);
                probabilities.push_back(static_cast<float>(p));
            }
        }
    }
    return probabilities;
}

}  // namespace manygpcm
