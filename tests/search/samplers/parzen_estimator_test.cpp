// The mixture is a density, draws what it says, and leans towards its points.
#include "samplers/parzen_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace manygpcm::search {
namespace {

const Parameter rate{.name = "rate", .low = 2, .high = 4, .choices = {}};
const Parameter cycles{.name = "cycles",
                       .kind = Parameter::Kind::integer,
                       .low = 1,
                       .high = 9,
                       .log = true,
                       .choices = {}};
const Parameter memory{.name = "memory", .kind = Parameter::Kind::choice, .choices = {20, 50, 100}};
const Parameter optimizer{.name = "optimizer",
                          .kind = Parameter::Kind::choice,
                          .choices = {0, 1},
                          .labels = {"adam", "sgd"}};

const Space space({rate, cycles, memory, optimizer});
const std::vector<Point> points = {
    {{"rate", 2.1}, {"cycles", 2}, {"memory", 20}, {"optimizer", 1}},
    {{"rate", 2.3}, {"cycles", 3}, {"memory", 20}, {"optimizer", 1}}};

TEST(ParzenEstimator, IntegratesToOne) {
    const ParzenEstimator estimator(space, points);
    constexpr int n = 400;
    double sum = 0;
    for (int i = 0; i < n; ++i)
        for (int c = 1; c <= 9; ++c)
            for (const double m : memory.choices)
                for (const double o : optimizer.choices)
                    sum += std::exp(estimator.log_density({{"rate", 2 + 2 * (i + 0.5) / n},
                                                           {"cycles", c},
                                                           {"memory", m},
                                                           {"optimizer", o}})) /
                           n;
    EXPECT_NEAR(sum, 1, 1e-4);
}

TEST(ParzenEstimator, DrawsWhatItsDensitySays) {
    const Space words({memory, optimizer});
    const ParzenEstimator estimator(
        words, {{{"memory", 20}, {"optimizer", 1}}, {{"memory", 50}, {"optimizer", 1}}});
    constexpr int n = 20000;
    RandomStream random(5, RandomUse::sampler);
    std::map<Point, int> counts;
    for (int i = 0; i < n; ++i)
        ++counts[estimator.sample(random)];
    EXPECT_EQ(counts.size(), 6u);
    for (const auto& [point, count] : counts)
        EXPECT_NEAR(static_cast<double>(count) / n, std::exp(estimator.log_density(point)), 0.015);
}

TEST(ParzenEstimator, LeansTowardsItsPoints) {
    const ParzenEstimator estimator(space, points);
    EXPECT_GT(
        estimator.log_density(points[0]),
        estimator.log_density({{"rate", 3.9}, {"cycles", 9}, {"memory", 100}, {"optimizer", 0}}) +
            2);
}

TEST(ParzenEstimator, IsUniformWhereAPointKnowsNothing) {
    const Parameter momentum{.name = "momentum",
                             .low = 0,
                             .high = 1,
                             .choices = {},
                             .condition = Condition{"optimizer", {1}, 0}};
    const Space conditional({optimizer, momentum});
    const ParzenEstimator estimator(conditional, {{{"optimizer", 0}, {"momentum", 0}}});
    EXPECT_DOUBLE_EQ(estimator.log_density({{"optimizer", 1}, {"momentum", 0.1}}),
                     estimator.log_density({{"optimizer", 1}, {"momentum", 0.9}}));
}

}  // namespace
}  // namespace manygpcm::search
