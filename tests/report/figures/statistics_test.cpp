// Statistics, importance, correlations and edges where the published study doesn't reach.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "figures/edges.h"
#include "figures/parameter_correlations.h"
#include "figures/score_statistics.h"
#include "importance/parameter_importance.h"
#include "manygpcm/engine/random.h"

namespace manygpcm::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

search::Parameter real(const char* name, double low, double high, bool log = false) {
    return {.name = name, .low = low, .high = high, .log = log, .choices = {}};
}

TEST(ScoreStatistics, LeavesFailedTrialsOutButCountsThem) {
    const ScoreStatistics s = score_statistics(std::vector{nan, 0.2, nan, 0.4});
    EXPECT_EQ(s.total_trials, 4);
    EXPECT_EQ(s.successful_trials, 2);
    EXPECT_EQ(s.best_trial, 4);
    EXPECT_DOUBLE_EQ(s.mean, 0.3);
    EXPECT_DOUBLE_EQ(s.improvement_rate, 0.2);
}

TEST(ScoreStatistics, AreZeroRatherThanUndefined) {
    EXPECT_EQ(score_statistics({}).best_trial, 0);
    const ScoreStatistics one = score_statistics(std::vector{0.5});
    EXPECT_EQ(one.best, 0.5);
    EXPECT_EQ(one.standard_deviation, 0);
    EXPECT_EQ(one.exploration_ratio, 0);
    EXPECT_EQ(one.percentile_95, 0.5);
}

// Critical values of Pearson's r, as textbooks have them.
TEST(ChanceCorrelation, IsOfStudentsT) {
    EXPECT_NEAR(chance_correlation(4), 0.950, 5e-4);
    EXPECT_NEAR(chance_correlation(5), 0.878, 5e-4);
    EXPECT_NEAR(chance_correlation(10), 0.632, 5e-4);
    EXPECT_NEAR(chance_correlation(102), 0.195, 5e-4);
    EXPECT_EQ(chance_correlation(2), 1);
    EXPECT_EQ(chance_correlation(0), 1);
}

TEST(Convergence, IsTheLastDifferenceWhereTheBestNeverSettles) {
    EXPECT_EQ(convergence(std::vector{0.1, 0.2, 0.3, 0.4}).trial, 3);
    EXPECT_FALSE(convergence(std::vector{0.1, 0.2, 0.3, 0.4}).settled);
    EXPECT_TRUE(convergence(std::vector{0.1, 0.2, 0.3, 0.3}).settled);
    // Fewer than five differences at the end are enough.
    EXPECT_EQ(convergence(std::vector{0.1, 0.2, 0.3, 0.3}).trial, 3);
    EXPECT_EQ(convergence(std::vector{0.3, 0.2, 0.1}).trial, 1);
    EXPECT_EQ(convergence({}).trial, 0);
}

TEST(Convergence, CountsTrialsThatAreNotTrainedFullyAsNoGain) {
    const Convergence c = convergence(std::vector{nan, nan, 0.1, nan, 0.3, nan, nan, 0.2});
    EXPECT_EQ(c.trial, 5);
    EXPECT_DOUBLE_EQ(c.final_best, 0.3);
    EXPECT_DOUBLE_EQ(c.efficiency, 5.0 / 8);
    EXPECT_DOUBLE_EQ(c.improvement_rate, 0.2 / 5);
    EXPECT_EQ(convergence(std::vector{nan, nan}).trial, 0);
}

// Points uniform in the unit cube, and scores that depend on the first two coordinates.
struct Sample {
    search::Space space{
        {real("strong", 0, 1), real("weak", 0, 1), real("idle", 0, 1), real("stuck", 0, 1)}};
    std::vector<search::Point> points;
    std::vector<double> scores;

    Sample() {
        RandomStream random(1, RandomUse::sampler);
        for (int i = 0; i < 200; ++i) {
            points.push_back({{"strong", random.uniform()},
                              {"weak", random.uniform()},
                              {"idle", random.uniform()},
                              {"stuck", 0.5}});
            scores.push_back(3 * points.back()["strong"] - points.back()["weak"]);
        }
    }
};

