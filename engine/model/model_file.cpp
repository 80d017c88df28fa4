// Model files: the weights by name in the safetensors format, the configuration in its metadata.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"
#include "model/hyperparameter_rows.h"
#include "model/safetensors.h"

namespace manygpcm {
namespace {

using Json = nlohmann::json;

const std::string mean_alpha_name = "item.mean_alpha", counts_name = "item.category_counts",
                  alpha_error_name = "item.alpha_error",
                  threshold_error_name = "item.threshold_error";

/// Tensors beside the weights, which a file may lack.
bool is_extra(const std::string& name) {
    return name == mean_alpha_name || name == counts_name || name == alpha_error_name ||
           name == threshold_error_name;
}

constexpr int newest_format = 1;  ///< files from before there were formats have none
constexpr int most_formats = 1'000'000;

Json config_json(const Model& model) {
    const Hyperparameters& hyperparameters = model.config.hyperparameters;
    Json config = {{"format", newest_format}};
    const Json values = to_json(hyperparameters);
    for (const auto& [name, value] : values.items())
        if (uses(hyperparameters.model, name)) config[name] = value;
    config["n_questions"] = model.config.n_questions;
    config["n_categories"] = model.config.n_categories;
    if (!model.question_ids.empty()) config["question_ids"] = model.question_ids;
    if (!model.cut_points.empty()) config["cut_points"] = model.cut_points;
    return config;
}

int size_from(const SafetensorsReader& reader, const Json& config, const std::string& name, int low,
              int high) {
    const auto found = config.find(name);
    if (found == config.end() || !found->is_number_integer() || *found < low || *found > high)
        throw reader.error(
            fmt::format("{} in the config is {}; expected an integer from {} to {}", name,
                        found == config.end() ? "missing" : shown(found->dump()), low, high));
    return *found;
}

ModelConfig read_config(const SafetensorsReader& reader, const Json& json) {
    if (json.contains("format") &&
        size_from(reader, json, "format", 1, most_formats) > newest_format)
        throw reader.error(fmt::format(
            "format {} is newer than this program; expected {} or less, or a newer manygpcm",
            json.at("format").get<int>(), newest_format));
    ModelConfig config;
    const auto set = [&](std::string_view name, std::string_view value) {
        try {
            config.hyperparameters.set(name, value);
        } catch (const InputError& e) {
            throw reader.error(e.what());
        }
    };
    for (const HyperparameterRow& row : hyperparameter_rows()) {  // the model is the first
        const auto found = json.find(row.name);
        const bool used = uses(config.hyperparameters.model, row.name);
        if (found != json.end())
            set(row.name, value_text(*found));
        else if (used && row.before.empty())
            throw reader.error(fmt::format("{} is missing in the config; expected it", row.name));
        else if (used)
            set(row.name, row.before);
    }
    try {
        config.hyperparameters.validate();
    } catch (const InputError& e) {
        throw reader.error(e.what());
    }
    config.n_questions = size_from(reader, json, "n_questions", 1, max_questions);
    config.n_categories = size_from(reader, json, "n_categories", 2, max_categories);
    return config;
}

std::vector<std::string> read_question_ids(const SafetensorsReader& reader, const Json& config,
                                           int n_questions) {
    const auto found = config.find("question_ids");
    if (found == config.end()) return {};
    const bool good = found->is_array() && found->size() == static_cast<std::size_t>(n_questions) &&
                      std::ranges::all_of(*found, [](const Json& id) { return id.is_string(); });
    if (!good)
        throw reader.error(
            fmt::format("question_ids in the config: expected {} texts", n_questions));
    return found->get<std::vector<std::string>>();
}

/// Empty where the file doesn't tell.
std::vector<double> read_cut_points(const SafetensorsReader& reader, const Json& config,
                                    int n_categories) {
    const auto found = config.find("cut_points");
    if (found == config.end()) return {};
    const int last = n_categories - 1;
    std::vector<double> points;
    if (found->is_array() &&
        std::ranges::all_of(*found, [](const Json& x) { return x.is_number(); }))
        found->get_to(points);
    if (std::ssize(points) != last || !std::ranges::is_sorted(points) || points.front() < 0 ||
        points.back() > last)
        throw reader.error(fmt::format(
            "cut_points in the config: expected {} ascending numbers from 0 to {}", last, last));
    return points;
}

std::vector<float> read_parameters(const SafetensorsReader& reader, const ParameterLayout& layout) {
    for (const std::string& name : reader.names())
        if (!is_extra(name) && !layout.contains(name))
            throw reader.error(
                fmt::format("tensor {} is unknown; the config doesn't ask for it", shown(name)));
    // All shapes are checked before memory is taken: a false config can't ask for more than the
    // file holds.
    for (const ParameterTensor& tensor : layout.tensors())
        reader.bytes(tensor.name, tensor.shape);
    std::vector<float> parameters(layout.size());
    for (const ParameterTensor& tensor : layout.tensors()) {
        const std::string_view bytes = reader.bytes(tensor.name, tensor.shape);
        const auto values = std::span(parameters).subspan(tensor.offset, tensor.size());
        std::memcpy(values.data(), bytes.data(), bytes.size());
        if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); }))
            throw reader.error(fmt::format(
                "tensor {} holds a value that isn't finite; expected numbers", tensor.name));
    }
    return parameters;
}

