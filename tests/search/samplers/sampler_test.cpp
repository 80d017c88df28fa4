// What holds of every sampler: feasible points, one sequence a seed, pending and failed trials; and
// that those which learn do.
#include "manygpcm/search/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>

#include "manygpcm/engine/error.h"
#include "samplers/gp_sampler.h"

namespace manygpcm::search {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Parameter choice(const char* name, std::vector<double> choices) {
    return {.name = name, .kind = Parameter::Kind::choice, .choices = std::move(choices)};
}

Parameter real(const char* name, double low, double high, bool log = false) {
    return {.name = name, .low = low, .high = high, .log = log, .choices = {}};
}

// Every kind of parameter, a condition and a constraint that half of the points miss.
Space mixed_space() {
    Parameter words = choice("optimizer", {0, 1, 2});
    words.labels = {"adam", "adamw", "sgd"};
    Parameter momentum = real("momentum", 0.5, 0.9);
    momentum.condition = Condition{"optimizer", {2}, 0};
    // Two of the four pairs are infeasible: 3 heads never divide 32, 2 never 9.
    return Space(
        {words,
         momentum,
         choice("embed_dim", {32, 9}),
         choice("n_heads", {2, 3}),
         {.name = "n_cycles", .kind = Parameter::Kind::integer, .low = 1, .high = 5, .choices = {}},
         real("lr", 1e-4, 1e-2, true)},
        {{"n_heads", Constraint::Relation::divides, "embed_dim"}});
}

// Best at lr 0.002, sgd with momentum 0.8, 4 cycles, 3 heads.
double mixed_score(const Point& point) {
    return -std::pow(std::log10(point.at("lr") / 0.002), 2) -
           (point.at("optimizer") == 2 ? std::abs(point.at("momentum") - 0.8) : 0.5) -
           0.2 * std::abs(point.at("n_cycles") - 4) - (point.at("n_heads") == 3 ? 0 : 0.3);
}

bool inside(const Parameter& parameter, double value) {
    if (parameter.kind == Parameter::Kind::choice)
        return std::ranges::count(parameter.choices, value) == 1;
    return parameter.low <= value && value <= parameter.high &&
           (parameter.kind == Parameter::Kind::real || std::round(value) == value);
}

void expect_valid(const Space& space, const Point& point) {
    EXPECT_TRUE(space.feasible(point));
    EXPECT_EQ(space.settled(point), point);
    for (const Parameter& parameter : space.parameters()) {
        EXPECT_TRUE(!space.active(parameter, point) || inside(parameter, point.at(parameter.name)))
            << parameter.name;
    }
}

class EverySampler : public testing::TestWithParam<std::string_view> {};

TEST_P(EverySampler, AsksDistinctPointsThatTheSpaceAllows) {
    const Space space = mixed_space();
    const auto sampler = make_sampler(GetParam(), space, 7);
    std::set<Point> points;
    for (int round = 0; round < 5; ++round) {
        for (const Point& point : sampler->ask(6)) {
            expect_valid(space, point);
            EXPECT_TRUE(points.insert(point).second);
            sampler->tell({.point = point, .score = mixed_score(point)});
        }
    }
}

// All scores told, some NaN, then a batch: the same again from the same history, and from a sampler
// that took the points over instead of asking them.
TEST_P(EverySampler, AsksTheSameAfterTheSameHistory) {
    const auto tell_all = [](Sampler& sampler, const std::vector<Point>& points) {
        for (std::size_t i = 0; i < points.size(); ++i)
            sampler.tell({.point = points[i], .score = i % 5 == 4 ? nan : mixed_score(points[i])});
    };
    const auto make = [](std::uint64_t seed) {
        return make_sampler(GetParam(), mixed_space(), seed);
    };
    const auto first = make(42), second = make(42), resumed = make(42);
    const std::vector<Point> points = first->ask(15);
    EXPECT_EQ(second->ask(15), points);
    for (const Point& point : points)
        resumed->adopt(point);
    for (Sampler* sampler : {first.get(), second.get(), resumed.get()})
        tell_all(*sampler, points);
    const std::vector<Point> next = first->ask(3);
    EXPECT_EQ(second->ask(3), next);
    EXPECT_EQ(resumed->ask(3), next);
    EXPECT_NE(make(43)->ask(15), points);
}

TEST_P(EverySampler, SaysWhatChoseItsPoints) {
    const Space space = mixed_space();
    const auto first = make_sampler("random", space, 2)->ask(2);
    const auto sampler = make_sampler(GetParam(), space, 1, first);
    const int before = points_before_learning(GetParam()).value_or(100);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(sampler->next_origin(), i < 2        ? Origin::given
                                          : i < before ? Origin::chance
                                                       : Origin::scores)
            << i;
        const Point point = sampler->ask(1).front();
        sampler->tell({.point = point, .score = mixed_score(point)});
    }
}

