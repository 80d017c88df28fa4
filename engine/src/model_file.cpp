// Model files in the safetensors format: an 8-byte little-endian length, a JSON header of that
// length that says where every tensor lies, then the tensors' bytes without gaps.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "input_text.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"

namespace manygpcm {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors are little-endian and copied as they are");

using Json = nlohmann::json;

constexpr std::size_t length_size = sizeof(std::uint64_t);
constexpr std::size_t header_alignment = 8;
constexpr std::string_view format_name = "manygpcm";
const std::string mean_alpha_name = "item.mean_alpha";

Json config_json(const Model& model) {
    Json config = model.config.hyperparameters.to_json();
    config["n_questions"] = model.config.n_questions;
    config["n_categories"] = model.config.n_categories;
    if (!model.question_ids.empty()) config["question_ids"] = model.question_ids;
    return config;
}

/// The header and the data of a file that is being put together.
class Writer {
  public:
    explicit Writer(const Json& config) {
        header_["__metadata__"] = {{"format", format_name}, {"config", config.dump()}};
    }

    void add(const std::string& name, const std::vector<int>& shape,
             std::span<const float> values) {
        const std::size_t begin = data_.size();
        data_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
        header_[name] = {
            {"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
    }

    std::string file() const {
        std::string header = header_.dump();
        header.resize((header.size() + header_alignment - 1) / header_alignment * header_alignment,
                      ' ');
        const std::uint64_t length = header.size();
        return std::string(reinterpret_cast<const char*>(&length), length_size) + header + data_;
    }

  private:
    Json header_;
    std::string data_;
};

/// One file in memory: knows its tensors and that they tile the data exactly.
class Reader {
  public:
    explicit Reader(const std::filesystem::path& file) : file_(file), content_(read_file(file)) {
        if (content_.size() < length_size)
            throw error("the file is truncated; expected a safetensors header");
        std::uint64_t length = 0;
        std::memcpy(&length, content_.data(), length_size);
        if (length > content_.size() - length_size)
            throw error(fmt::format(
                "the header is said to have {} bytes and the file has {}; expected a whole "
                "safetensors file",
                length, content_.size()));
        const std::string_view header = std::string_view(content_).substr(length_size, length);
        data_ = std::string_view(content_).substr(length_size + length);
        header_ = Json::parse(header, nullptr, false);
        if (!header_.is_object())
            throw error("the header isn't a JSON object; expected a safetensors file");
        expect_tiled();
    }

    InputError error(std::string_view message) const {
        return InputError(fmt::format("{}: {}", file_.string(), message));
    }

    /// The object in `__metadata__`.config.
    Json config() const {
        const auto metadata = header_.find("__metadata__");
        if (metadata == header_.end() || !metadata->is_object() || !metadata->contains("config") ||
            !(*metadata)["config"].is_string())
            throw error("no config in the metadata; expected a model written by manygpcm");
        Json config =
            Json::parse((*metadata)["config"].get_ref<const std::string&>(), nullptr, false);
        if (!config.is_object())
            throw error("the config isn't a JSON object; expected a model written by manygpcm");
        return config;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, entry] : header_.items())
            if (name != "__metadata__") names.push_back(name);
        return names;
    }

    bool contains(const std::string& name) const { return header_.contains(name); }

    /// The bytes of a tensor that must have this shape.
    std::string_view bytes(const std::string& name, const std::vector<int>& shape) const {
        if (!contains(name))
            throw error(fmt::format("tensor {} is missing; the config asks for it", name));
        const Json& entry = header_[name];
        if (entry["dtype"] != "F32")
            throw error(fmt::format("tensor {} is of type {}; expected \"F32\"", name,
                                    entry["dtype"].dump()));
        if (entry["shape"] != Json(shape))
            throw error(fmt::format("tensor {} has shape {}; expected {}, as the config says", name,
                                    entry["shape"].dump(), Json(shape).dump()));
        const auto [begin, end] = range(name, entry);
        std::size_t size = sizeof(float);
        for (const int n : shape)
            size *= static_cast<std::size_t>(n);
        if (end - begin != size)
            throw error(fmt::format("tensor {} has {} bytes; expected {}, as its shape says", name,
                                    end - begin, size));
        return data_.substr(begin, size);
    }

