// fANOVA and PED-ANOVA on trees and studies whose figures are known.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "importance/fanova.h"
#include "importance/parameter_importance.h"
#include "importance/ped_anova.h"
#include "importance/random_forest.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/search/sampler.h"

namespace manygpcm::report {
namespace {

// 1 where both features are above a half, else 0: three equal shares of a variance of 3/16.
Forest corner() {
    return {.trees = {{{.feature = 0, .threshold = 0.5, .left = 1, .right = 2},
                       {.value = 0},
                       {.feature = 1, .threshold = 0.5, .left = 3, .right = 4},
                       {.value = 0},
                       {.value = 1}}},
            .impurity = {}};
}

TEST(Fanova, TakesATreeApartExactly) {
    const Fanova shares = LeafBoxes(corner(), 3).fanova();
    EXPECT_DOUBLE_EQ(shares.main[0], 1.0 / 3);
    EXPECT_DOUBLE_EQ(shares.main[1], 1.0 / 3);
    EXPECT_EQ(shares.main[2], 0);
    ASSERT_EQ(shares.pairs.size(), 1u) << "no tree looks at the third feature";
    EXPECT_DOUBLE_EQ(shares.pairs.at({0, 1}), 1.0 / 3);
}

TEST(Fanova, AveragesOverTheOtherFeatures) {
    const LeafBoxes boxes(corner(), 3);
    EXPECT_EQ(boxes.marginal(0, std::vector{0.25, 0.5, 1.0}), (std::vector<double>{0, 0.5, 0.5}));
    EXPECT_EQ(boxes.marginal(2, std::vector{0.25, 1.0}), (std::vector<double>{0.25, 0.25}));
    EXPECT_EQ(boxes.marginal(0, 1, std::vector{0.25, 0.75}, std::vector{0.25, 0.75}),
              (std::vector<std::vector<double>>{{0, 0}, {0, 1}}));
    EXPECT_EQ(boxes.marginal(2, 1, std::vector{0.25, 0.75}, std::vector{0.25, 0.75}),
              (std::vector<std::vector<double>>{{0, 0}, {0.5, 0.5}}));
}

TEST(Fanova, IsZeroWithoutVariance) {
    const Fanova shares = LeafBoxes({.trees = {{{.value = 0.5}}}, .impurity = {}}, 2).fanova();
    EXPECT_EQ(shares.main, (std::vector<double>{0, 0}));
}

// Whatever the data, a split leaves fewer samples on either side.
TEST(Forest, EndsOnAnyData) {
    const double nan = std::nan(""), largest = std::numeric_limits<double>::max();
    const double next = std::nextafter(0.5, 1);
    std::vector<int> samples(64);
    std::iota(samples.begin(), samples.end(), 0);
    std::vector<double> equal(64, 0.5), neighbours, growing, not_numbers, huge;
    for (int i = 0; i < 64; ++i) {
        neighbours.push_back(i % 2 == 0 ? 0.5 : next);
        growing.push_back(std::pow(4, i));  // every split takes one sample off: the deepest tree
        not_numbers.push_back(i % 3 == 0 ? nan : i);
        huge.push_back(i % 2 == 0 ? largest : -largest);
    }
    const std::vector<std::vector<double>> all = {equal, neighbours, growing, not_numbers, huge};
    for (const std::vector<double>& targets : all) {
        const Forest forest = ForestGrower(all, targets).grow(samples, 5, 1);
        for (const Tree& tree : forest.trees)
            EXPECT_LE(tree.size(), 127u);
    }
    std::vector<double> every_other;
    for (int i = 0; i < 64; ++i)
        every_other.push_back(i % 2);
    const std::vector<std::vector<double>> one = {neighbours};
    const Forest told_apart = ForestGrower(one, every_other).grow(samples, 1, 1);
    EXPECT_EQ(told_apart.trees.front().size(), 3u);
}

TEST(Forest, GrowsATreeOfManyTrialsOnAFewOfThem) {
    std::vector<std::vector<double>> features(1);
    std::vector<double>& x = features.front();
    std::vector<int> samples(20'000);
    std::iota(samples.begin(), samples.end(), 0);
    for (const int sample : samples)
        x.push_back(sample / 20'000.0);
    const Forest forest = ForestGrower(features, x).grow(samples, 2, 1);
    for (const Tree& tree : forest.trees) {
        EXPECT_GT(tree.size(), most_samples);
        EXPECT_LT(tree.size(), 2 * most_samples);
    }
    EXPECT_NE(forest.trees[0].front().threshold, forest.trees[1].front().threshold);
}

// A study with figures of other programs: tests/data/make_importance.py.
struct Known {
    nlohmann::json file = nlohmann::json::parse(read_file(MANYGPCM_TEST_DATA "/importance.json"));
    search::Space space{{{.name = "lr", .low = 0, .high = 1, .choices = {}},
                         {.name = "grad_clip", .low = -2, .high = 2, .choices = {}},
                         {.name = "memory_size",
                          .kind = search::Parameter::Kind::integer,
                          .low = 1,
                          .high = 8,
                          .choices = {}},
                         {.name = "optimizer",
                          .kind = search::Parameter::Kind::choice,
                          .choices = {0, 1, 2},
                          .labels = {"a", "b", "c"}},
                         {.name = "weight_decay", .low = 0, .high = 1, .choices = {}}}};
    Importances found;

    Known() {
        std::vector<search::Point> points;
        for (const nlohmann::json& row : file["points"]) {
            search::Point& point = points.emplace_back();
            for (std::size_t i = 0; i < row.size(); ++i)
                point[space.parameters()[i].name] = row[i];
        }
        found = importances(space, points, file["scores"].get<std::vector<double>>(), 42);
    }
};

TEST(Importances, AgreeWithOptunasFanovaWithinTheirIntervals) {
    const Known known;
    double sum = 0;  // Optuna's are fractions of the sum
    for (const Importance& one : known.found.parameters)
        sum += one.fanova.value;
    ASSERT_EQ(known.found.parameters.size(), 5u);
    for (const Importance& one : known.found.parameters) {
        const double theirs = known.file["fanova"][one.name];
        EXPECT_GE(theirs, one.fanova.low / sum) << one.name;
        EXPECT_LE(theirs, one.fanova.high / sum) << one.name;
        EXPECT_NEAR(theirs, one.fanova.value / sum, 0.03) << one.name;
        EXPECT_LT(one.fanova.high - one.fanova.low, 0.35) << one.name;
    }
}

TEST(Importances, AgreeWithAnotherPedAnova) {
    const Known known;
    for (const Importance& one : known.found.parameters)
        EXPECT_NEAR(one.ped_anova.value, known.file["ped_anova"][one.name].get<double>(), 1e-9)
            << one.name;
}

// Where a parameter isn't searched all trials would stand at one value, and make it seem a poor
// one.
TEST(Importances, AParameterIsOfNoneWhereItIsNotSearched) {
    const search::Parameter core{.name = "core",
                                 .kind = search::Parameter::Kind::choice,
                                 .high = 1,
                                 .choices = {0, 1},
                                 .labels = {"none", "gru"}};
    search::Parameter width{.name = "value_dim",
                            .kind = search::Parameter::Kind::choice,
                            .low = 50,
                            .high = 200,
                            .choices = {50, 100, 150, 200}};
    width.condition = search::Condition("core", {1}, 100);
    const search::Space space({core, width, {.name = "lr", .low = 0, .high = 1, .choices = {}}});
    std::vector<double> scores;
    const std::vector<search::Point> points = search::make_sampler("random", space, 1)->ask(400);
    for (const search::Point& point : points)
        scores.push_back(point.at("core") + 0.01 * point.at("lr"));
    const Importances found = importances(space, points, scores, 1, false);
    ASSERT_EQ(found.parameters.size(), 3u);
    EXPECT_EQ(found.parameters[0].name, "core");
    for (const Importance& one : found.parameters)
        if (one.name == "value_dim") {
            EXPECT_LT(one.ped_anova.value, 0.2);
            EXPECT_LT(one.fanova.value, 0.01);
        }
}

TEST(PedAnova, SeesOnlyWhatTellsTheBestFromTheOthers) {
    Coordinate decisive{.values = {}, .levels = 0, .ordered = true}, idle = decisive;
    std::vector<double> scores;
    std::vector<int> trials;
    for (int i = 0; i < 100; ++i) {
        trials.push_back(i);
        decisive.values.push_back(i / 99.0);
        idle.values.push_back(i * 37 % 100 / 99.0);
        scores.push_back(i);
    }
    const auto shares = ped_anova(std::vector{decisive, idle}, scores, trials);
    EXPECT_GT(shares[0], 0.9);
    // Equal scores: all are the best.
    EXPECT_EQ(ped_anova(std::vector{decisive, idle}, std::vector<double>(100, 1), trials),
              (std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace manygpcm::report
