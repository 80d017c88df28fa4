// Statistics, importance, correlations and edges where the published study doesn't reach.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "edges.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/report/analysis.h"

namespace manygpcm {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Parameter real(const char* name, double low, double high, bool log = false) {
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

TEST(Convergence, IsTheLastDifferenceWhereTheBestNeverSettles) {
    EXPECT_EQ(convergence(std::vector{0.1, 0.2, 0.3, 0.4}).trial, 3);
    // Fewer than five differences at the end are enough.
    EXPECT_EQ(convergence(std::vector{0.1, 0.2, 0.3, 0.3}).trial, 3);
    EXPECT_EQ(convergence(std::vector{0.3, 0.2, 0.1}).trial, 1);
    EXPECT_EQ(convergence({}).trial, 0);
}

// Points uniform in the unit cube, and scores that depend on the first two coordinates.
struct Sample {
    Space space{
        {real("strong", 0, 1), real("weak", 0, 1), real("idle", 0, 1), real("stuck", 0, 1)}};
    std::vector<Point> points;
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

TEST(ParameterImportance, SharesTheVarianceAmongTheParametersThatMakeIt) {
    const Sample sample;
    const auto figures = parameter_importance(sample.space, sample.points, sample.scores, 42);
    ASSERT_EQ(figures.size(), 4u);
    EXPECT_EQ(figures[0].name, "strong");
    EXPECT_NEAR(figures[0].value, 0.9, 0.03);
    EXPECT_EQ(figures[1].name, "weak");
    EXPECT_NEAR(figures[1].value, 0.1, 0.03);
    EXPECT_LT(figures[2].value, 0.02);
    EXPECT_EQ(figures[3].name, "stuck");
    EXPECT_EQ(figures[3].value, 0);
    double sum = 0;
    for (const ParameterFigure& figure : figures)
        sum += figure.value;
    EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(ParameterImportance, DependsOnTheSeedAlone) {
    const Sample sample;
    const auto once = parameter_importance(sample.space, sample.points, sample.scores, 42);
    const auto twice = parameter_importance(sample.space, sample.points, sample.scores, 42);
    const auto other = parameter_importance(sample.space, sample.points, sample.scores, 43);
    EXPECT_EQ(once[0].value, twice[0].value);
    EXPECT_NE(once[0].value, other[0].value);
}

TEST(ParameterImportance, IsEmptyWhereNothingCanBeLearned) {
    const Sample sample;
    const std::span points(sample.points);
    EXPECT_TRUE(
        parameter_importance(sample.space, points.first(3), std::span(sample.scores).first(3), 42)
            .empty());
    EXPECT_TRUE(parameter_importance(sample.space, points.first(5), std::vector<double>(5, 0.5), 42)
                    .empty());
}

TEST(ParameterCorrelations, AreSortedBySizeAndLeaveOutWhatNeverVaried) {
    const Space space({real("x", 0, 1), real("y", 0, 1), real("stuck", 0, 1)});
    const std::vector<Point> points = {{{"x", 1}, {"y", 3}, {"stuck", 1}},
                                       {{"x", 3}, {"y", 2}, {"stuck", 1}},
                                       {{"x", 2}, {"y", 1}, {"stuck", 1}}};
    const auto figures = parameter_correlations(space, points, std::vector{1.0, 2.0, 3.0});
    ASSERT_EQ(figures.size(), 2u);
    EXPECT_EQ(figures[0].name, "y");
    EXPECT_DOUBLE_EQ(figures[0].value, -1);
    EXPECT_EQ(figures[1].name, "x");
    EXPECT_DOUBLE_EQ(figures[1].value, 0.5);
    EXPECT_TRUE(parameter_correlations(space, points, std::vector{1.0, 1.0, 1.0}).empty());
}

TEST(Edges, AreFirstAndLastChoicesAndTheOutermostPercentOfARange) {
    const Space space(
        {{.name = "memory_size", .kind = Parameter::Kind::choice, .choices = {20, 50, 100}},
         {.name = "n_cycles", .kind = Parameter::Kind::choice, .choices = {1, 2, 3}},
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
    const Space space({{.name = "optimizer",
                        .kind = Parameter::Kind::choice,
                        .choices = {0, 1},
                        .labels = {"adam", "adamw"}},
                       {.name = "weight_decay",
                        .low = 1e-6,
                        .high = 1e-2,
                        .log = true,
                        .choices = {},
                        .condition = Condition{"optimizer", {1}, 0}},
                       {.name = "key_dim",
                        .kind = Parameter::Kind::integer,
                        .low = 16,
                        .high = 64,
                        .choices = {}}});
    const auto found = edges(space, {{"optimizer", 0}, {"weight_decay", 0}, {"key_dim", 64}});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name, "key_dim");
    EXPECT_EQ(edges(space, {{"optimizer", 1}, {"weight_decay", 1e-6}, {"key_dim", 20}}).size(), 1u);
}

}  // namespace
}  // namespace manygpcm
