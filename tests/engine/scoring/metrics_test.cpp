// Metrics against NumPy, SciPy and scikit-learn (data/make_metrics.py), and where they are
// undefined.
#include "manygpcm/engine/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <stdexcept>

#include "engine/expect_input_error.h"
#include "manygpcm/engine/bootstrap.h"
#include "manygpcm/engine/cut_points.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/fold_interval.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/engine/running_metrics.h"
#include "scoring/ranking.h"

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
    EXPECT_EQ(m["accuracy"], 1);
    for (const double x :
         {m["qwk"], m["kappa"], m["kendall_tau"], m["spearman"], m["pearson"], m["cross_entropy"]})
        EXPECT_EQ(x, 0);
}

TEST(Metrics, CrossEntropyOfAProbabilityOfZeroIsFinite) {
    const std::vector<float> probabilities = {1, 0};
    const std::vector<std::int32_t> responses = {1};
    EXPECT_TRUE(std::isfinite(compute_metrics(probabilities, responses, 2)["cross_entropy"]));
}

/// The area under the ROC curve by its definition, over all pairs of steps.
double area_by_pairs(const std::vector<float>& probabilities,
                     const std::vector<std::int32_t>& responses) {
    double above = 0, pairs = 0;
    for (std::size_t i = 0; i < responses.size(); ++i)
        for (std::size_t j = 0; j < responses.size(); ++j) {
            if (responses[i] != 1 || responses[j] != 0) continue;
            const float one = probabilities[2 * i + 1], other = probabilities[2 * j + 1];
            above += one > other ? 1 : one == other ? 0.5 : 0;
            ++pairs;
        }
    return above / pairs;
}

/// Steps of two categories whose probabilities are multiples of an eighth, so that many are equal.
struct RandomSteps {
    std::vector<float> probabilities;
    std::vector<std::int32_t> responses;

    RandomSteps(std::mt19937& random, int n) {
        for (int i = 0; i < n; ++i) {
            const auto eighths = static_cast<float>(random() % 9);
            probabilities.insert(probabilities.end(), {1 - eighths / 8, eighths / 8});
            responses.push_back(
                static_cast<std::int32_t>(static_cast<float>(random() % 8) < eighths));
        }
    }
};

TEST(AreaUnderTheRocCurve, IsOfAllPairsWithTiesAsHalf) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    RandomSteps steps(random, 60);
    steps.responses[0] = 0;
    steps.responses[1] = 1;
    EXPECT_NEAR(compute_metrics(steps.probabilities, steps.responses, 2)["auc"],
                area_by_pairs(steps.probabilities, steps.responses), 1e-12);
    EXPECT_EQ(compute_metrics(steps.probabilities, std::vector<std::int32_t>(60, 1), 2)["auc"],
              0.5);
}

TEST(RunningMetrics, AreThoseOfAllParts) {
    RandomStream random(3, RandomUse::simulation);
    for (const int n_categories : {2, 3}) {
        const auto width = static_cast<std::size_t>(n_categories);
        std::vector<float> probabilities;
        std::vector<std::int32_t> responses;
        for (int i = 0; i < 200; ++i) {
            const auto tenths = static_cast<float>(random.below(10)) / 10;  // with ties
            const float missing = std::numeric_limits<float>::quiet_NaN();
            probabilities.push_back(i % 50 == 7 ? missing : 1 - tenths);
            probabilities.push_back(i % 50 == 7 ? missing : tenths);
            if (width == 3) probabilities.push_back(0);
            responses.push_back(static_cast<std::int32_t>(random.below(n_categories)));
        }
        const std::vector<double> cut_points(width - 1, 0.7);
        RunningMetrics running(n_categories, cut_points);
        const std::span<const float> all = probabilities;
        const std::span<const std::int32_t> all_responses = responses;
        for (const auto& [first, n] : {std::pair{0, 1}, {1, 0}, {1, 120}, {121, 79}})
            running.add(all.subspan(first * width, n * width), all_responses.subspan(first, n));
        EXPECT_EQ(to_json(running.metrics()).dump(),
                  to_json(compute_metrics(probabilities, responses, n_categories)).dump());
        RunningMetrics at_once(n_categories, cut_points);
        at_once.add(probabilities, responses);
        EXPECT_EQ(running.kappa_of_cut_points(), at_once.kappa_of_cut_points());
        if (width > 2) continue;
        Ranking ranking;
        for (std::size_t i = 0; i < responses.size(); ++i)
            ranking.add(probabilities[2 * i + 1], responses[i] == 1, 0);
        ranking.sort();
        const int once[] = {1};
        EXPECT_EQ(running.metrics()["auc"], ranking.area(once));
    }
}

