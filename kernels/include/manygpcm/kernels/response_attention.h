// The attention of attention.h where a step's query, key and value depend on its response alone, so
// that there is one of each a category. A step sees a key as often as there are steps with that
// response: instead of a product a step and key, its keys are counted by their responses, and what
// dropout keeps of them with the same words as there.
#pragma once

#include "manygpcm/kernels/attention.h"

namespace manygpcm::kernels {

template <class T>
struct ResponseAttentionForward {
    static constexpr const char* name = "response_attention_forward";
    Rows sequences, steps;
    int categories = 0;
    AttentionShape shape;
    RowIndex offsets;         ///< [sequences + 1] first step of each
    RowIndex response;        ///< [steps] category
    const DropoutKey* keys;   ///< one a replica; null: no dropout
    PerReplica<const T> qkv;  ///< [categories, 3 E], as attention's rows
    PerReplica<T> kept;  ///< steps x heads x categories, as the device likes; null: no backward
    PerReplica<T> y;     ///< [steps, E] written
    KnownEnds known_end = {};  ///< of steps from there on y is 0, and kept isn't written
};

template <class T>
struct ResponseAttentionBackward {
    static constexpr const char* name = "response_attention_backward";
    Rows sequences, steps;
    int categories = 0;
    AttentionShape shape;
    RowIndex offsets, response;
    PerReplica<const T> qkv, kept;
    PerReplica<const T> dy;  ///< [steps, E]
    PerReplica<T> dqkv;      ///< [categories, 3 E] written
};

}  // namespace manygpcm::kernels
