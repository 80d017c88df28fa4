// Spaces written in TOML, and what is said about mistakes in them.
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "manygpcm/engine/error.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {
namespace {

class SpaceFile : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }

    Space read(const std::string& text, ModelKind model = parse_model("attn_gpcm_learn")) {
        std::ofstream(path_) << text;
        Hyperparameters base;
        base.model = model;
        return read_space(path_, base);
    }

    std::string read_error(const std::string& text,
                           ModelKind model = parse_model("attn_gpcm_learn")) {
        try {
            read(text, model);
            ADD_FAILURE() << "took " << text;
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    }

    void expect_error(const std::string& text, const std::string& what,
                      ModelKind model = parse_model("attn_gpcm_learn")) {
        EXPECT_EQ(read_error(text, model), path_.string() + ":" + what);
    }

    const std::string some_parameter =
        "expected tables such as [parameters.lr] with low and high, or choices";
    const std::string all_names =
        fmt::format("{}", fmt::join(hyperparameter_names().subspan(1), ", "));
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
    EXPECT_EQ(space.parameters()[2].condition->any_of,
              (std::vector<std::vector<Requirement>>{{{"optimizer", {1}}}}));
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
    EXPECT_EQ(read(whole, parse_model("deep_gpcm")).parameters().size(), 4u);
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
    expect_error("", " is empty; " + some_parameter);
    expect_error("# lr\n\n", " is empty; " + some_parameter);
    expect_error("constraints = []\n", " defines no parameter; " + some_parameter);
    expect_error("[parameters]\n", " defines no parameter; " + some_parameter);
    expect_error("parameters = 3\n", "1: parameters = 3; expected tables [parameters.NAME]");
    expect_error("[search]\n",
                 "1: 'search' is unknown; expected tables [parameters.NAME] and the array "
                 "constraints");
    expect_error("[parameters.rate]\nlow = 0\nhigh = 1\n",
                 "1: parameter 'rate' is unknown; expected one of " + all_names);
    expect_error("[parameters]\nlr = 0.1\n",
                 "2: lr = 0.1; expected a table with low and high, or choices");
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 1\nstep = 2\n",
                 "4: lr: 'step' is unknown; expected low, high, log, choices, when, otherwise");
}

TEST_F(SpaceFile, NamesWhatIsWrongWithARange) {
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 0.01\n",
                 "3: lr: high 0.01 isn't above low 0.1; expected low < high");
    expect_error("[parameters.lr]\nlow = 0.1\n",
                 "1: lr: no high; expected low and high, or choices");
    expect_error("[parameters.lr]\nlow = \"a\"\nhigh = 1\n",
                 "2: lr: low: 'a'; expected a finite number");
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = inf\n",
                 "3: lr: high: inf; expected a finite number");
    expect_error("[parameters.dropout_rate]\nlow = 0\nhigh = 1.5\n",
                 "3: dropout_rate=1.5: expected a number x with 0 <= x < 1");
    expect_error("[parameters.memory_size]\nlow = 2.5\nhigh = 9\n",
                 "2: memory_size=2.5: expected an integer from 1 to 1024");
    expect_error("[parameters.dropout_rate]\nlow = 0\nhigh = 0.5\nlog = true\n",
                 "2: dropout_rate: low 0 has no logarithm; expected low > 0 where log = true");
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 1\nlog = \"yes\"\n",
                 "4: lr: log = 'yes'; expected true or false");
}

TEST_F(SpaceFile, NamesWhatIsWrongWithChoices) {
    expect_error("[parameters.optimizer]\nlow = 0\nhigh = 1\n",
                 "1: optimizer: no choices; expected them, since its values are words");
    expect_error("[parameters.optimizer]\nchoices = [\"adam\", 3]\n",
                 "2: optimizer: choices: 3; expected words in quotes");
    expect_error("[parameters.optimizer]\nchoices = [\"adam\", \"sgd\"]\n",
                 "2: optimizer=sgd: expected one of adam, adamw");
    expect_error("[parameters.optimizer]\nchoices = [\"adam\", \"adam\"]\n",
                 "2: optimizer: 'adam' twice; expected different choices");
    expect_error("[parameters.n_heads]\nchoices = [4, 2]\n",
                 "2: n_heads: 2 after 4; expected choices in ascending order");
    expect_error("[parameters.n_heads]\nchoices = [ 4 ]\n",
                 "2: n_heads: choices = [ 4 ]; expected an array of two or more (--set chooses a "
                 "single value)");
    expect_error("[parameters.n_heads]\nlow = 2\nchoices = [2, 4]\n",
                 "3: n_heads: choices beside low, high or log; expected choices alone, or a range");
}