TEST(AreaUnderTheRocCurve, IsResampledByWholeLearners) {
    // Alone each learner is ranked without fault; together half of the pairs between them are.
    const std::vector<float> probabilities = {0.9F, 0.1F, 0.8F, 0.2F, 0.4F, 0.6F, 0.3F, 0.7F};
    const std::vector<std::int32_t> responses = {0, 1, 0, 1};
    ScoredLearners learners(2);
    for (const std::size_t first : {0, 2})  // one after the other
        learners.add(std::span(probabilities).subspan(2 * first, 4),
                     std::span(responses).subspan(first, 2), std::vector<std::int32_t>{0, 2});
    const auto intervals = learners.resampled(200, 3).intervals();
    EXPECT_EQ(compute_metrics(probabilities, responses, 2)["auc"], 0.75);
    EXPECT_EQ(intervals.at("auc").low, 0.75);
    EXPECT_EQ(intervals.at("auc").high, 1);
}

TEST(Metrics, OfTwoCategoriesAreShownOnce) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    RandomSteps steps(random, 50);
    for (std::size_t i = 0; i < steps.probabilities.size(); ++i)  // the median of two halves is 0
        if (steps.probabilities[i] == 0.5F) steps.probabilities[i] += i % 2 == 1 ? 0.01F : -0.01F;
    const Metrics m = compute_metrics(steps.probabilities, steps.responses, 2);
    EXPECT_EQ(m["accuracy_within_one"], 1);
    EXPECT_NEAR(m["mae"], 1 - m["accuracy"], 1e-12);
    EXPECT_NEAR(m["rmse"], std::sqrt(1 - m["accuracy"]), 1e-12);
    for (const char* name : {"qwk_median", "qwk_expected", "kappa"})
        EXPECT_NEAR(m[name], m["qwk"], 1e-12) << name;
    for (const char* name : {"kendall_tau", "spearman"})
        EXPECT_NEAR(m[name], m["pearson"], 1e-12) << name;
    const auto shown = [](int categories) {
        std::vector<std::string_view> names;
        for (const Metric& metric : metric_table())
            if (metric.shown(categories)) names.push_back(metric.name);
        return names;
    };
    EXPECT_EQ(shown(2),
              (std::vector<std::string_view>{"qwk", "accuracy", "pearson", "cross_entropy",
                                             "expected_calibration_error", "auc"}));
    EXPECT_EQ(shown(3).size(), metric_table().size() - 1) << "all but auc";
}

TEST(Metrics, AreKnownByTheirNames) {
    std::set<std::string_view> names;
    for (const Metric& metric : metric_table()) {
        EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
        EXPECT_EQ(find_metric(metric.name), &metric);
    }
    EXPECT_EQ(find_metric("f7"), nullptr);
    EXPECT_THROW(Metrics()["f7"], std::out_of_range);
    expect_input_error([] { objective_metric("f7", 3); }, {"objective 'f7'", "qwk, qwk_median"});
    expect_input_error([] { objective_metric("auc", 3); }, {"auc", "two categories only"});
    expect_input_error([] { objective_metric("accuracy_within_one", 2); }, {"every model"});
    EXPECT_TRUE(objective_metric("cross_entropy", 2).minimize);
    EXPECT_FALSE(objective_metric("auc", 2).minimize);
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
    metrics["qwk"] = 0.25;
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
        return compute_metrics(p, r, 2)["cross_entropy"];
    }

    ResampledMetrics resampled(int draws, std::uint64_t seed) const {
        ScoredLearners learners(2);
        learners.add(probabilities, responses, offsets);
        return learners.resampled(draws, seed);
    }

    Intervals intervals(int draws, std::uint64_t seed) const {
        return resampled(draws, seed).intervals();
    }
};