TEST_P(EverySampler, GoesOnWhereEveryTrialFails) {
    const Space space = mixed_space();
    const auto sampler = make_sampler(GetParam(), space, 1);
    for (int i = 0; i < 14; ++i) {
        const Point point = sampler->ask(1).front();
        expect_valid(space, point);
        sampler->tell({.point = point, .score = nan});
    }
}

TEST_P(EverySampler, GoesOnWhereAllPointsWereTried) {
    const auto sampler = make_sampler(GetParam(), Space({choice("n_cycles", {1, 2, 3})}), 1);
    std::set<double> values;
    for (int i = 0; i < 16; ++i) {
        const Point point = sampler->ask(1).front();
        values.insert(point.at("n_cycles"));
        sampler->tell({.point = point, .score = 0.5});
    }
    EXPECT_EQ(values, (std::set<double>{1, 2, 3}));
}

INSTANTIATE_TEST_SUITE_P(Samplers, EverySampler, testing::ValuesIn(sampler_names()),
                         [](const auto& instance) { return std::string(instance.param); });

// Of two axes one tells the score, the other what a trial costs.
TEST(GpPerSecond, TriesWhatCostsLess) {
    const Space space({real("score", 0, 1), real("cost", 0, 1)});
    const PointCost cost = [](const Point& point) { return std::exp(4 * point.at("cost")); };
    const auto mean_cost = [&](std::string_view name) {
        const auto sampler = make_sampler(name, space, 5, {}, cost);
        double sum = 0;
        for (int i = 0; i < 30; ++i) {
            const Point point = sampler->ask(1).front();
            if (i >= GpSampler::n_startup) sum += point.at("cost");
            sampler->tell({.point = point, .score = std::sin(6 * point.at("score"))});
        }
        return sum / (30 - GpSampler::n_startup);
    };
    EXPECT_LT(mean_cost("gp_per_second"), 0.2);
    EXPECT_GT(mean_cost("gp"), 0.3);
}

std::vector<std::string_view> learning_samplers() {
    std::vector<std::string_view> names;
    std::ranges::copy_if(sampler_names(), std::back_inserter(names), [](std::string_view name) {
        return points_before_learning(name).has_value();
    });
    return names;
}

/// Best score among 40 points, the mean over 10 seeds.
double mean_best_score(std::string_view name) {
    constexpr int n_seeds = 10;
    double sum = 0;
    for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
        const auto sampler = make_sampler(name, mixed_space(), seed);
        double best = -std::numeric_limits<double>::infinity();
        for (int i = 0; i < 40; ++i) {
            const Point point = sampler->ask(1).front();
            sampler->tell({.point = point, .score = mixed_score(point)});
            best = std::max(best, mixed_score(point));
        }
        sum += best;
    }
    return sum / n_seeds;
}

class LearningSampler : public testing::TestWithParam<std::string_view> {};

TEST_P(LearningSampler, IsFarBetterThanChance) {
    // The best score is 0.
    EXPECT_GT(mean_best_score(GetParam()), mean_best_score("random") / 2);
}

