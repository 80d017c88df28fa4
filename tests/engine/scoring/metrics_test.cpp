// Metrics against NumPy, SciPy and scikit-learn (data/make_metrics.py), and where they are
// undefined.
#include "manygpcm/engine/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "manygpcm/engine/files.h"
#include "manygpcm/engine/fold_interval.h"

namespace manygpcm {
namespace {

TEST(Metrics, AgreeWithScipyAndSklearn) {
    const auto cases = nlohmann::json::parse(read_file(MANYGPCM_TEST_DATA "/metrics.json"));
    ASSERT_EQ(cases.size(), 3u);
    for (const auto& c : cases) {
        SCOPED_TRACE(c["name"].get<std::string>());
        const auto probabilities = c["probabilities"].get<std::vector<float>>();
        const auto responses = c["responses"].get<std::vector<std::int32_t>>();
        const Metrics m = compute_metrics(probabilities, responses, c["n_categories"]);
        EXPECT_EQ(m.n, static_cast<std::int64_t>(responses.size()));
        EXPECT_EQ(m.scalars().size(), c["scalars"].size());
        for (const auto& [name, value] : m.scalars())
            EXPECT_NEAR(value, c["scalars"].at(name).get<double>(), 1e-6) << name;
        EXPECT_EQ(m.confusion, c["confusion"].get<std::vector<std::int64_t>>());
        for (std::size_t k = 0; k < m.categories.size(); ++k) {
            EXPECT_NEAR(m.categories[k].precision, c["precision"][k].get<double>(), 1e-12);
            EXPECT_NEAR(m.categories[k].recall, c["recall"][k].get<double>(), 1e-12);
            EXPECT_NEAR(m.categories[k].f1, c["f1"][k].get<double>(), 1e-12);
            EXPECT_EQ(m.categories[k].count, c["count"][k].get<std::int64_t>());
        }
    }
}

TEST(Metrics, AreZeroWithoutSteps) {
    const Metrics m = compute_metrics({}, {}, 4);
    EXPECT_EQ(m.n, 0);
    for (const auto& [name, value] : m.scalars())
        EXPECT_EQ(value, 0) << name;
    EXPECT_EQ(m.confusion.size(), 16u);
    EXPECT_EQ(m.categories.size(), 4u);
}

TEST(Metrics, AreFiniteWithoutVariance) {
    const std::vector<float> probabilities = {1, 0, 1, 0};
    const std::vector<std::int32_t> responses = {0, 0};
    const Metrics m = compute_metrics(probabilities, responses, 2);
    EXPECT_EQ(m.accuracy, 1);
    for (const double x : {m.qwk, m.kappa, m.kendall_tau, m.spearman, m.pearson, m.cross_entropy})
        EXPECT_EQ(x, 0);
}

TEST(Metrics, CrossEntropyOfAProbabilityOfZeroIsFinite) {
    const std::vector<float> probabilities = {1, 0};
    const std::vector<std::int32_t> responses = {1};
    EXPECT_TRUE(std::isfinite(compute_metrics(probabilities, responses, 2).cross_entropy));
}

TEST(QuadraticWeightedKappa, IsOneForAgreementAndMinusOneForReversal) {
    EXPECT_DOUBLE_EQ(
        quadratic_weighted_kappa(std::vector<std::int64_t>{5, 0, 0, 0, 3, 0, 0, 0, 5}, 3), 1);
    EXPECT_DOUBLE_EQ(
        quadratic_weighted_kappa(std::vector<std::int64_t>{0, 0, 5, 0, 3, 0, 5, 0, 0}, 3), -1);
}

TEST(Decide, TakesModeMedianOrRoundedMean) {
    const std::vector<float> p = {0.4f, 0.0f, 0.25f, 0.35f};
    EXPECT_EQ(decide(p, Decision::argmax), 0);
    EXPECT_EQ(decide(p, Decision::median), 2);
    EXPECT_EQ(decide(p, Decision::expected), 2);  // mean 1.55
}

TEST(Decide, TakesTheLowerOfTwoEqualModes) {
    EXPECT_EQ(decide(std::vector<float>{0.2f, 0.4f, 0.4f}, Decision::argmax), 1);
}

TEST(Metrics, GoToJsonByName) {
    Metrics metrics;
    metrics.n = 5;
    metrics.qwk = 0.25;
    metrics.confusion = {1, 2, 0, 2};
    metrics.categories = {{.precision = 1, .recall = 0.5, .f1 = 0.75, .count = 3}, {.count = 2}};
    const nlohmann::json json = to_json(metrics), scalars = scalars_to_json(metrics);
    EXPECT_EQ(scalars.size(), 1 + metrics.scalars().size());
    EXPECT_EQ(scalars["n"], 5);
    EXPECT_EQ(json["qwk"], 0.25);
    EXPECT_EQ(json["confusion"], nlohmann::json::parse("[[1,2],[0,2]]"));
    EXPECT_EQ(json["categories"][0]["f1"], 0.75);
    EXPECT_EQ(json["categories"][1]["count"], 2);
}

/// Two learners of different lengths, and the same steps in any multiplicity.
struct TwoLearners {
    std::vector<float> probabilities = {0.7f, 0.3f, 0.4f, 0.6f,  0.9f,
                                        0.1f, 0.2f, 0.8f, 0.45f, 0.55f};
    std::vector<std::int32_t> responses = {0, 0, 1, 1, 0};
    std::vector<std::int32_t> offsets = {0, 3, 5};

