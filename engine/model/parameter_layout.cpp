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
#include "manygpcm/kernels/cpu.h"
#include "model/models.h"

namespace manygpcm {
namespace {

constexpr std::size_t alignment = 16;  // floats: one cache line, one AVX-512 register

std::size_t aligned(std::size_t n) {
    return (n + alignment - 1) / alignment * alignment;
}

/// The place of a parameter among the beginnings of names that are given an order; after all of
/// them where none fits.
std::ptrdiff_t place(const std::vector<std::string_view>& order, const ParameterTensor& tensor) {
    return std::ranges::find_if(
               order, [&](std::string_view start) { return tensor.name.starts_with(start); }) -
           order.begin();
}

void initialise(const ParameterTensor& tensor, RandomStream random, std::span<float> values) {
    switch (tensor.initial) {
        case InitialValues::zeros:
            break;  // as they are
        case InitialValues::ones:
            std::ranges::fill(values, 1.0f);
            break;
        case InitialValues::xavier_uniform: {
            const double bound = std::sqrt(6.0 / (tensor.shape[0] + tensor.shape[1]));
            for (float& x : values)
                x = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
            break;
        }
        case InitialValues::kaiming_normal: {
            const double deviation = std::sqrt(2.0 / tensor.shape.back());
            for (float& x : values)
                x = static_cast<float>(random.normal() * deviation);
            break;
        }
    }
}

}  // namespace

std::size_t ParameterTensor::size() const {
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

ParameterLayout::ParameterLayout(const ModelConfig& config) {
    // On a tape that never runs: recording computes nothing and takes no memory.
    Tape tape(kernels::cpu_backend(), 0, {}, config.n_questions, config.n_categories, false);
    Recorder recorder(tape, config, nullptr);
    const ModelDefinition& model = definition_of(config.hyperparameters.model);
    model.record(recorder);
    tensors_ = recorder.declared();
    std::ranges::stable_sort(tensors_, {}, [&](const ParameterTensor& tensor) {
        return place(model.parameter_order, tensor);
    });
    for (ParameterTensor& tensor : tensors_) {
        tensor.offset = size_;
        size_ += aligned(tensor.size());
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
