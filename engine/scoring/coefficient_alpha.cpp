// Sums of squares of questions and of the sum score, over complete learners.
#include "manygpcm/engine/coefficient_alpha.h"

#include <cstddef>
#include <vector>

#include "manygpcm/engine/category_counts.h"

namespace manygpcm {

CoefficientAlpha coefficient_alpha(const LearnerSet& learners, std::span<const int> which) {
    constexpr std::int64_t fewest = 30;
    const std::vector<std::int64_t> counts = count_categories(learners, which);
    std::vector<bool> varies;
    std::size_t k = 0;
    for (auto at = counts.begin(); at != counts.end(); at += learners.n_categories) {
        varies.push_back(answers_vary({at, at + learners.n_categories}));
        k += varies.back();
    }
    CoefficientAlpha found;
    if (k < 2) return found;
    // About the middle category: sums of squares of scores aren't much larger than variances.
    const double middle = (learners.n_categories - 1) / 2.0;
    std::vector<double> sum(varies.size()), squares(varies.size()), score(varies.size());
    std::vector<int> seen(varies.size(), -1);
    double total_sum = 0, total_squares = 0;
    for (const int i : which) {
        const Learner& learner = learners.all[static_cast<std::size_t>(i)];
        std::size_t answered = 0;
        double total = 0;
        for (std::size_t t = 0; t < learner.responses.size(); ++t) {
            const auto q = static_cast<std::size_t>(learner.questions[t]);
            if (!varies[q] || seen[q] == i) continue;
            seen[q] = i;
            score[q] = learner.responses[t] - middle;
            total += score[q];
            ++answered;
        }
        if (answered < k) continue;
        ++found.learners;
        total_sum += total;
        total_squares += total * total;
        for (std::size_t q = 0; q < varies.size(); ++q) {
            if (!varies[q]) continue;
            sum[q] += score[q];
            squares[q] += score[q] * score[q];
        }
    }
    if (found.learners < fewest || 2 * found.learners < static_cast<std::int64_t>(which.size()))
        return found;
    const auto n = static_cast<double>(found.learners);
    double of_questions = 0;
    for (std::size_t q = 0; q < varies.size(); ++q)
        of_questions += squares[q] - sum[q] * sum[q] / n;
    const double of_total = total_squares - total_sum * total_sum / n;
    const auto questions = static_cast<double>(k);
    if (of_total > 0) found.value = questions / (questions - 1) * (1 - of_questions / of_total);
    return found;
}

}  // namespace manygpcm
