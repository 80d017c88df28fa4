// Cut points of the expected category: where they lie, and what they decide.
#include "manygpcm/engine/cut_points.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/running_metrics.h"

namespace manygpcm {
namespace {

/// Steps of three categories: a distribution for every expected category.
struct Steps {
    std::vector<float> probabilities;
    std::vector<std::int32_t> responses;

    void add(float expected, std::int32_t response) {
        const float p2 = expected / 2;
        probabilities.insert(probabilities.end(), {1 - p2, 0, p2});
        responses.push_back(response);
    }
};

std::vector<double> fitted_to(std::span<const float> probabilities,
                              std::span<const std::int32_t> responses, int n_categories) {
    CutPointFit fit(n_categories);
    fit.add(probabilities, responses);
    return fit.cut_points();
}

double kappa_of(std::span<const double> cut_points, std::span<const float> probabilities,
                std::span<const std::int32_t> responses) {
    RunningMetrics metrics(static_cast<int>(cut_points.size()) + 1, cut_points);
    metrics.add(probabilities, responses);
    return metrics.kappa_of_cut_points();
}

TEST(CutPoints, PartWhatCanBeParted) {
    Steps steps;
    for (const float x : {0.1F, 0.2F, 0.25F})
        steps.add(x, 0);
    for (const float x : {0.35F, 0.6F})
        steps.add(x, 1);
    for (const float x : {0.9F, 1.9F})
        steps.add(x, 2);
    const auto points = fitted_to(steps.probabilities, steps.responses, 3);
    ASSERT_EQ(points.size(), 2u);
    EXPECT_GT(points[0], 0.25);
    EXPECT_LE(points[0], 0.35);
    EXPECT_GT(points[1], 0.6);
    EXPECT_LE(points[1], 0.9);
    EXPECT_EQ(kappa_of(points, steps.probabilities, steps.responses), 1);
    for (std::size_t i = 0; i < steps.responses.size(); ++i)
        EXPECT_EQ(decide(std::span(steps.probabilities).subspan(3 * i, 3), points),
                  steps.responses[i]);
}

TEST(CutPoints, DecideNoWorseThanRoundingAndTheMedianOnWhatTheyAreFittedTo) {
    constexpr unsigned seed = 7;
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<float> probabilities;
    std::vector<std::int32_t> responses;
    for (int i = 0; i < 3000; ++i) {
        // Middle categories are seldom the most probable, as in graded answers.
        const double ability = std::normal_distribution<double>()(random);
        double weight[4], sum = 0;
        for (int k = 0; k < 4; ++k)
            sum += weight[k] = std::exp(k * ability - (k == 1 || k == 2 ? 1 : 0));
        for (double& w : weight)
            probabilities.push_back(static_cast<float>(w / sum));
        responses.push_back(std::discrete_distribution<std::int32_t>(weight, weight + 4)(random));
    }
    const auto points = fitted_to(probabilities, responses, 4);
    EXPECT_TRUE(std::ranges::is_sorted(points));
    const double fitted = kappa_of(points, probabilities, responses);
    const Metrics metrics = compute_metrics(probabilities, responses, 4);
    EXPECT_GT(fitted, metrics["qwk_expected"]);
    EXPECT_GT(fitted, metrics["qwk"] + 0.01);
}

TEST(CutPoints, RoundWhereNothingTells) {
    EXPECT_EQ(fitted_to({}, {}, 4), (std::vector{0.5, 1.5, 2.5}));
}

}  // namespace
}  // namespace manygpcm
