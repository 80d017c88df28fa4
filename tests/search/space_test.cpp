// The published space, what it means for a model, and points drawn from it.
#include "manygpcm/search/space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "manygpcm/engine/error.h"
#include "manygpcm/search/sampler.h"

namespace manygpcm {
namespace {

bool inside(const Parameter& parameter, double value) {
    if (parameter.kind == Parameter::Kind::choice)
        return std::count(parameter.choices.begin(), parameter.choices.end(), value) == 1;
    return parameter.low <= value && value <= parameter.high;
}

TEST(Space, AttentionModelsSearchFifteenParametersAndDeepGpcmNine) {
    EXPECT_EQ(builtin_space(ModelKind::attn_gpcm_learn).parameters().size(), 15u);
    EXPECT_EQ(builtin_space(ModelKind::attn_gpcm_linear).parameters().size(), 15u);
    const Space space = builtin_space(ModelKind::deep_gpcm);
    EXPECT_EQ(space.parameters().size(), 9u);
    EXPECT_THROW(space.find("n_heads"), std::out_of_range);
    EXPECT_THROW(space.find("label_smoothing"), std::out_of_range);
}

TEST(Space, HeadsMustDivideTheEmbedding) {
    const Space space = builtin_space(ModelKind::attn_gpcm_learn);
    EXPECT_TRUE(space.feasible({{"embed_dim", 64}, {"n_heads", 4}}));
    EXPECT_FALSE(space.feasible({{"embed_dim", 20}, {"n_heads", 8}}));
}

TEST(Space, AppliesAPointWithoutLosingADigit) {
    const Space space = builtin_space(ModelKind::deep_gpcm);
    Hyperparameters base;
    base.n_cycles = 3;
    const Hyperparameters h =
        space.apply({{"lr", 0.005894661407157569}, {"memory_size", 20}}, base);
    EXPECT_EQ(h.lr, 0.005894661407157569);
    EXPECT_EQ(h.memory_size, 20);
    EXPECT_EQ(h.n_cycles, 3);
    EXPECT_THROW(space.apply({{"dropout_rate", 1.5}}, base), InputError);
}

TEST(Space, PrintsRealsWithSixDecimalsAndChoicesAsTheyAre) {
    const Space space = builtin_space(ModelKind::attn_gpcm_learn);
    EXPECT_EQ(format_value(space.find("lr"), 0.005894661407157569), "0.005895");
    EXPECT_EQ(format_value(space.find("memory_size"), 50), "50");
    EXPECT_EQ(format_value(space.find("dropout_rate"), 0.1), "0.1");
}

TEST(RandomSampler, DrawsFeasiblePointsWithinTheSpace) {
    // Two of the four pairs are infeasible: 3 heads never divide 32, 2 never 9.
    const auto choice = [](const char* name, std::vector<double> choices) {
        return Parameter{.name = name, .kind = Parameter::Kind::choice, .choices = choices};
    };
    std::vector<Parameter> parameters = {
        choice("embed_dim", {32, 9}),
        choice("n_heads", {2, 3}),
        choice("n_cycles", {1, 2, 3}),
        {.name = "lr", .low = 1e-4, .high = 1e-2, .log = true, .choices = {}}};
    const Space space(parameters);
    std::set<double> cycles;
    int below_geometric_mean = 0;
    for (const Point& point : make_sampler("random", space, 7)->ask(400)) {
        EXPECT_TRUE(space.feasible(point));
        for (const Parameter& parameter : space.parameters())
            EXPECT_TRUE(inside(parameter, point.at(parameter.name))) << parameter.name;
        cycles.insert(point.at("n_cycles"));
        below_geometric_mean += point.at("lr") < 1e-3;
    }
    EXPECT_EQ(cycles, (std::set<double>{1, 2, 3}));
    EXPECT_NEAR(below_geometric_mean, 200, 50);
}

TEST(RandomSampler, PointsDependOnTheSeedAlone) {
    const Space space = builtin_space(ModelKind::attn_gpcm_learn);
    const auto sampler = make_sampler("random", space, 42);
    std::vector<Point> one_by_one;
    for (int i = 0; i < 5; ++i) {
        one_by_one.push_back(sampler->ask(1).front());
        sampler->tell(one_by_one.back(), i);
    }
    EXPECT_EQ(make_sampler("random", space, 42)->ask(5), one_by_one);
    EXPECT_NE(make_sampler("random", space, 43)->ask(5), one_by_one);
}

TEST(Sampler, RefusesAnUnknownName) {
    EXPECT_THROW(make_sampler("grid", builtin_space(ModelKind::deep_gpcm), 1), InputError);
}

}  // namespace
}  // namespace manygpcm