TEST(Bootstrap, ResamplesWholeLearners) {
    const TwoLearners data;
    std::set<std::string> expected, found;
    for (const double x : {data.cross_entropy_of({0, 0}), data.cross_entropy_of({0, 1}),
                           data.cross_entropy_of({1, 1})})
        expected.insert(fmt::format("{:.9f}", x));
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const Interval interval = data.intervals(1, seed).at("cross_entropy");
        EXPECT_EQ(interval.low, interval.high);
        found.insert(fmt::format("{:.9f}", interval.low));
    }
    EXPECT_EQ(found, expected);
}

TEST(Bootstrap, IntervalIsTheMiddle95Percent) {
    const TwoLearners data;
    // Of 1000 resamples about 250 are each pure pair: both ends of the interval are pure pairs.
    const Interval interval = data.intervals(1000, 1).at("cross_entropy");
    const auto [low, high] =
        std::minmax({data.cross_entropy_of({0, 0}), data.cross_entropy_of({1, 1})});
    EXPECT_NEAR(interval.low, low, 1e-12);
    EXPECT_NEAR(interval.high, high, 1e-12);
}

TEST(Bootstrap, ComparesTwoPredictorsOnTheSameResamples) {
    const TwoLearners data;
    // Half the steps' odds: of each learner alone and of any draw, another cross-entropy.
    TwoLearners halved;
    for (std::size_t i = 0; i < halved.probabilities.size(); i += 2) {
        halved.probabilities[i] = (halved.probabilities[i] + 0.5F) / 2;
        halved.probabilities[i + 1] = 1 - halved.probabilities[i];
    }
    const auto of = [](const TwoLearners& first, const TwoLearners& second) {
        return first.resampled(1000, 1)
            .intervals_above(second.resampled(1000, 1))
            .at("cross_entropy");
    };
    EXPECT_EQ(of(halved, halved).low, 0);
    EXPECT_EQ(of(halved, halved).high, 0);
    const double first = data.cross_entropy_of({0, 0}) - halved.cross_entropy_of({0, 0});
    const double second = data.cross_entropy_of({1, 1}) - halved.cross_entropy_of({1, 1});
    const Interval interval = of(data, halved);
    EXPECT_NEAR(interval.low, std::min(first, second), 1e-12);
    EXPECT_NEAR(interval.high, std::max(first, second), 1e-12);
}

TEST(Bootstrap, HasAnIntervalForEveryScalarEvenWithoutLearners) {
    const auto intervals = ScoredLearners(3).resampled(10, 1).intervals();
    ASSERT_EQ(intervals.size(), Metrics{}.scalars().size());
    for (const auto& [name, interval] : intervals)
        EXPECT_EQ(interval.high, 0) << name;
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

TEST(Metrics, LeaveOutEachLearnersFirstResponse) {
    const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F, 0.7F, 0.3F};
    const std::vector<std::int32_t> responses = {1, 1, 0, 0};
    const std::vector<std::int32_t> offsets = {0, 2, 3, 4};  // the second and third have one each
    RunningMetrics later(2);
    later.add_without_first(p, responses, std::vector<std::int32_t>{0, 1, 2, 3, 4});
    EXPECT_EQ(later.metrics().n, 0);
    later.add_without_first(p, responses, offsets);
    EXPECT_EQ(later.metrics().n, 1);
    EXPECT_NEAR(later.metrics()["cross_entropy"], -std::log(0.6), 1e-6);
}

}  // namespace
}  // namespace manygpcm
