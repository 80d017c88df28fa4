// Names, order and shapes of weights against the reference's golden files, and what they start as.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"

namespace manygpcm {
namespace {

ModelConfig small_config(ModelKind model) {
    ModelConfig config;
    config.hyperparameters.model = model;
    config.n_questions = 30;
    config.n_categories = 4;
    return config;
}

std::span<const float> values(const ModelConfig& config, const std::vector<float>& parameters,
                              const std::string& name) {
    const ParameterLayout layout(config);
    const ParameterTensor& tensor = layout.find(name);
    return std::span(parameters).subspan(tensor.offset, tensor.size());
}

class GoldenLayout : public testing::TestWithParam<const char*> {};

TEST_P(GoldenLayout, HasTheReferencesTensorsInOrder) {
    const auto golden = nlohmann::ordered_json::parse(
        read_file(std::string(MANYGPCM_TEST_DATA "/") + GetParam() + ".json"));
    ModelConfig config;
    config.n_questions = golden["config"]["n_questions"];
    config.n_categories = golden["config"]["n_categories"];
    for (const auto name : hyperparameter_names())
        if (const auto value = golden["config"].find(name); value != golden["config"].end())
            config.hyperparameters.set(
                name, value->is_string() ? value->get<std::string>() : value->dump());

    const ParameterLayout layout(config);
    ASSERT_EQ(layout.tensors().size(), golden["parameters"].size());
    std::size_t end = 0;
    auto tensor = layout.tensors().begin();
    for (const auto& [name, expected] : golden["parameters"].items()) {
        EXPECT_EQ(tensor->name, name);
        EXPECT_EQ(tensor->shape, expected["shape"].get<std::vector<int>>()) << name;
        EXPECT_EQ(tensor->size(), expected["data"].size()) << name;
        EXPECT_EQ(tensor->offset % 16, 0u) << name;
        EXPECT_GE(tensor->offset, end) << name;
        end = tensor->offset + tensor->size();
        ++tensor;
    }
    EXPECT_GE(layout.size(), end);
}

INSTANTIATE_TEST_SUITE_P(Goldens, GoldenLayout,
                         testing::Values("deep_gpcm", "deep_gpcm_tanh_two_categories",
                                         "attn_gpcm_learn_causal", "attn_gpcm_learn_bidirectional",
                                         "attn_gpcm_linear_causal",
                                         "attn_gpcm_learn_six_categories", "gru_gpcm"),
                         [](const auto& test) { return std::string(test.param); });

TEST(ParameterLayout, FindsByName) {
    const ParameterLayout layout(small_config(parse_model("deep_gpcm")));
    EXPECT_TRUE(layout.contains("memory.key"));
    EXPECT_FALSE(layout.contains("refine.0.gate.weight"));
    EXPECT_EQ(layout.find("memory.key").shape, (std::vector<int>{50, 64}));
    EXPECT_THROW(layout.find("refine.0.gate.weight"), std::out_of_range);
}

TEST(InitialParameters, HaveTheScaleOfTheirKind) {
    const ModelConfig config = small_config(parse_model("attn_gpcm_learn"));
    const auto parameters = initial_parameters(config, 1, 0, 0);

    const auto summary =
        values(config, parameters, "summary.weight");  // Kaiming: fan-in value_dim + key_dim
    double squares = 0;
    for (const float x : summary)
        squares += x * x;
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(summary.size())),
                std::sqrt(2.0 / (128 + 64)), 0.003);

    const auto in_proj =
        values(config, parameters, "refine.0.attention.in_proj.weight");  // Xavier uniform
    const float bound = std::sqrt(6.0f / (3 * 64 + 64));
    EXPECT_NEAR(std::ranges::max(in_proj), bound, 0.001);
    EXPECT_NEAR(std::ranges::min(in_proj), -bound, 0.001);

    for (const char* ones :
         {"ability.scale", "response_embedding.decay", "refine.1.cycle_norm.weight"})
        for (const float x : values(config, parameters, ones))
            EXPECT_EQ(x, 1) << ones;
    for (const char* zeros : {"summary.bias", "refine.1.fusion_norm.bias", "threshold.bias"})
        for (const float x : values(config, parameters, zeros))
            EXPECT_EQ(x, 0) << zeros;
}

TEST(InitialParameters, LeaveThePaddingZero) {
    const ModelConfig config = small_config(parse_model("deep_gpcm"));
    auto parameters = initial_parameters(config, 1, 0, 0);
    const ParameterLayout layout(config);
    for (const ParameterTensor& tensor : layout.tensors())
        std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset), tensor.size(),
                    0.0f);
    EXPECT_EQ(std::ranges::count(parameters, 0.0f), static_cast<std::ptrdiff_t>(parameters.size()));
}

TEST(InitialParameters, DependOnSeedTrialAndFold) {
    const ModelConfig config = small_config(parse_model("deep_gpcm"));
    const auto parameters = initial_parameters(config, 1, 2, 3);
    EXPECT_EQ(parameters, initial_parameters(config, 1, 2, 3));
    EXPECT_NE(parameters, initial_parameters(config, 2, 2, 3));
    EXPECT_NE(parameters, initial_parameters(config, 1, 3, 3));
    EXPECT_NE(parameters, initial_parameters(config, 1, 2, 4));
}

TEST(InitialParameters, OfOneTensorDontDependOnTheShapesOfOthers) {
    const ModelConfig config = small_config(parse_model("deep_gpcm"));
    ModelConfig more_slots = config;
    more_slots.hyperparameters.memory_size = 20;
    const auto expected = initial_parameters(config, 1, 0, 0),
               found = initial_parameters(more_slots, 1, 0, 0);
    EXPECT_TRUE(std::ranges::equal(values(config, expected, "value.weight"),
                                   values(more_slots, found, "value.weight")));
}

}  // namespace
}  // namespace manygpcm
