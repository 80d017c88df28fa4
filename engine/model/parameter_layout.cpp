// Which weights a model has, where each lies in the flat vector, and what it starts as.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "manygpcm/engine/model.h"
#include "manygpcm/engine/random.h"

namespace manygpcm {
namespace {

constexpr std::size_t alignment = 16;  // floats: one cache line, one AVX-512 register

std::size_t aligned(std::size_t n) {
    return (n + alignment - 1) / alignment * alignment;
}

using Shapes = std::vector<std::pair<std::string, std::vector<int>>>;

void add_linear(Shapes& shapes, const std::string& name, int out, int in) {
    shapes.push_back({name + ".weight", {out, in}});
    shapes.push_back({name + ".bias", {out}});
}

void add_norm(Shapes& shapes, const std::string& name, int size) {
    shapes.push_back({name + ".weight", {size}});
    shapes.push_back({name + ".bias", {size}});
}

/// Names and shapes in the order of the reference.
Shapes parameter_shapes(const ModelConfig& config) {
    const Hyperparameters& h = config.hyperparameters;
    const int n_questions = config.n_questions, n_categories = config.n_categories;
    Shapes shapes = {
        {"question_embedding.weight", {n_questions, h.key_dim}},
        {"memory.key", {h.memory_size, h.key_dim}},
        {"memory.initial_value", {h.memory_size, h.value_dim}},
    };
    add_linear(shapes, "memory.query", h.key_dim, h.key_dim);
    add_linear(shapes, "memory.erase", h.value_dim, h.value_dim);
    add_linear(shapes, "memory.add", h.value_dim, h.value_dim);
    add_linear(shapes, "summary", h.final_fc_dim, h.value_dim + h.key_dim);
    add_linear(shapes, "ability", 1, h.final_fc_dim);
    shapes.push_back({"ability.scale", {1}});
    add_linear(shapes, "threshold", n_categories - 1, h.key_dim);
    add_linear(shapes, "discrimination", 1, h.final_fc_dim + h.key_dim);
    if (!has_attention(h.model)) {
        add_linear(shapes, "value", h.value_dim, n_categories * n_questions);
        return shapes;
    }
    const int embed = h.embed_dim;
    add_linear(shapes, "value", h.value_dim, embed);
    if (h.model == ModelKind::attn_gpcm_learn) {
        shapes.push_back({"response_embedding.decay", {n_categories}});
        add_linear(shapes, "response_embedding", embed, n_categories);
    } else {
        add_linear(shapes, "response_embedding", embed, n_categories * n_questions);
    }
    for (int cycle = 0; cycle < h.n_cycles; ++cycle) {
        const std::string prefix = fmt::format("refine.{}.", cycle);
        add_linear(shapes, prefix + "attention.in_proj", 3 * embed, embed);
        add_linear(shapes, prefix + "attention.out_proj", embed, embed);
        add_linear(shapes, prefix + "fusion", embed, 2 * embed);
        add_norm(shapes, prefix + "fusion_norm", embed);
        add_linear(shapes, prefix + "gate", embed, embed);
        add_norm(shapes, prefix + "cycle_norm", embed);
    }
    return shapes;
}

void initialise(const ParameterTensor& tensor, RandomStream random, std::span<float> values) {
    const std::string_view name = tensor.name;
    if (name.ends_with("bias")) return;  // 0 already
    if (name.ends_with("norm.weight") || name == "ability.scale" ||
        name == "response_embedding.decay") {
        std::ranges::fill(values, 1.0f);
    } else if (name.ends_with("in_proj.weight")) {
        const double bound = std::sqrt(6.0 / (tensor.shape[0] + tensor.shape[1]));
        for (float& x : values)
            x = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
    } else {
        const double deviation = std::sqrt(2.0 / tensor.shape.back());
        for (float& x : values)
            x = static_cast<float>(random.normal() * deviation);
    }
}

}  // namespace

std::size_t ParameterTensor::size() const {
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

ParameterLayout::ParameterLayout(const ModelConfig& config) {
    for (auto& [name, shape] : parameter_shapes(config)) {
        tensors_.push_back({std::move(name), std::move(shape), size_});
        size_ += aligned(tensors_.back().size());
    }
}

const ParameterTensor& ParameterLayout::find(const std::string& name) const& {
    const auto found = std::ranges::find(tensors_, name, &ParameterTensor::name);
    if (found == tensors_.end())
        throw std::out_of_range(fmt::format("no parameter is named '{}'", name));
    return *found;
}

bool ParameterLayout::contains(const std::string& name) const {
    return std::ranges::find(tensors_, name, &ParameterTensor::name) != tensors_.end();
}

std::vector<float> initial_parameters(const ModelConfig& config, std::uint64_t seed, int trial,
                                      int fold) {
    const ParameterLayout layout(config);
    std::vector<float> parameters(layout.size());
    // A stream per tensor: its numbers stay the same whatever the shapes of the others.
    for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
        const ParameterTensor& tensor = layout.tensors()[i];
        const std::uint64_t stream =
            stream_id({static_cast<std::uint64_t>(trial), static_cast<std::uint64_t>(fold), i});
        initialise(tensor, RandomStream(seed, RandomUse::initial_weights, stream),
                   std::span(parameters).subspan(tensor.offset, tensor.size()));
    }
    return parameters;
}

}  // namespace manygpcm
