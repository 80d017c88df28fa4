// The models that are timed: the smallest and the largest of the published search's space, and its
// best trial, at which training and the comparison with PyTorch run.
#pragma once

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm::measure {

inline Hyperparameters published_best(ModelKind model) {
    Hyperparameters h;
    h.model = model;
    h.memory_size = 50;
    h.key_dim = 128;
    h.value_dim = 256;
    h.final_fc_dim = 50;
    h.embed_dim = 32;
    h.n_heads = 4;
    h.n_cycles = 2;
    h.batch_size = 32;
    h.dropout_rate = 0.2;
    h.lr = 0.005895;
    h.weight_decay = 0.000307;
    h.grad_clip = 5;
    h.label_smoothing = 0.2;
    h.ce_weight_logit = 1.679634;
    h.focal_weight_logit = -0.697832;
    return h;
}

/// The published best but for the sizes; the batch stays its own, so that sizes alone differ.
inline Hyperparameters smallest(ModelKind model) {
    Hyperparameters h = published_best(model);
    h.memory_size = 20;
    h.key_dim = 32;
    h.value_dim = 128;
    h.final_fc_dim = 50;
    h.embed_dim = 32;
    h.n_heads = 2;
    h.n_cycles = 1;
    return h;
}

inline Hyperparameters largest(ModelKind model) {
    Hyperparameters h = published_best(model);
    h.memory_size = 100;
    h.key_dim = 128;
    h.value_dim = 512;
    h.final_fc_dim = 100;
    h.embed_dim = 128;
    h.n_heads = 8;
    h.n_cycles = 3;
    return h;
}

}  // namespace manygpcm::measure