// At 1 epoch everything points to the wrong end: what was told of all epochs must count.
TEST_P(LearningSampler, DoesNotTakeAnUnfinishedScoreForAFinishedOne) {
    const auto sampler = make_sampler(GetParam(), Space({real("lr", 0, 1)}), 3);
    for (int i = 0; i < 30; ++i) {
        const Point point = sampler->ask(1).front();
        sampler->tell({.point = point, .score = 5 - point.at("lr"), .epochs = 1});
        if (i % 2 == 0) sampler->tell({.point = point, .score = point.at("lr"), .epochs = 10});
    }
    double sum = 0;
    for (const Point& point : sampler->ask(8))
        sum += point.at("lr");
    EXPECT_GT(sum / 8, 0.6);
}

// Where trials are compared after different epochs, every third point doesn't depend on scores.
TEST_P(LearningSampler, DrawsAThirdByChanceWhereScoresAreUnfinished) {
    const auto points = make_sampler("random", Space({real("lr", 0, 1)}), 5)->ask(32);
    const auto next = [&](int asked, double sign, bool unfinished) {
        const auto sampler = make_sampler(GetParam(), Space({real("lr", 0, 1)}), 3);
        for (int i = 0; i < asked; ++i) {
            const Point& point = points[static_cast<std::size_t>(i)];
            sampler->adopt(point);
            sampler->tell({.point = point, .score = sign * point.at("lr"), .epochs = 1});
            if (unfinished)
                sampler->tell({.point = point, .score = sign * point.at("lr"), .epochs = 10});
        }
        return std::pair(sampler->next_point(), sampler->next_origin());
    };
    for (const int asked : {30, 31, 32})
        for (const bool unfinished : {false, true}) {
            const auto [point, origin] = next(asked, 1, unfinished);
            const bool same = point == next(asked, -1, unfinished).first;
            EXPECT_EQ(same, unfinished && asked == 30) << asked << unfinished;
            EXPECT_EQ(origin, same ? Origin::chance : Origin::scores) << asked << unfinished;
        }
}

// Nothing to choose between the points: what is asked at once must not be one place again and
// again.
// A sweep that goes on takes the points on record as asked: what it asks then is what it would have
// asked, also where a sampler looks at a part of what it was told, or asks without fitting anew.
TEST_P(LearningSampler, AsksTheSameHoweverOftenItAskedBefore) {
    const Space space = mixed_space();
    const auto asking = make_sampler(GetParam(), space, 3),
               resumed = make_sampler(GetParam(), space, 3);
    const auto points = make_sampler("random", space, 5);
    for (int i = 0; i < 700; ++i) {
        if (i % 100 == 75) asking->next_point();
        const Point point = points->ask(1).front();
        for (const auto& sampler : {asking.get(), resumed.get()}) {
            sampler->adopt(point);
            if (i % 20 != 0) sampler->tell({.point = point, .score = mixed_score(point)});
        }
    }
    EXPECT_EQ(asking->next_point(), resumed->next_point());
}

TEST_P(LearningSampler, SpreadsWhatItAsksAtOnce) {
    const auto sampler = make_sampler(GetParam(), Space({real("lr", 0, 1)}), 5);
    for (int i = 0; i < 12; ++i)
        sampler->tell({.point = sampler->ask(1).front(), .score = 0.5});
    double low = 1, high = 0;
    for (const Point& point : sampler->ask(8)) {
        low = std::min(low, point.at("lr"));
        high = std::max(high, point.at("lr"));
    }
    EXPECT_GT(high - low, 0.3);
}

INSTANTIATE_TEST_SUITE_P(Samplers, LearningSampler, testing::ValuesIn(learning_samplers()),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(RandomSampler, IsUniform) {
    const Space space = mixed_space();
    std::set<double> cycles;
    int below_geometric_mean = 0;
    for (const Point& point : make_sampler("random", space, 7)->ask(400)) {
        cycles.insert(point.at("n_cycles"));
        below_geometric_mean += point.at("lr") < 1e-3;
    }
    EXPECT_EQ(cycles, (std::set<double>{1, 2, 3, 4, 5}));
    EXPECT_NEAR(below_geometric_mean, 200, 50);
}

TEST(Sampler, RefusesAnUnknownName) {
    EXPECT_THROW(make_sampler("grid", default_space(parse_model("deep_gpcm")), 1), InputError);
}

}  // namespace
}  // namespace manygpcm::search