TEST_F(SpaceFile, NamesWhatIsWrongWithACondition) {
    const std::string lr = "[parameters.lr]\nlow = 0.1\nhigh = 1\n";
    expect_error(lr + "when = { optimizer = [] }\n",
                 "4: lr: when = { optimizer = [] }; expected when = { NAME = [values] }");
    expect_error(lr + "when = 3\n", "4: lr: when = 3; expected when = { NAME = [values] }");
    expect_error(lr + "when = { lr = [1] }\n",
                 "4: lr: when names itself; expected another hyperparameter");
    expect_error(lr + "when = { optimzer = [\"adamw\"] }\n",
                 "4: lr: when names 'optimzer', which is unknown; expected one of " + all_names);
    expect_error(lr + "when = { optimizer = [\"sgd\"] }\n",
                 "4: optimizer=sgd: expected one of adam, adamw");
    expect_error(lr + "when = { dropout_rate = [0.2] }\n[parameters.dropout_rate]\nlow = 0\n"
                      "high = 0.5\n",
                 "4: lr: when names 'dropout_rate', which has no choices; expected a parameter "
                 "with choices");
    expect_error(
        "[parameters.n_heads]\nchoices = [2, 4]\nwhen = { n_cycles = [1] }\n"
        "[parameters.n_cycles]\nchoices = [1, 2]\nwhen = { n_heads = [2] }\n",
        "6: n_cycles: when names 'n_heads', whose own names lead back here; expected "
        "conditions that end somewhere");
    expect_error(lr + "when = [{ optimizer = [\"adamw\"] }, {}]\n",
                 "4: lr: when = [ { optimizer = [ 'adamw' ] }, {} ]; expected when = { NAME = "
                 "[values] }");
    expect_error(lr + "when = { optimizer = [\"sgd\"] }\n"
                      "[parameters.optimizer]\nchoices = [\"adam\", \"adamw\"]\n",
                 "4: lr: when: 'sgd' is no choice of optimizer; expected one of adam, adamw");
    expect_error(lr + "otherwise = 1\n", "4: lr: otherwise without when; expected both or neither");
    expect_error(
        "[parameters.n_heads]\nchoices = [2, 4]\n[parameters.optimizer]\n"
        "choices = [\"adam\", \"adamw\"]\nwhen = { n_heads = [2] }\n",
        "3: optimizer: when without otherwise; expected otherwise = one of its choices, "
        "adam, adamw");
}

constexpr const char* of_cores = R"(
[parameters.core]
choices = ["gru", "memory", "none"]

[parameters.value_dim]
choices = [50, 100]
when = { core = ["gru", "memory"] }

[parameters.memory_size]
choices = [1, 2]
when = { core = ["memory"] }

[parameters.dropout_rate]
low = 0.1
high = 0.6
when = [{ memory_size = [2] }, { core = ["none"], ordered_thresholds = ["off"] },
        { core = ["gru"], ordered_thresholds = ["on"] }]
)";

TEST_F(SpaceFile, ReadsConditionsOfSeveralValuesLevelsAndAlternatives) {
    const Space space = read(of_cores, parse_model("residual_gpcm"));
    const auto searched = [&](double core, double slots) {
        std::string names;
        for (const Parameter* parameter : space.searched_at(space.settled({{"core", core},
                                                                           {"value_dim", 50},
                                                                           {"memory_size", slots},
                                                                           {"dropout_rate", 0.2}})))
            names += parameter->name + " ";
        return names;
    };
    EXPECT_EQ(searched(0, 2), "core value_dim ") << "thresholds aren't ordered";
    EXPECT_EQ(searched(1, 1), "core value_dim memory_size ");
    EXPECT_EQ(searched(1, 2), "core value_dim memory_size dropout_rate ");
    EXPECT_EQ(searched(2, 2), "core dropout_rate ");
}

TEST_F(SpaceFile, AConditionOnWhatTheModelNeverLooksAtNeverHolds) {
    const Space space = read(std::string(of_cores) + "[parameters.lr]\nlow = 0.1\nhigh = 1\n",
                             parse_model("deep_gpcm"));
    ASSERT_EQ(space.parameters().size(), 1u);
    EXPECT_EQ(space.parameters()[0].name, "lr");
}

