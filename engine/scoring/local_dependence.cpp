// Sums of pairs in a triangle, over learners one after another.
#include "manygpcm/engine/local_dependence.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace manygpcm {
namespace {

struct PairSums {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;

    void add(double a, double b) {
        ++n;
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    double correlation() const {
        const double of_x = n * xx - x * x, of_y = n * yy - y * y;
        return n >= 2 && of_x > 0 && of_y > 0 ? (n * xy - x * y) / std::sqrt(of_x * of_y)
                                              : std::numeric_limits<double>::quiet_NaN();
    }
};

/// Those that are looked at: the ones with most answers, ascending by number.
std::vector<std::int32_t> questions_looked_at(const Residuals& residuals, std::size_t n_questions,
                                              std::size_t most) {
    std::vector<std::int64_t> answers(n_questions);
    for (const auto& of_learner : residuals)
        for (const auto& [question, residual] : of_learner)
            ++answers[static_cast<std::size_t>(question)];
    std::vector<std::int32_t> chosen;
    for (std::size_t q = 0; q < n_questions; ++q)
        if (answers[q] >= fewest_in_common) chosen.push_back(static_cast<std::int32_t>(q));
    if (chosen.size() > most) {
        std::ranges::stable_sort(chosen, std::greater{}, [&](std::int32_t q) {
            return answers[static_cast<std::size_t>(q)];
        });
        chosen.resize(most);
        std::ranges::sort(chosen);
    }
    return chosen;
}

}  // namespace

LocalDependence largest_q3(const Residuals& residuals, std::size_t n_questions, std::size_t most,
                           const Q3Limits& limits) {
    const std::vector<std::int32_t> questions =
        questions_looked_at(residuals, n_questions, limits.questions);
    const std::size_t n = questions.size();
    std::vector<std::int32_t> place(n_questions, -1);
    for (std::size_t i = 0; i < n; ++i)
        place[static_cast<std::size_t>(questions[i])] = static_cast<std::int32_t>(i);
    LocalDependence found;
    found.questions = static_cast<std::int64_t>(n);
    found.mean = std::numeric_limits<double>::quiet_NaN();
    // Row a of the triangle has the pairs (a, b), b > a.
    std::vector<std::size_t> row(n, 0);
    for (std::size_t a = 1; a < n; ++a)
        row[a] = row[a - 1] + n - a;
    std::vector<PairSums> sums(n < 2 ? 0 : n * (n - 1) / 2);
    std::vector<std::pair<std::size_t, double>> answered;
    std::int64_t terms = 0;
    for (const auto& of_learner : residuals) {
        answered.clear();
        for (const auto& [question, residual] : of_learner)
            if (const std::int32_t at = place[static_cast<std::size_t>(question)]; at >= 0)
                answered.emplace_back(static_cast<std::size_t>(at), residual);
        const auto m = static_cast<std::int64_t>(answered.size());
        if (terms += m * (m - 1) / 2; terms > limits.terms) break;
        ++found.learners;
        for (std::size_t a = 0; a < answered.size(); ++a) {
            const auto [first, x] = answered[a];
            for (std::size_t b = a + 1; b < answered.size(); ++b)
                sums[row[first] + answered[b].first - first - 1].add(x, answered[b].second);
        }
    }

    const auto larger = [](const QuestionPair& a, const QuestionPair& b) {
        return std::abs(a.q3) > std::abs(b.q3);
    };
    double total = 0;
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = a + 1; b < n; ++b) {
            const PairSums& of_pair = sums[row[a] + b - a - 1];
            const double q3 = of_pair.correlation();
            if (of_pair.n < static_cast<double>(fewest_in_common) || !std::isfinite(q3)) continue;
            ++found.pairs;
            total += q3;
            found.beyond += std::abs(q3) > q3_of_note;
            found.by_chance += std::erfc(std::atanh(q3_of_note) * std::sqrt((of_pair.n - 3) / 2));
            // A heap whose front is the least of the largest.
            found.largest.push_back(
                {questions[a], questions[b], static_cast<std::int64_t>(of_pair.n), q3});
            std::ranges::push_heap(found.largest, larger);
            if (found.largest.size() <= most) continue;
            std::ranges::pop_heap(found.largest, larger);
            found.largest.pop_back();
        }
    std::ranges::sort_heap(found.largest, larger);
    if (found.pairs > 0) found.mean = total / static_cast<double>(found.pairs);
    return found;
}

QuestionPair q3_of(const Residuals& residuals, std::int32_t first, std::int32_t second) {
    PairSums sums;
    const auto of_question = [](const auto& of_learner, std::int32_t question) {
        const auto found = std::ranges::lower_bound(of_learner, question, {},
                                                    &std::pair<std::int32_t, float>::first);
        return found != of_learner.end() && found->first == question ? found : of_learner.end();
    };
    for (const auto& of_learner : residuals) {
        const auto x = of_question(of_learner, first), y = of_question(of_learner, second);
        if (x != of_learner.end() && y != of_learner.end()) sums.add(x->second, y->second);
    }
    return {first, second, static_cast<std::int64_t>(sums.n), sums.correlation()};
}

}  // namespace manygpcm