    double cross_entropy_of(std::initializer_list<int> learners) const {
        std::vector<float> p;
        std::vector<std::int32_t> r;
        for (const int learner : learners)
            for (int i = offsets[static_cast<std::size_t>(learner)];
                 i < offsets[static_cast<std::size_t>(learner) + 1]; ++i) {
                p.insert(p.end(), probabilities.begin() + 2 * i, probabilities.begin() + 2 * i + 2);
                r.push_back(responses[static_cast<std::size_t>(i)]);
            }
        return compute_metrics(p, r, 2).cross_entropy;
    }

    std::vector<Interval> intervals(int resamples, std::uint64_t seed) const {
        return bootstrap_intervals(probabilities, responses, 2, offsets, resamples, seed);
    }
};

constexpr std::size_t cross_entropy_index = 11;

TEST(Bootstrap, ResamplesWholeLearners) {
    const TwoLearners data;
    ASSERT_EQ(Metrics{}.scalars()[cross_entropy_index].first, "cross_entropy");
    std::set<std::string> expected, found;
    for (const double x : {data.cross_entropy_of({0, 0}), data.cross_entropy_of({0, 1}),
                           data.cross_entropy_of({1, 1})})
        expected.insert(fmt::format("{:.9f}", x));
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const Interval interval = data.intervals(1, seed)[cross_entropy_index];
        EXPECT_EQ(interval.low, interval.high);
        found.insert(fmt::format("{:.9f}", interval.low));
    }
    EXPECT_EQ(found, expected);
}

TEST(Bootstrap, IntervalIsTheMiddle95Percent) {
    const TwoLearners data;
    // Of 1000 resamples about 250 are each pure pair: both ends of the interval are pure pairs.
    const Interval interval = data.intervals(1000, 1)[cross_entropy_index];
    const auto [low, high] =
        std::minmax({data.cross_entropy_of({0, 0}), data.cross_entropy_of({1, 1})});
    EXPECT_NEAR(interval.low, low, 1e-12);
    EXPECT_NEAR(interval.high, high, 1e-12);
}

TEST(Bootstrap, ComparesTwoPredictorsOnTheSameResamples) {
    const TwoLearners data;
    // Half the steps' odds: of each learner alone and of any draw, another cross-entropy.
    std::vector<float> other = data.probabilities;
    for (std::size_t i = 0; i < other.size(); i += 2) {
        other[i] = (other[i] + 0.5F) / 2;
        other[i + 1] = 1 - other[i];
    }
    const auto of = [&](const std::vector<float>& first, const std::vector<float>& second) {
        return bootstrap_differences(first, second, data.responses, 2, data.offsets, 1000,
                                     1)[cross_entropy_index];
    };
    EXPECT_EQ(of(other, other).low, 0);
    EXPECT_EQ(of(other, other).high, 0);
    TwoLearners halved;
    halved.probabilities = other;
    const double first = data.cross_entropy_of({0, 0}) - halved.cross_entropy_of({0, 0});
    const double second = data.cross_entropy_of({1, 1}) - halved.cross_entropy_of({1, 1});
    const Interval interval = of(data.probabilities, other);
    EXPECT_NEAR(interval.low, std::min(first, second), 1e-12);
    EXPECT_NEAR(interval.high, std::max(first, second), 1e-12);
}

TEST(Bootstrap, HasAnIntervalForEveryScalarEvenWithoutLearners) {
    const auto intervals = bootstrap_intervals({}, {}, 3, std::vector<std::int32_t>{0}, 10, 1);
    ASSERT_EQ(intervals.size(), Metrics{}.scalars().size());
    for (const Interval& interval : intervals)
        EXPECT_EQ(interval.high, 0);
}

TEST(FoldInterval, IsWiderThanOfIndependentScores) {
    // Five folds: mean 0.02, s^2 = 1e-3 / 4; t(4) = 2.776445, variance (1/5 + 1/4) s^2.
    const auto interval = fold_interval(std::vector{0.0, 0.01, 0.02, 0.03, 0.04});
    const double half = 2.776445 * std::sqrt(0.45 * 1e-3 / 4);
    ASSERT_TRUE(interval);
    EXPECT_NEAR(interval->low, 0.02 - half, 1e-8);
    EXPECT_NEAR(interval->high, 0.02 + half, 1e-8);
    EXPECT_FALSE(fold_interval(std::vector{0.1}));
}

}  // namespace
}  // namespace manygpcm
