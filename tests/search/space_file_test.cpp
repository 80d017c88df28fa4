// Spaces written in TOML, and what is said about mistakes in them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "manygpcm/engine/error.h"
#include "manygpcm/search/space.h"

namespace manygpcm {
namespace {

class SpaceFile : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }

    Space read(const std::string& text, ModelKind model = ModelKind::attn_gpcm_learn) {
        std::ofstream(path_) << text;
        Hyperparameters base;
        base.model = model;
        return read_space(path_, base);
    }

    void expect_error(const std::string& text, const std::string& what) {
        try {
            read(text);
            ADD_FAILURE() << "took " << text;
        } catch (const InputError& error) {
            EXPECT_EQ(std::string(error.what()), path_.string() + ":" + what);
        }
    }

    const std::filesystem::path path_ =
        std::filesystem::temp_directory_path() /
        ("space_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
         ".toml");
};

constexpr const char* whole = R"(
constraints = ["key_dim at_most value_dim"]

[parameters.lr]
low = 1e-4
high = 1e-2
log = true

[parameters.optimizer]
choices = ["adam", "adamw"]

[parameters.weight_decay]
low = 1e-6
high = 1e-2
log = true
when = { optimizer = ["adamw"] }
otherwise = 0

[parameters.n_heads]
choices = [2, 3, 4]

[parameters.key_dim]
low = 16
high = 256
)";

TEST_F(SpaceFile, ReadsEveryKindOfParameterInTheOrderOfTheFile) {
    const Space space = read(whole);
    ASSERT_EQ(space.parameters().size(), 5u);
    EXPECT_EQ(space.parameters()[0].name, "lr");
    EXPECT_TRUE(space.parameters()[0].log);
    EXPECT_EQ(space.parameters()[1].labels, (std::vector<std::string>{"adam", "adamw"}));
    EXPECT_EQ(space.parameters()[2].condition->values, (std::vector<double>{1}));
    EXPECT_EQ(space.parameters()[4].kind, Parameter::Kind::integer);
    // 3 heads don't divide the base's 64, 200 is above the base's value_dim, 128.
    const Point point = {
        {"lr", 1e-3}, {"optimizer", 0}, {"weight_decay", 1e-3}, {"n_heads", 2}, {"key_dim", 64}};
    EXPECT_TRUE(space.feasible(point));
    EXPECT_EQ(space.settled(point).at("weight_decay"), 0);
    auto with = [&](const char* name, double value) {
        Point changed = point;
        changed[name] = value;
        return changed;
    };
    EXPECT_FALSE(space.feasible(with("n_heads", 3)));
    EXPECT_FALSE(space.feasible(with("key_dim", 200)));
}

TEST_F(SpaceFile, LeavesOutWhatTheModelNeverLooksAt) {
    EXPECT_EQ(read(whole, ModelKind::deep_gpcm).parameters().size(), 4u);
}

TEST_F(SpaceFile, SettlesConditionsOnWhatIsNotSearched) {
    const std::string text = R"([parameters.lr]
low = 1e-4
high = 1e-2
[parameters.weight_decay]
low = 0
high = 1
when = { optimizer = ["adamw"] })";
    EXPECT_EQ(read(text).parameters().size(), 1u);
}

TEST_F(SpaceFile, NamesFileLineAndExpectationOfEveryMistake) {
    expect_error("[parameters.lr]\nlow = 1\nhigh = ",
                 "3: Error while parsing key-value pair: encountered end-of-file; expected TOML");
    expect_error("[search]\n", "1: 'search'; expected the tables parameters and constraints");
    expect_error("constraints = []\n",
                 "1: no parameter; expected at least one table [parameters.NAME]");
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 0.01\n",
                 "3: lr: high 0.01 isn't above low 0.1; expected low < high");
    expect_error("[parameters.lr]\nlow = 0.1\n",
                 "1: lr: no high; expected low and high, or choices");
    expect_error("[parameters.dropout_rate]\nlow = 0\nhigh = 0.5\nlog = true\n",
                 "2: dropout_rate: low 0 has no logarithm; expected low > 0 where log = true");
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 1\nstep = 2\n",
                 "4: lr: 'step'; expected low, high, log, choices, when, otherwise");
    expect_error("[parameters.optimizer]\nlow = 0\nhigh = 1\n",
                 "1: optimizer: no choices; expected choices, since its values are words");
    expect_error("[parameters.n_heads]\nchoices = [4, 2]\n",
                 "2: n_heads: 2 after 4; expected choices in ascending order");
    expect_error(
        "constraints = [\"n_heads below embed_dim\"]\n[parameters.n_heads]\nchoices = [2, 4]\n",
        "1: constraint 'n_heads below embed_dim'; expected \"NAME divides NAME\" or "
        "\"NAME at_most NAME\"");
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 1\nwhen = { optimizer = [] }\n",
                 "4: no values; expected when = { NAME = [values] }");
}

TEST_F(SpaceFile, RefusesValuesThatTheHyperparameterRefuses) {
    for (const char* text : {"[parameters.rate]\nlow = 0\nhigh = 1\n",
                             "[parameters.dropout_rate]\nlow = 0\nhigh = 1.5\n",
                             "[parameters.optimizer]\nchoices = [\"adam\", \"sgd\"]\n",
                             "[parameters.memory_size]\nlow = 2.5\nhigh = 9\n"})
        EXPECT_THROW(read(text), InputError) << text;
}

TEST_F(SpaceFile, NamesAFileThatIsNotThere) {
    EXPECT_THROW(read_space("no_such_space.toml", {}), InputError);
}

}  // namespace
}  // namespace manygpcm