  private:
    std::pair<std::size_t, std::size_t> range(const std::string& name, const Json& entry) const {
        const bool complete = entry.is_object() && entry.contains("dtype") &&
                              entry.contains("shape") && entry.contains("data_offsets");
        if (!complete)
            throw error(
                fmt::format("tensor {}: expected dtype, shape and data_offsets", shown(name)));
        const Json& offsets = entry["data_offsets"];
        if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
            !offsets[1].is_number_unsigned() || offsets[0] > offsets[1] ||
            offsets[1] > data_.size())
            throw error(fmt::format(
                "tensor {} lies at {}; expected two offsets from 0 to {}, as the file has so many "
                "bytes of data",
                shown(name), offsets.dump(), data_.size()));
        return {offsets[0], offsets[1]};
    }

    void expect_tiled() const {
        std::map<std::pair<std::size_t, std::size_t>, std::string> ranges;
        for (const std::string& name : names()) {
            const auto [entry, is_new] = ranges.emplace(range(name, header_[name]), name);
            if (!is_new)
                throw error(
                    fmt::format("tensors {} and {} overlap", shown(entry->second), shown(name)));
        }
        std::size_t position = 0;
        for (const auto& [range, name] : ranges) {
            if (range.first != position)
                throw error(
                    fmt::format("tensor {} begins at {}; expected {}, where the one before it ends",
                                shown(name), range.first, position));
            position = range.second;
        }
        if (position != data_.size())
            throw error(fmt::format("{} bytes follow the last tensor; expected none",
                                    data_.size() - position));
    }

    const std::filesystem::path& file_;
    std::string content_;
    std::string_view data_;
    Json header_;
};

int size_from(const Reader& reader, const Json& config, const std::string& name, int low,
              int high) {
    const auto found = config.find(name);
    if (found == config.end() || !found->is_number_integer() || *found < low || *found > high)
        throw reader.error(fmt::format("{} in the config is {}; expected an integer from {} to {}",
                                       name, found == config.end() ? "missing" : found->dump(), low,
                                       high));
    return *found;
}

ModelConfig read_config(const Reader& reader, const Json& json) {
    ModelConfig config;
    for (const std::string_view name : hyperparameter_names()) {
        const auto found = json.find(name);
        if (found == json.end())
            throw reader.error(fmt::format("{} is missing in the config", name));
        try {
            config.hyperparameters.set(
                name, found->is_string() ? found->get<std::string>() : found->dump());
        } catch (const InputError& e) {
            throw reader.error(e.what());
        }
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

std::vector<std::string> read_question_ids(const Reader& reader, const Json& config,
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

std::vector<float> read_parameters(const Reader& reader, const ParameterLayout& layout) {
    for (const std::string& name : reader.names())
        if (name != mean_alpha_name && !layout.contains(name))
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

/// NaN throughout where the file doesn't tell: no question was seen in training, as far as anybody
/// knows.
std::vector<double> read_mean_alpha(const Reader& reader, int n_questions) {
    std::vector<float> values(static_cast<std::size_t>(n_questions),
                              std::numeric_limits<float>::quiet_NaN());
    if (reader.contains(mean_alpha_name)) {
        const std::string_view bytes = reader.bytes(mean_alpha_name, {n_questions});
        std::memcpy(values.data(), bytes.data(), bytes.size());
    }
    return {values.begin(), values.end()};
}

}  // namespace

void save_model(const Model& model, const std::filesystem::path& file) {
    Writer writer(config_json(model));
    const ParameterLayout layout(model.config);
    for (const ParameterTensor& tensor : layout.tensors())
        writer.add(tensor.name, tensor.shape,
                   std::span(model.parameters).subspan(tensor.offset, tensor.size()));
    const std::vector<float> mean_alpha(model.mean_alpha.begin(), model.mean_alpha.end());
    if (!mean_alpha.empty()) writer.add(mean_alpha_name, {model.config.n_questions}, mean_alpha);
    write_file(file, writer.file());
}

Model load_model(const std::filesystem::path& file) {
    const Reader reader(file);
    const Json config = reader.config();
    Model model;
    model.config = read_config(reader, config);
    model.question_ids = read_question_ids(reader, config, model.config.n_questions);
    model.parameters = read_parameters(reader, ParameterLayout(model.config));
    model.mean_alpha = read_mean_alpha(reader, model.config.n_questions);
    return model;
}

}  // namespace manygpcm
