// Sums of pairs in a triangle, over learners one after another.
#include "manygpcm/engine/local_dependence.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace manygpcm {
namespace {

/// Those that are looked at: the ones with most answers, ascending by number.
std::vector<std::int32_t> questions_looked_at(std::span<const std::int64_t> answers,
                                              std::size_t most) {
    std::vector<std::int32_t> chosen;
    for (std::size_t q = 0; q < answers.size(); ++q)
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

/// Where the pair of places a < b of `n` is in the triangle whose row a has the pairs (a, b).
std::size_t pair_of(std::size_t a, std::size_t b, std::size_t n) {
    return a * (2 * n - a - 1) / 2 + b - a - 1;
}

/// How probable it is that the r of `n` learners is above `critical` where it is `expected`.
double chance_above(double critical, double expected, double n) {
    const double z = (std::atanh(critical) - std::atanh(expected)) * std::sqrt(n - 3);
    return std::erfc(z / std::sqrt(2.0)) / 2;
}

}  // namespace

double LocalDependence::q3_of(std::int32_t first, std::int32_t second) const {
    const auto place = [&](std::int32_t question) {
        return static_cast<std::size_t>(std::ranges::lower_bound(questions, question) -
                                        questions.begin());
    };
    return q3[pair_of(place(first), place(second), questions.size())];
}

ResidualPairs::ResidualPairs(std::span<const std::int64_t> answers, const Q3Limits& limits)
    : questions_(questions_looked_at(answers, limits.questions)),
      place_(answers.size(), -1),
      most_terms_(limits.terms) {
    const std::size_t n = questions_.size();
    for (std::size_t i = 0; i < n; ++i)
        place_[static_cast<std::size_t>(questions_[i])] = static_cast<std::int32_t>(i);
    sums_.resize(n < 2 ? 0 : n * (n - 1) / 2);
}

void ResidualPairs::Sums::add(double a, double b) {
    ++n;
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
}

double ResidualPairs::Sums::correlation() const {
    const double of_x = n * xx - x * x, of_y = n * yy - y * y;
    return n >= 2 && of_x > 0 && of_y > 0 ? (n * xy - x * y) / std::sqrt(of_x * of_y)
                                          : std::numeric_limits<double>::quiet_NaN();
}

void ResidualPairs::add(Residuals of_learner) {
    if (full()) return;
    answered_.clear();
    for (const auto& [question, residual] : of_learner)
        if (looks_at(question))
            answered_.emplace_back(
                static_cast<std::size_t>(place_[static_cast<std::size_t>(question)]), residual);
    const auto m = static_cast<std::int64_t>(answered_.size());
    if (terms_ += m * (m - 1) / 2; full()) return;
    ++learners_;
    for (std::size_t a = 0; a < answered_.size(); ++a) {
        const auto [first, x] = answered_[a];
        const std::size_t row = pair_of(first, first + 1, questions_.size());
        for (std::size_t b = a + 1; b < answered_.size(); ++b)
            sums_[row + answered_[b].first - first - 1].add(x, answered_[b].second);
    }
}

LocalDependence ResidualPairs::dependence(std::size_t most, ResidualsAbout about) const {
    LocalDependence found;
    found.questions = questions_;
    found.learners = learners_;
    found.mean = std::numeric_limits<double>::quiet_NaN();
    found.q3.reserve(sums_.size());
    for (const Sums& of_pair : sums_)
        found.q3.push_back(of_pair.correlation());
    const auto told = [&](std::size_t pair) {
        return sums_[pair].n >= static_cast<double>(fewest_in_common) &&
               std::isfinite(found.q3[pair]);
    };
    double total = 0;
    for (std::size_t pair = 0; pair < sums_.size(); ++pair) {
        if (!told(pair)) continue;
        ++found.pairs;
        total += found.q3[pair];
    }
    if (found.pairs == 0) return found;
    found.mean = total / static_cast<double>(found.pairs);

    const auto larger = [](const QuestionPair& a, const QuestionPair& b) {
        return std::abs(a.q3) > std::abs(b.q3);
    };
    const bool two_sided = about == ResidualsAbout::prediction_before;
    const double expected = two_sided ? 0 : found.mean,
                 critical = std::min(expected + q3_of_note, 1.0);
    std::size_t pair = 0;
    for (std::size_t a = 0; a < questions_.size(); ++a)
        for (std::size_t b = a + 1; b < questions_.size(); ++b, ++pair) {
            if (!told(pair)) continue;
            const double q3 = found.q3[pair], n = sums_[pair].n;
            found.beyond += (two_sided ? std::abs(q3) : q3) > critical;
            found.by_chance += (two_sided ? 2 : 1) * chance_above(critical, expected, n);
            // A heap whose front is the least of the largest.
            found.largest.push_back(
                {questions_[a], questions_[b], static_cast<std::int64_t>(n), q3});
            std::ranges::push_heap(found.largest, larger);
            if (found.largest.size() <= most) continue;
            std::ranges::pop_heap(found.largest, larger);
            found.largest.pop_back();
        }
    std::ranges::sort_heap(found.largest, larger);
    return found;
}

}  // namespace manygpcm
