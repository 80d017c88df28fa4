// Records operations of kernels/ on a tape: one function an operation, which returns the tensor
// that it makes.
#pragma once

#include <cstddef>

#include "manygpcm/kernels/backend.h"
#include "model/tape.h"

namespace manygpcm {

/// A weight: a place in the flat parameter vector, or a tensor computed from parameters.
struct Weight {
    std::ptrdiff_t offset = -1;
    Tensor computed;
};

/// A linear map. `bias` may be absent: offset -1, no tensor.
struct LinearWeights {
    Weight weight, bias;
};

/// A tensor whose rows are added to the steps by an index.
struct Addend {
    Tensor tensor;
    BatchIndex row = BatchIndex::none;
};

Tensor record_embedding(Tape& tape, RowKind rows, BatchIndex index, int table_rows, int width,
                        Weight table);
Tensor record_linear(Tape& tape, Tensor x, const kernels::LinearShape& shape,
                     const LinearWeights& weights, const Addend& addend = {});
/// One linear map out of two, outer(inner(x)).
LinearWeights record_composed_linear(Tape& tape, const kernels::ComposedLinearShape& shape,
                                     const LinearWeights& outer, const LinearWeights& inner);
/// Rows of x, one a step, by `row`.
Tensor record_gather(Tape& tape, Tensor x, BatchIndex row);
Tensor record_linear_decay(Tape& tape, RowKind rows, BatchIndex question, BatchIndex response,
                           const kernels::LinearDecayShape& shape, const LinearWeights& weights);
/// One row a category.
Tensor record_response_embedding(Tape& tape, int n_categories, int width, Weight decay,
                                 const LinearWeights& weights);
Tensor record_dropout(Tape& tape, Tensor x, double rate);
/// @param qkv [steps, 3 width]
Tensor record_attention(Tape& tape, Tensor qkv, kernels::AttentionShape shape);
/// The same of every step's response. @param qkv [categories, 3 width]
Tensor record_response_attention(Tape& tape, Tensor qkv, kernels::AttentionShape shape);
Tensor record_layer_norm(Tape& tape, Tensor x, bool relu, const LinearWeights& weights);
Tensor record_gate_mix(Tape& tape, Tensor gate, Tensor a, Tensor b);
Tensor record_address_softmax(Tape& tape, Tensor query, int slots, Weight key);
/// @param address [questions, slots]  @param value_row how erase and add are indexed by step
Tensor record_memory_scan(Tape& tape, Tensor address, Tensor erase, Tensor add,
                          BatchIndex value_row, Weight initial_value);

/// Ascending from column `first` on, which stays as it is; with `bounded` within -1 and 1.
Tensor record_ascending(Tape& tape, Tensor x, int first, bool bounded = false);

struct HeadWeights {
    Weight ability_weight, ability_bias, ability_scale, discrimination_weight;
};

struct HeadTensors {
    Tensor theta, alpha, logits;
};

/// The head; its backward() starts the gradient from Pass::losses and Pass::statistics.
/// @param state [steps, as h] what ability is read from; absent: h
HeadTensors record_gpcm_head(Tape& tape, Tensor h, Tensor discrimination_x, Tensor threshold,
                             int n_categories, const HeadWeights& weights, Tensor state = {});

}  // namespace manygpcm