TEST(Importances, ShareTheVarianceAmongTheParametersThatMakeIt) {
    const Sample sample;
    const Importances all = importances(sample.space, sample.points, sample.scores, 42);
    ASSERT_EQ(all.parameters.size(), 3u);
    EXPECT_EQ(all.parameters[0].name, "strong");
    EXPECT_NEAR(all.parameters[0].fanova.value, 0.9, 0.03);
    EXPECT_NEAR(all.parameters[0].impurity.value, 0.9, 0.03);
    EXPECT_EQ(all.parameters[1].name, "weak");
    EXPECT_NEAR(all.parameters[1].fanova.value, 0.1, 0.03);
    EXPECT_LT(all.parameters[2].fanova.value, 0.02);
    EXPECT_EQ(all.unvaried, std::vector<std::string>{"stuck"});
    double variance = all.all_pairs + all.higher_order, impurity = 0, ped_anova = 0;
    for (const Importance& one : all.parameters) {
        variance += one.fanova.value;
        impurity += one.impurity.value;
        ped_anova += one.ped_anova.value;
        for (const Estimate& estimate :
             {one.fanova, one.fanova_total, one.ped_anova, one.impurity}) {
            EXPECT_LE(estimate.low, estimate.value);
            EXPECT_GE(estimate.high, estimate.value);
        }
    }
    EXPECT_NEAR(variance, 1, 1e-12);
    EXPECT_NEAR(impurity, 1, 1e-12);
    EXPECT_NEAR(ped_anova, 1, 1e-12);
    EXPECT_EQ(all.contours.size(), 3u);
}

TEST(Importances, FollowWhatMadeTheScoresInSlicesAndContours) {
    const Sample sample;
    const Importances all = importances(sample.space, sample.points, sample.scores, 42);
    const Slice& strong = all.slices[0];
    ASSERT_EQ(strong.values.size(), strong.scores.size());
    for (std::size_t i = 3; i + 3 < strong.values.size(); ++i)
        EXPECT_NEAR(strong.scores[i], 3 * strong.values[i] - 0.5, 0.2);
    const Contour& contour = all.contours[0];  // strong, weak
    EXPECT_EQ(contour.y, "weak");
    EXPECT_NEAR(contour.scores[6][18], 3 * contour.x_values[18] - contour.y_values[6], 0.3);
}

TEST(Importances, DependOnTheSeedAlone) {
    const Sample sample;
    const auto strongest = [&](std::uint64_t seed) {
        return importances(sample.space, sample.points, sample.scores, seed).parameters[0].fanova;
    };
    EXPECT_EQ(strongest(42).low, strongest(42).low);
    EXPECT_NE(strongest(42).value, strongest(43).value);
}

TEST(Importances, AreEmptyWhereNothingCanBeLearned) {
    const Sample sample;
    const std::span points(sample.points);
    EXPECT_TRUE(importances(sample.space, points.first(3), std::span(sample.scores).first(3), 42)
                    .parameters.empty());
    EXPECT_TRUE(importances(sample.space, points.first(5), std::vector<double>(5, 0.5), 42)
                    .parameters.empty());
    const std::vector<search::Point> of_nothing(6);
    EXPECT_TRUE(
        importances({}, of_nothing, std::span(sample.scores).first(6), 42).parameters.empty());
}

TEST(ParameterCorrelations, AreSortedBySizeAndLeaveOutWhatNeverVaried) {
    const search::Space space({real("x", 0, 1), real("y", 0, 1), real("stuck", 0, 1)});
    const std::vector<search::Point> points = {{{"x", 1}, {"y", 4}, {"stuck", 1}},
                                               {{"x", 3}, {"y", 3}, {"stuck", 1}},
                                               {{"x", 2}, {"y", 2}, {"stuck", 1}},
                                               {{"x", 4}, {"y", 1}, {"stuck", 1}}};
    const auto found = parameter_correlations(space, points, std::vector{1.0, 2.0, 3.0, 4.0});
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].name, "y");
    EXPECT_EQ(found[0].trials, 4);
    EXPECT_DOUBLE_EQ(found[0].pearson.value, -1);
    EXPECT_EQ(found[1].name, "x");
    EXPECT_DOUBLE_EQ(found[1].pearson.value, 0.8);
    EXPECT_TRUE(parameter_correlations(space, points, std::vector(4, 1.0)).empty());
    EXPECT_TRUE(
        parameter_correlations(space, std::span(points).first(3), std::vector{1.0, 2.0, 3.0})
            .empty());
}