/// Numbers of questions, NaN where nothing is known of one; empty where the file doesn't tell.
std::vector<double> read_of_questions(const SafetensorsReader& reader, const std::string& name,
                                      const std::vector<int>& shape) {
    if (!reader.contains(name)) return {};
    const std::string_view bytes = reader.bytes(name, shape);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    if (std::ranges::any_of(values, [](float x) { return std::isinf(x); }))
        throw reader.error(
            fmt::format("tensor {} holds an infinite value; expected numbers, or NaN for a "
                        "question that training never saw",
                        name));
    return {values.begin(), values.end()};
}

/// Empty where the file doesn't tell.
std::vector<std::int64_t> read_counts(const SafetensorsReader& reader, int n_questions,
                                      int n_categories) {
    if (!reader.contains(counts_name)) return {};
    const std::string_view bytes = reader.bytes(counts_name, {n_questions, n_categories});
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    constexpr float beyond_all = 1e18F;
    if (!std::ranges::all_of(values, [](float x) { return x >= 0 && x < beyond_all; }))
        throw reader.error(fmt::format(
            "tensor {} holds what is no count; expected numbers of responses", counts_name));
    return {values.begin(), values.end()};
}

}  // namespace

void save_model(const Model& model, const std::filesystem::path& file) {
    SafetensorsWriter writer(config_json(model));
    const ParameterLayout layout(model.config);
    for (const ParameterTensor& tensor : layout.tensors())
        writer.add(tensor.name, tensor.shape,
                   std::span(model.parameters).subspan(tensor.offset, tensor.size()));
    const int n_questions = model.config.n_questions, n_categories = model.config.n_categories;
    const auto add = [&](const std::string& name, const std::vector<int>& shape,
                         const auto& numbers) {
        const std::vector<float> values(numbers.begin(), numbers.end());
        if (!values.empty()) writer.add(name, shape, values);
    };
    add(mean_alpha_name, {n_questions}, model.mean_alpha);
    add(counts_name, {n_questions, n_categories}, model.category_counts);
    add(alpha_error_name, {n_questions}, model.alpha_error);
    add(threshold_error_name, {n_questions, n_categories - 1}, model.threshold_error);
    write_file(file, writer.file());
}

Model load_model(const std::filesystem::path& file) {
    const SafetensorsReader reader(file);
    const Json config = reader.config();
    Model model;
    model.config = read_config(reader, config);
    model.question_ids = read_question_ids(reader, config, model.config.n_questions);
    model.cut_points = read_cut_points(reader, config, model.config.n_categories);
    model.parameters = read_parameters(reader, ParameterLayout(model.config));
    const int n_questions = model.config.n_questions;
    model.mean_alpha = read_of_questions(reader, mean_alpha_name, {n_questions});
    if (model.mean_alpha.empty())  // no question was seen in training, as far as anybody knows
        model.mean_alpha.assign(static_cast<std::size_t>(n_questions),
                                std::numeric_limits<double>::quiet_NaN());
    model.alpha_error = read_of_questions(reader, alpha_error_name, {n_questions});
    model.threshold_error = read_of_questions(reader, threshold_error_name,
                                              {n_questions, model.config.n_categories - 1});
    model.category_counts =
        read_counts(reader, model.config.n_questions, model.config.n_categories);
    return model;
}

}  // namespace manygpcm
