// Hyperparameters by name: what is accepted, what is refused and how.
#include "manygpcm/engine/hyperparameters.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/expect_input_error.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/models.h"
#include "model/hyperparameter_rows.h"

namespace manygpcm {
namespace {

TEST(Hyperparameters, SetsNumbersAndChoices) {
    Hyperparameters h;
    h.set("model", "attn_gpcm_linear");
    h.set("attention", "bidirectional");
    h.set("threshold_link", "tanh");
    h.set("optimizer", "adamw");
    h.set("key_dim", "128");
    h.set("lr", "1e-3");
    EXPECT_EQ(h.model, parse_model("attn_gpcm_linear"));
    EXPECT_EQ(h.attention, AttentionKind::bidirectional);
    EXPECT_EQ(h.threshold_link, ThresholdLink::tanh);
    EXPECT_EQ(h.optimizer, Optimizer::adamw);
    EXPECT_EQ(h.key_dim, 128);
    EXPECT_EQ(h.lr, 1e-3);
}

TEST(Hyperparameters, JsonGoesThereAndBack) {
    Hyperparameters h;
    h.set("model", "attn_gpcm_learn");
    h.set("lr", "0.0058951");
    h.set("n_cycles", "3");
    const nlohmann::json json = to_json(h);
    ASSERT_EQ(json.size(), hyperparameter_names().size());
    Hyperparameters back;
    for (const auto& [name, value] : json.items())
        back.set(name, value.is_string() ? value.get<std::string>() : value.dump());
    EXPECT_EQ(to_json(back), json);
}

TEST(Hyperparameters, DefaultsAreInRange) {
    const nlohmann::json json = to_json(Hyperparameters());
    Hyperparameters h;
    for (const auto& [name, value] : json.items())
        EXPECT_NO_THROW(h.set(name, value.is_string() ? value.get<std::string>() : value.dump()))
            << name;
    EXPECT_NO_THROW(h.validate());
}

struct Bounds {
    std::string name;
    std::vector<std::string> accepted, refused;
};

void PrintTo(const Bounds& bounds, std::ostream* out) {
    *out << bounds.name;
}

class HyperparameterRange : public testing::TestWithParam<Bounds> {};

TEST_P(HyperparameterRange, HasTheseBounds) {
    Hyperparameters h;
    for (const std::string& value : GetParam().accepted) {
        EXPECT_NO_THROW(h.set(GetParam().name, value)) << value;
    }
    for (const std::string& value : GetParam().refused)
        expect_input_error([&] { h.set(GetParam().name, value); },
                           {GetParam().name + "=" + value + ": expected "});
}

INSTANTIATE_TEST_SUITE_P(
    All, HyperparameterRange,
    testing::Values(Bounds{"memory_size", {"1", "1024"}, {"0", "1025"}},
                    Bounds{"key_dim", {"1", "4096"}, {"0", "4097"}},
                    Bounds{"value_dim", {"1", "4096"}, {"0", "4097"}},
                    Bounds{"embed_dim", {"1", "4096"}, {"0", "4097"}},
                    Bounds{"final_fc_dim", {"1", "4096"}, {"0", "4097"}},
                    Bounds{"n_heads", {"1", "64"}, {"0", "65"}},
                    Bounds{"n_cycles", {"1", "8"}, {"0", "9"}},
                    Bounds{"batch_size", {"1", "65536"}, {"0", "65537"}},
                    Bounds{"lr_patience", {"0", "1000"}, {"-1", "1001"}},
                    Bounds{"warmup_steps", {"0", "1000000"}, {"-1", "1000001"}},
                    Bounds{"dropout_rate", {"0", "0.99"}, {"-0.1", "1"}},
                    Bounds{"lr", {"1e-9", "1"}, {"0", "1.1"}},
                    Bounds{"weight_decay", {"0", "1"}, {"-1e-9", "1.1"}},
                    Bounds{"grad_clip", {"1e-9", "1e6"}, {"0", "1.1e6"}},
                    Bounds{"label_smoothing", {"0", "0.99"}, {"-0.1", "1"}},
                    Bounds{"ce_weight_logit", {"-100", "100"}, {"-101", "101"}},
                    Bounds{"focal_weight_logit", {"-100", "100"}, {"-101", "101"}}),
    [](const auto& test) { return test.param.name; });

TEST(Hyperparameters, RefusesWhatIsNoNumber) {
    Hyperparameters h;
    for (const char* value : {"", "x", "nan", "inf", "-inf", "0.1x", " 0.1", "0,1", "1e999"})
        expect_input_error([&] { h.set("lr", value); }, {std::string("lr=") + value, "0 < x <= 1"});
    for (const char* value : {"", "x", "5.0", "5 ", "1e2", "99999999999"})
        expect_input_error([&] { h.set("key_dim", value); },
                           {std::string("key_dim=") + value, "an integer from 1 to 4096"});
    EXPECT_EQ(to_json(h), to_json(Hyperparameters()));
}

TEST(Hyperparameters, ListsTheChoices) {
    Hyperparameters h;
    expect_input_error([&] { h.set("optimizer", "sgd"); }, {"optimizer=sgd", "one of adam, adamw"});
    expect_input_error([] { parse_model("bert"); },
                       {"model=bert", "one of deep_gpcm, attn_gpcm_learn, attn_gpcm_linear"});
}

TEST(Hyperparameters, ListsTheNamesForAnUnknownOne) {
    Hyperparameters h;
    expect_input_error([&] { h.set("learning_rate", "1"); },
                       {"learning_rate=1", "one of attention, ", ", lr, "});
}

TEST(Hyperparameters, HeadsMustDivideTheEmbeddingOfAttentionModelsOnly) {
    Hyperparameters h;
    h.embed_dim = 32;
    h.n_heads = 5;
    EXPECT_NO_THROW(h.validate());
    h.model = parse_model("attn_gpcm_learn");
    expect_input_error([&] { h.validate(); }, {"n_heads=5", "divisor of embed_dim", "32"});
}

TEST(Hyperparameters, DocsHaveTheTableOfTheRows) {
    std::string table;
    for (const HyperparameterText& text : hyperparameter_texts()) {
        table += "| `" + std::string(text.name) + "` | " + text.default_value + " | " +
                 text.accepted + " | " + std::string(text.help) +
                 (text.help.empty() ? "|\n" : " |\n");
    }
    EXPECT_THAT(read_file(MANYGPCM_DOCS "/cli.md"), testing::HasSubstr(table));
}

TEST(Hyperparameters, ValuesOfFilesOfOldAreAccepted) {
    for (const HyperparameterRow& row : hyperparameter_rows())
        if (!row.before.empty()) {
            Hyperparameters h;
            EXPECT_NO_THROW(h.set(row.name, row.before)) << row.name;
        }
}

/// Another value than the default.
std::string other_value(const HyperparameterRow& row) {
    if (const auto* choice = std::get_if<HyperparameterRow::Choice>(&row.kind)) {
        const bool off = to_json(Hyperparameters()).at(std::string(row.name)) != choice->names[0];
        return std::string(choice->names[off ? 0 : 1]);
    }
    return std::holds_alternative<HyperparameterRow::Integer>(row.kind) ? "3" : "0.25";
}

TEST(Hyperparameters, ShapeHasWhatItsRowSaysOfModelsThatUseIt) {
    for (const ModelKind model : all_models())
        for (const HyperparameterRow& row : hyperparameter_rows().subspan(1)) {
            Hyperparameters h;
            h.model = model;
            const Hyperparameters before = shape_of(h);
            h.set(row.name, other_value(row));
            EXPECT_EQ(shape_of(h) != before,
                      row.shapes != HyperparameterRow::Shapes::nothing && uses(model, row.name))
                << to_string(model) << ", " << row.name;
        }
}

TEST(Models, SearchWhatTheyUseOverAcceptedValues) {
    for (const ModelKind model : all_models()) {
        for (const SearchRange& range : default_space(model)) {
            EXPECT_TRUE(uses(model, range.name)) << to_string(model) << ", " << range.name;
            Hyperparameters h;
            for (const std::string_view word : range.words)
                EXPECT_NO_THROW(h.set(range.name, word)) << range.name;
            if (!range.words.empty()) continue;
            for (const double value :
                 range.choices.empty() ? std::vector{range.low, range.high} : range.choices)
                EXPECT_NO_THROW(h.set(range.name, fmt::format("{}", value))) << range.name;
        }
    }
}

TEST(ModelKind, HasItsName) {
    EXPECT_EQ(to_string(parse_model("attn_gpcm_learn")), "attn_gpcm_learn");
    EXPECT_EQ(parse_model("deep_gpcm"), parse_model("deep_gpcm"));
}

}  // namespace
}  // namespace manygpcm
