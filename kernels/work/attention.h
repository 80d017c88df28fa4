// What both attentions share beside vectors.
#pragma once

#include "manygpcm/kernels/attention.h"

namespace manygpcm::kernels {

/// A replica's key; null: no dropout.
inline const DropoutKey* replica_key(const AttentionShape& shape, const DropoutKey* keys,
                                     int replica) {
    return keys && shape.dropout_rate > 0 ? keys + replica : nullptr;
}

/// Pairs of a query and a key that it may see, in all sequences.
inline double visible_pairs(Rows sequences, bool causal, RowIndex offsets) {
    double pairs = 0;
    for (int r = 0; r < sequences.replicas; ++r)
        for (int s = 0; s < sequences[r]; ++s) {
            const double steps = offsets[r][s + 1] - offsets[r][s];
            pairs += causal ? steps * (steps + 1) / 2 : steps * steps;
        }
    return pairs;
}

}  // namespace manygpcm::kernels
