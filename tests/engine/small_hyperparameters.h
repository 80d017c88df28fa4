// Sizes that no vector fits evenly, small enough to train in no time.
#pragma once

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

inline Hyperparameters small_hyperparameters(ModelKind model) {
    Hyperparameters h;
    h.model = model;
    h.memory_size = 5;
    h.key_dim = 9;
    h.value_dim = 17;
    h.embed_dim = 8;
    h.n_heads = 2;
    return h;
}

}  // namespace manygpcm
