#include "model/layers/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "model/hyperparameter_rows.h"

namespace manygpcm {

Recorder::Recorder(Tape& tape, const ModelConfig& config, const ParameterLayout* layout)
    : tape_(&tape),
      sizes_(shape_of(config.hyperparameters)),
      n_questions_(config.n_questions),
      n_categories_(config.n_categories),
      layout_(layout) {}

Weight Recorder::parameter(const std::string& name, const std::vector<int>& shape,
                           InitialValues initial, bool trained) {
    if (std::ranges::count(declared_, name, &ParameterTensor::name) > 0)
        throw std::logic_error(fmt::format("recorder: the parameter {} is declared twice", name));
    declared_.push_back({name, shape, initial, trained, 0});
    const std::size_t offset = layout_ == nullptr ? 0 : layout_->find(name).offset;
    return {static_cast<std::ptrdiff_t>(offset), {}};
}

LinearMap Recorder::linear_map(const std::string& name, int in, int out, InitialValues initial) {
    LinearMap map = unbiased_map(name, in, out, initial);
    map.weights.bias = parameter(name + ".bias", {out}, InitialValues::zeros);
    return map;
}

LinearMap Recorder::unbiased_map(const std::string& name, int in, int out, InitialValues initial) {
    return {{parameter(name + ".weight", {out, in}, initial), {}}, in, out, in};
}

std::array<LinearMap, 2> Recorder::split_linear_map(const std::string& name, std::array<int, 2> in,
                                                    int out) {
    const LinearMap whole = linear_map(name, in[0] + in[1], out);
    LinearMap first = whole, second = whole;
    first.in = in[0];
    first.weights.bias = {};
    second.in = in[1];
    second.weights.weight.offset += in[0];
    return {first, second};
}

Tensor Recorder::linear(const std::string& name, Tensor x, int out,
                        kernels::Activation activation) {
    return linear(linear_map(name, tape_->width(x), out), x, activation);
}

Tensor Recorder::linear(const LinearMap& map, Tensor x, kernels::Activation activation,
                        const Addend& addend) {
    return record_linear(*tape_, x, {map.in, map.out, map.row_stride, activation}, map.weights,
                         addend);
}

Tensor Recorder::added(const std::string& name, Tensor x, int out, InitialValues initial,
                       const Addend& addend, kernels::Activation activation) {
    return linear(unbiased_map(name, tape_->width(x), out, initial), x, activation, addend);
}

LinearMap Recorder::composed(const LinearMap& outer, const LinearMap& inner) {
    return {record_composed_linear(*tape_, {inner.in, inner.out, outer.out, outer.row_stride},
                                   outer.weights, inner.weights),
            inner.in, outer.out, inner.in};
}

Tensor Recorder::layer_norm(const std::string& name, Tensor x, bool relu) {
    const int width = tape_->width(x);
    const Weight weight = parameter(name + ".weight", {width}, InitialValues::ones);
    return record_layer_norm(*tape_, x, relu,
                             {weight, parameter(name + ".bias", {width}, InitialValues::zeros)});
}

Tensor Recorder::question_embedding(const std::string& name, int width, InitialValues initial) {
    return record_embedding(*tape_, RowKind::questions, BatchIndex::distinct_question, n_questions_,
                            width, parameter(name + ".weight", {n_questions_, width}, initial));
}

Tensor Recorder::linear_decay(const std::string& name, int width, InitialValues initial) {
    return record_linear_decay(
        *tape_, RowKind::pairs, BatchIndex::pair_question, BatchIndex::pair_response,
        {n_questions_, n_categories_, width},
        linear_map(name, n_categories_ * n_questions_, width, initial).weights);
}

Tensor Recorder::response_embedding(const std::string& name, int width) {
    const Weight decay = parameter(name + ".decay", {n_categories_}, InitialValues::ones);
    return record_response_embedding(*tape_, n_categories_, width, decay,
                                     linear_map(name, n_categories_, width).weights);
}

Tensor Recorder::dropout(Tensor x) {
    return record_dropout(*tape_, x, sizes_.dropout_rate);
}

}  // namespace manygpcm
