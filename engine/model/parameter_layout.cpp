// Which weights a model has, where each lies in the flat vector, and what it starts as.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "manygpcm/engine/classical_gpcm.h"
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

void draw_normal(RandomStream& random, double deviation, std::span<float> values) {
    for (float& x : values)
        x = static_cast<float>(random.normal() * deviation);
}

/// Slope and steps of every question side by side, those columns of them that `values` holds.
/// @param fitted null: slopes 1 and steps 0
void copy_items(const ClassicalGpcm* fitted, int first_column, int n_columns, int n_categories,
                std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto columns = static_cast<std::size_t>(n_columns);
        const std::size_t question = i / columns,
                          column = static_cast<std::size_t>(first_column) + i % columns;
        if (fitted == nullptr)
            values[i] = column == 0 ? 1 : 0;
        else if (column == 0)
            values[i] = static_cast<float>(fitted->alpha[question]);
        else
            values[i] = static_cast<float>(
                fitted->step[question * static_cast<std::size_t>(n_categories - 1) + column - 1]);
    }
}

/// Of each question's slope and steps, the steps as those of which record_ascending() makes the
/// nearest ascending ones: isotonic regression, by pooling neighbours that aren't in order.
void order_items(int n_categories, std::span<float> values) {
    constexpr double least_gap = 0.01;
    struct Pool {
        double sum;
        int count;
        double mean() const { return sum / count; }
    };
    for (std::size_t at = 0; at < values.size(); at += static_cast<std::size_t>(n_categories)) {
        const std::span<float> steps =
            values.subspan(at + 1, static_cast<std::size_t>(n_categories) - 1);
        std::vector<Pool> pools;
        for (const float step : steps) {
            pools.push_back({step, 1});
            while (pools.size() > 1 && pools.end()[-2].mean() > pools.back().mean()) {
                const Pool last = pools.back();
                pools.pop_back();
                pools.back() = {pools.back().sum + last.sum, pools.back().count + last.count};
            }
        }
        std::size_t j = 0;
        double before = 0;
        for (const Pool& pool : pools)
            for (int i = 0; i < pool.count; ++i, ++j) {
                const double gap = std::max(pool.mean() - before, least_gap);
                // The inverse of softplus, which overflows for none.
                steps[j] =
                    static_cast<float>(j == 0 ? pool.mean() : gap + std::log(-std::expm1(-gap)));
                before = j == 0 ? pool.mean() : before + gap;
            }
    }
}

void initialise(const ParameterTensor& tensor, int n_categories, const ClassicalGpcm* fitted,
                RandomStream random, std::span<float> values) {
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
            draw_normal(random, std::sqrt(2.0 / tensor.shape.back()), values);
            break;
        }
        case InitialValues::normal:
            draw_normal(random, 1, values);
            break;
        case InitialValues::small_normal:
            draw_normal(random, 0.01, values);
            break;
        case InitialValues::fitted_slope:
            copy_items(fitted, 0, 1, n_categories, values);
            break;
        case InitialValues::fitted_step:
            copy_items(fitted, 1, n_categories - 1, n_categories, values);
            break;
        case InitialValues::fitted_item:
            copy_items(fitted, 0, n_categories, n_categories, values);
            break;
        case InitialValues::ordered_fitted_item:
            copy_items(fitted, 0, n_categories, n_categories, values);
            order_items(n_categories, values);
            break;
        case InitialValues::plain_item:
            copy_items(nullptr, 0, n_categories, n_categories, values);
            break;
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
        return std::pair(!tensor.trained, place(model.parameter_order, tensor));
    });
    for (ParameterTensor& tensor : tensors_) {
        tensor.offset = size_;
        size_ += aligned(tensor.size());
        if (tensor.trained) trained_size_ = size_;
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

bool ParameterLayout::starts_fitted() const {
    return std::ranges::any_of(tensors_, [](const ParameterTensor& tensor) {
        return tensor.initial == InitialValues::fitted_slope ||
               tensor.initial == InitialValues::fitted_step ||
               tensor.initial == InitialValues::fitted_item ||
               tensor.initial == InitialValues::ordered_fitted_item;
    });
}

std::vector<float> initial_parameters(const ModelConfig& config, std::uint64_t seed, int trial,
                                      int fold, const ClassicalGpcm* fitted) {
    const ParameterLayout layout(config);
    std::vector<float> parameters(layout.size());
    // A stream per tensor: its numbers stay the same whatever the shapes of the others.
    for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
        const ParameterTensor& tensor = layout.tensors()[i];
        const std::uint64_t stream =
            stream_id({static_cast<std::uint64_t>(trial), static_cast<std::uint64_t>(fold), i});
        initialise(tensor, config.n_categories, fitted,
                   RandomStream(seed, RandomUse::initial_weights, stream),
                   std::span(parameters).subspan(tensor.offset, tensor.size()));
    }
    return parameters;
}

}  // namespace manygpcm
