// A golden case: one model's configuration, weights and batch with the reference's outputs, in
// float64.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"

namespace manygpcm {

struct Golden {
    nlohmann::json json;
    ModelConfig config;
    std::vector<Learner> learners;
    std::vector<int> which;
    std::vector<float> parameters;  // flat

    explicit Golden(const std::string& name)
        : json(nlohmann::json::parse(
              read_file(std::string(MANYGPCM_TEST_DATA) + "/" + name + ".json"))) {
        const nlohmann::json& c = json["config"];
        config.n_questions = c["n_questions"];
        config.n_categories = c["n_categories"];
        config.hyperparameters.dropout_rate = 0;
        for (const auto& [key, value] : c.items())
            if (key != "n_questions" && key != "n_categories")
                config.hyperparameters.set(
                    key, value.is_string() ? value.get<std::string>() : value.dump());
        for (std::size_t i = 0; i < json["questions"].size(); ++i) {
            learners.push_back({std::to_string(i), json["questions"][i], json["responses"][i]});
            which.push_back(static_cast<int>(i));
        }
        const ParameterLayout layout(config);
        parameters.resize(layout.size());
        for (const ParameterTensor& tensor : layout.tensors()) {
            const std::vector<double> data = json["parameters"][tensor.name]["data"];
            std::copy(data.begin(), data.end(),
                      parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
        }
    }

    Model model() const { return {config, parameters, {}, {}, {}}; }

    static std::vector<std::string> names() {
        return {"deep_gpcm",
                "deep_gpcm_tanh_two_categories",
                "attn_gpcm_learn_causal",
                "attn_gpcm_learn_bidirectional",
                "attn_gpcm_linear_causal",
                "attn_gpcm_learn_six_categories",
                "gru_gpcm",
                "gru_gpcm_ordered_tanh",
                "gru_gpcm_of_state",
                "deep_gpcm_of_state",
                "attn_gpcm_linear_of_state",
                "gru_gpcm_of_history",
                "deep_gpcm_of_history",
                "attn_gpcm_linear_of_history",
                "residual_gpcm",
                "residual_gpcm_ordered",
                "residual_gpcm_two_categories",
                "residual_gpcm_of_memory"};
    }
};

/// All numbers of a JSON array of any depth, in order.
inline std::vector<double> flatten(const nlohmann::json& json) {
    std::vector<double> numbers;
    if (!json.is_array()) return {json.get<double>()};
    for (const auto& part : json) {
        const std::vector<double> more = flatten(part);
        numbers.insert(numbers.end(), more.begin(), more.end());
    }
    return numbers;
}

}  // namespace manygpcm