TEST_F(SpaceFile, NamesWhyNothingWouldBeSearched) {
    expect_error("[parameters.lr]\nlow = 0.1\nhigh = 1\nwhen = { optimizer = [\"adamw\"] }\n",
                 " no parameter is ever searched, for instance lr only when optimizer is one of "
                 "[ 'adamw' ], which isn't searched and is adam; expected a --set that one of the "
                 "conditions holds for, or a parameter without");
    expect_error("[parameters.n_heads]\nchoices = [2, 4]\n",
                 " deep_gpcm has none of the parameters; expected another beside attention, "
                 "embed_dim, n_heads, n_cycles, item_prior, core, fitted_items, posterior_ability, "
                 "posterior_input, question_readout, history_input, history_head, hidden_layer",
                 parse_model("deep_gpcm"));
}

TEST_F(SpaceFile, NamesWhatIsWrongWithAConstraint) {
    const std::string heads = "[parameters.n_heads]\nchoices = [2, 4]\n";
    expect_error("constraints = [\"n_heads below embed_dim\"]\n" + heads,
                 "1: constraint 'n_heads below embed_dim'; expected \"NAME divides NAME\" or "
                 "\"NAME at_most NAME\"");
    expect_error("constraints = 3\n" + heads, "1: constraints = 3; expected an array of texts");
    expect_error("constraints = [3]\n" + heads,
                 "1: constraint 3; expected \"NAME divides NAME\" or \"NAME at_most NAME\"");
    const std::string unknown = read_error("constraints = [\"heads at_most lr\"]\n" + heads);
    EXPECT_THAT(unknown, testing::HasSubstr("1: constraint 'heads at_most lr' names 'heads', which "
                                            "is unknown; expected two of "));
    const std::string word = read_error("constraints = [\"lr at_most optimizer\"]\n" + heads);
    EXPECT_THAT(word, testing::HasSubstr("names 'optimizer', which is no number; expected two of"));
    EXPECT_THAT(word, testing::Not(testing::HasSubstr("attention")));
}

TEST_F(SpaceFile, NamesTheConstraintsThatNoPointSatisfies) {
    expect_error(
        "constraints = [\"n_heads at_most n_cycles\"]\n[parameters.n_heads]\nchoices = [3, 5]\n",
        " no point of the space, or hardly one, satisfies its constraints; expected other "
        "ranges or choices, so that n_heads divides embed_dim and n_heads at_most n_cycles");
}

// What is in strings and comments, or closed, isn't depth.
TEST_F(SpaceFile, IsNotReadWhereItIsNestedTooDeep) {
    const auto repeated = [](const std::string& text, int n) {
        std::string result;
        for (int i = 0; i < n; ++i)
            result += text;
        return result;
    };
    const std::string message = ": nested deeper than 100 levels; expected TOML of a few";
    for (const std::string& deep :
         {"x = 1\n" + repeated("a.", 100'000) + "a = 1",
          "\n[" + repeated("\"a\" . ", 100'000) + "a]", "\nx = " + repeated("[", 300'000),
          "\nx = " + repeated("{a=", 300'000)})
        expect_error(deep, "2" + message);
    expect_error("x = [\n" + repeated("[\n", 100), "101" + message);

    const std::string harmless = "# " + repeated("a.[", 200) +
                                 "\n[parameters.dropout_rate] # '\nchoices = [0.1" +
                                 repeated(", 0.1", 200) + "]\n";
    EXPECT_THAT(read_error(harmless), testing::HasSubstr("choices"));  // that are all alike
    for (const std::string& quoted :
         {"\"" + repeated("a.[\\\"", 200) + "\"", "'" + repeated("a.[\"", 200) + "'",
          "\"\"\"" + repeated("a.[\"\n", 200) + "\"\"\"", "'''" + repeated("a.[''\n", 200) + "'''"})
        EXPECT_THAT(read_error("x = " + quoted), testing::HasSubstr("'x'")) << quoted;
}

TEST_F(SpaceFile, HasLettersBeyondAsciiInCommentsAlone) {
    const std::string lr = "[parameters.lr]  # \xC3\xA9\nlow = 0.1\nhigh = 1\n";
    EXPECT_EQ(read("\xEF\xBB\xBF" + lr).parameters().size(), 1U);
    for (const std::string line : {"\xC3\xA9 = 1\n", "log = true \xD1\x9E\n", "a.\xD1\x9E = 1\n"})
        EXPECT_THAT(read_error(lr + line), testing::StartsWith(path_.string() + ":4: "));
}

TEST_F(SpaceFile, NamesAFileThatCannotBeRead) {
    EXPECT_THROW(read_space("no_such_space.toml", {}), InputError);
    EXPECT_THROW(read_space(std::filesystem::temp_directory_path(), {}), InputError);
}

}  // namespace
}  // namespace manygpcm::search