TEST(ParameterCorrelations, AreNotSureOfFewRanksThatAllAgree) {
    const auto of = [](int n) {
        std::vector<double> x, y;
        for (int i = 0; i < n; ++i) {
            x.push_back(i);
            y.push_back(i * i);
        }
        return correlate("x", x, y)->spearman;
    };
    EXPECT_EQ(of(4).value, 1);
    EXPECT_TRUE(std::isnan(of(4).low));  // one order in twelve agrees so, or the opposite way
    EXPECT_TRUE(std::isnan(of(4).high));
    EXPECT_EQ(of(5).high, 1);
    EXPECT_GT(of(8).low, 0.5);
}

TEST(ParameterCorrelations, SeeRanksAndHowSureTheyAre) {
    // By scipy 1.10: pearsonr 0.819892, its 95% interval 0.024898 to 0.979621; spearmanr with ties
    // 0.811679.
    const std::vector<double> x = {1, 2, 2, 3, 5, 8}, y = {0.1, 0.4, 0.35, 0.3, 0.5, 0.55};
    std::vector<search::Point> points;
    for (const double value : x)
        points.push_back({{"x", value}});
    const auto found = parameter_correlations(search::Space({real("x", 0, 10)}), points, y);
    EXPECT_NEAR(found[0].pearson.value, 0.819892, 1e-6);
    EXPECT_NEAR(found[0].pearson.low, 0.024898, 1e-4);
    EXPECT_NEAR(found[0].spearman.value, 0.811679, 1e-6);
    EXPECT_LT(found[0].spearman.low, found[0].pearson.low);
}

TEST(Edges, AreFirstAndLastChoicesAndTheOutermostPercentOfARange) {
    const search::Space space(
        {{.name = "memory_size", .kind = search::Parameter::Kind::choice, .choices = {20, 50, 100}},
         {.name = "n_cycles", .kind = search::Parameter::Kind::choice, .choices = {1, 2, 3}},
         real("lr", 1e-4, 1e-2, true),
         real("grad_clip", 0, 10)});
    const auto found = [&](double memory_size, double n_cycles, double lr, double grad_clip) {
        std::string names;
        for (const Edge& edge : edges(space, {{"memory_size", memory_size},
                                              {"n_cycles", n_cycles},
                                              {"lr", lr},
                                              {"grad_clip", grad_clip}}))
            names += edge.name + (edge.upper ? "+ " : "- ");
        return names;
    };
    EXPECT_EQ(found(50, 2, 1e-3, 5), "");
    EXPECT_EQ(found(20, 3, 1.04e-4, 9.95), "memory_size- n_cycles+ lr- grad_clip+ ");
    EXPECT_EQ(found(100, 1, 9.7e-3, 0.05), "memory_size+ n_cycles- lr+ grad_clip- ");
    EXPECT_EQ(found(50, 2, 1.05e-4, 9.85), "");
}

TEST(Edges, AreNeitherWordsNorWhatIsNotSearchedAtTheBestPoint) {
    const search::Space space({{.name = "optimizer",
                                .kind = search::Parameter::Kind::choice,
                                .choices = {0, 1},
                                .labels = {"adam", "adamw"}},
                               {.name = "weight_decay",
                                .low = 1e-6,
                                .high = 1e-2,
                                .log = true,
                                .choices = {},
                                .condition = search::Condition{"optimizer", {1}, 0}},
                               {.name = "key_dim",
                                .kind = search::Parameter::Kind::integer,
                                .low = 16,
                                .high = 64,
                                .choices = {}}});
    const auto found = edges(space, {{"optimizer", 0}, {"weight_decay", 0}, {"key_dim", 64}});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name, "key_dim");
    EXPECT_EQ(edges(space, {{"optimizer", 1}, {"weight_decay", 1e-6}, {"key_dim", 20}}).size(), 1u);
}

}  // namespace
}  // namespace manygpcm::report
