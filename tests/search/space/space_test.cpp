// The published space, conditions and constraints, and what a point means for a model.
#include "manygpcm/search/space.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/expect_input_error.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/search/gpu_space.h"

namespace manygpcm::search {
namespace {

TEST(Space, AttentionModelsSearchFifteenParametersAndDeepGpcmNine) {
    EXPECT_EQ(published_space(parse_model("attn_gpcm_learn")).parameters().size(), 15u);
    EXPECT_EQ(published_space(parse_model("attn_gpcm_linear")).parameters().size(), 15u);
    const Space space = published_space(parse_model("deep_gpcm"));
    EXPECT_EQ(space.parameters().size(), 9u);
    EXPECT_THROW(space.find("n_heads"), std::out_of_range);
    EXPECT_THROW(space.find("label_smoothing"), std::out_of_range);
}

TEST(Space, HeadsMustDivideTheEmbedding) {
    const Space space = published_space(parse_model("attn_gpcm_learn"));
    EXPECT_TRUE(space.feasible({{"embed_dim", 64}, {"n_heads", 4}}));
    EXPECT_FALSE(space.feasible({{"embed_dim", 20}, {"n_heads", 8}}));
}

TEST(Space, AppliesAPointWithoutLosingADigit) {
    const Space space = published_space(parse_model("deep_gpcm"));
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
    const Space space = published_space(parse_model("attn_gpcm_learn"));
    EXPECT_EQ(format_value(space.find("lr"), 0.005894661407157569), "0.005895");
    EXPECT_EQ(format_value(space.find("memory_size"), 50), "50");
    EXPECT_EQ(format_value(space.find("dropout_rate"), 0.1), "0.1");
}

TEST(Space, WithoutWhatIsChosen) {
    const auto names = [](const Space& space) {
        std::vector<std::string> all;
        for (const Parameter& parameter : space.parameters())
            all.push_back(parameter.name);
        return all;
    };
    const ModelKind model = parse_model("residual_gpcm");
    const Space whole = default_space(model);
    Hyperparameters base;
    base.model = model;
    // Without a core there is nothing to search of one.
    base.set("core", "none");
    const Space coreless = space_without(whole, {"core"}, base);
    EXPECT_EQ(names(coreless),
              (std::vector<std::string>{"dropout_rate", "batch_size", "lr", "weight_decay"}));
    // With one, always.
    base.set("core", "gru");
    const Space recurrent = space_without(whole, {"core", "lr"}, base);
    EXPECT_EQ(names(recurrent), (std::vector<std::string>{"value_dim", "embed_dim", "dropout_rate",
                                                          "batch_size", "weight_decay"}));
    EXPECT_FALSE(recurrent.find("value_dim").condition);
    EXPECT_FALSE(space_without(whole, {"lr"}, base).contains("lr"));
    expect_input_error([&] { space_without(coreless, names(coreless), base); },
                       {"leaves nothing to search"});
}

TEST(Space, ConstraintsHoldForWhatIsChosen) {
    const ModelKind model = parse_model("attn_gpcm_learn");
    Hyperparameters base;
    base.model = model;
    base.set("n_heads", "8");
    const Space space = space_without(published_space(model), {"n_heads"}, base);
    Point point;
    for (const Parameter& parameter : space.parameters())
        point[parameter.name] =
            parameter.choices.empty() ? parameter.low : parameter.choices.front();
    for (const double width : space.find("embed_dim").choices) {
        point["embed_dim"] = width;
        EXPECT_EQ(space.feasible(point), static_cast<int>(width) % 8 == 0) << width;
    }
}

TEST(Space, SettlesWhatItsConditionLeavesOut) {
    const Parameter momentum{.name = "momentum",
                             .low = 0.5,
                             .high = 0.9,
                             .choices = {},
                             .condition = Condition{"optimizer", {1}, 0}};
    const Space space({{.name = "optimizer",
                        .kind = Parameter::Kind::choice,
                        .choices = {0, 1},
                        .labels = {"adam", "sgd"}},
                       momentum});
    EXPECT_TRUE(space.active(momentum, {{"optimizer", 1}, {"momentum", 0.7}}));
    EXPECT_EQ(space.settled({{"optimizer", 1}, {"momentum", 0.7}}).at("momentum"), 0.7);
    EXPECT_EQ(space.settled({{"optimizer", 0}, {"momentum", 0.7}}).at("momentum"), 0);
}

Parameter words(std::string name, std::vector<std::string> labels) {
    Parameter parameter{.name = std::move(name), .kind = Parameter::Kind::choice, .choices = {}};
    for (std::string& label : labels) {
        parameter.choices.push_back(static_cast<double>(parameter.labels.size()));
        parameter.labels.push_back(std::move(label));
    }
    return parameter;
}

TEST(Space, AConditionMayRequireWhatHasOneItself) {
    Parameter core = words("core", {"gru", "memory", "none"});
    core.condition = Condition("model", {1}, 0);
    Parameter slots{.name = "memory_size", .kind = Parameter::Kind::choice, .choices = {1, 2}};
    slots.condition = Condition("core", {0, 1}, 7);
    // In an order in which what is required comes last.
    const Space space({slots, core, words("model", {"deep_gpcm", "residual_gpcm"})});
    const auto active = [&](double model, double of_core) {
        return space.active({{"memory_size", 2}, {"core", of_core}, {"model", model}});
    };
    EXPECT_EQ(active(1, 1), (std::vector<bool>{true, true, true}));
    EXPECT_EQ(active(1, 2), (std::vector<bool>{false, true, true}));
    EXPECT_EQ(active(0, 1), (std::vector<bool>{false, false, true}))
        << "a core that isn't searched is at none of its choices";
    EXPECT_EQ(space.settled({{"memory_size", 2}, {"core", 1}, {"model", 0}}),
              (Point{{"memory_size", 7}, {"core", 0}, {"model", 0}}));
    EXPECT_EQ(space.settled({{"model", 0}}),
              (Point{{"memory_size", 7}, {"core", 0}, {"model", 0}}));
    EXPECT_EQ(space.settled({{"memory_size", 2}}), (Point{{"memory_size", 2}}))
        << "which of them the point lacks isn't known";
}

TEST(Space, AConditionHoldsWhereOneOfItsAlternativesDoes) {
    Parameter width{.name = "value_dim", .low = 1, .high = 9, .choices = {}};
    Condition condition;
    condition.any_of = {{{"model", {0}}}, {{"model", {1}}, {"core", {0, 1}}}};
    condition.otherwise = {3, 4, 5};
    width.condition = condition;
    const Space space({words("model", {"deep_gpcm", "residual_gpcm", "gpcm"}),
                       words("core", {"gru", "memory", "none"}), width});
    const auto settled = [&](double model, double core) {
        return space.settled({{"model", model}, {"core", core}, {"value_dim", 9}}).at("value_dim");
    };
    EXPECT_EQ(settled(0, 2), 9);
    EXPECT_EQ(settled(1, 1), 9);
    EXPECT_EQ(settled(1, 2), 4) << "each model has its own value where it isn't searched";
    EXPECT_EQ(settled(2, 0), 5);
}

TEST(Space, RefusesConditionsThatEndNowhere) {
    Parameter a = words("a", {"x", "y"}), b = words("b", {"x", "y"});
    a.condition = Condition("b", {0}, 0);
    b.condition = Condition("a", {0}, 0);
    EXPECT_THROW(Space({a, b}), std::invalid_argument);
    EXPECT_THROW(Space({a}), std::invalid_argument) << "it requires what isn't there";
    b.condition = Condition("c", {0}, 0);
    EXPECT_THROW(Space({b, {.name = "c", .low = 0, .high = 1, .choices = {}}}),
                 std::invalid_argument)
        << "it requires what is no choice";
    b.condition->any_of = {{{"a", {0}}}};
    b.condition->otherwise = {0, 1};
    EXPECT_THROW(Space({words("a", {"x", "y"}), b}), std::invalid_argument)
        << "a value a model, and no models";
}

TEST(Space, TakesWhatIsNotSearchedIntoItsConstraints) {
    const Space space({{.name = "n_heads", .kind = Parameter::Kind::choice, .choices = {2, 3}}},
                      {{"n_heads", Constraint::Relation::divides, "embed_dim"},
                       {"n_heads", Constraint::Relation::at_most, "n_cycles"}},
                      {{{"embed_dim", 64}}});
    EXPECT_TRUE(space.feasible({{"n_heads", 2}}));
    EXPECT_FALSE(space.feasible({{"n_heads", 3}}));
    EXPECT_FALSE(space.feasible({{"n_heads", 2}, {"n_cycles", 1}}));
}

TEST(Space, AppliesAndPrintsChoicesOfWordsByTheirLabels) {
    const Space space({{.name = "optimizer",
                        .kind = Parameter::Kind::choice,
                        .choices = {0, 1},
                        .labels = {"adam", "adamw"}}});
    EXPECT_EQ(space.apply({{"optimizer", 1}}, {}).optimizer, Optimizer::adamw);
    EXPECT_EQ(format_value(space.find("optimizer"), 1), "adamw");
}

TEST(Space, NamesTheValuesThatAGpuCannotRun) {
    Hyperparameters base;
    base.model = parse_model("attn_gpcm_learn");
    EXPECT_NO_THROW(expect_runs_on_gpu(default_space(base.model), {&base, 1}));
    const auto space = [](double fewest_heads) {
        return Space({{.name = "embed_dim", .kind = Parameter::Kind::choice, .choices = {64, 512}},
                      {.name = "n_heads",
                       .kind = Parameter::Kind::integer,
                       .low = fewest_heads,
                       .high = 6,
                       .choices = {}}});
    };
    try {
        expect_runs_on_gpu(space(2), {&base, 1});
        FAIL() << "accepted";
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(),
                     "embed_dim=512 with n_heads=2: heads of 256 columns; expected at most 128 on "
                     "a GPU, or --device cpu");
    }
    EXPECT_NO_THROW(expect_runs_on_gpu(space(3), {&base, 1})) << "3, 5 and 6 don't divide 512";
    base.model = parse_model("deep_gpcm");
    EXPECT_NO_THROW(expect_runs_on_gpu(space(2), {&base, 1})) << "it has no heads";
}

}  // namespace
}  // namespace manygpcm::search
