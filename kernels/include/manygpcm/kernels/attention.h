// Multi-head self-attention over packed sequences (Vaswani et al. 2017, eq. 1), causal or
// bidirectional, with dropout on the probabilities. No T x T matrix is stored: one block of queries
// against all its keys at a time; the backward pass recomputes the probabilities from the stored
// log-sum-exp.
#pragma once

#include "manygpcm/kernels/dropout.h"
#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct AttentionShape {
    int width = 0;  ///< E, a multiple of heads
    int heads = 0;
    bool causal = true;
    double dropout_rate = 0;
    std::uint32_t dropout_use = 0;
};

/// Columns of a head (width / heads) that a GPU's kernels take at most; the CPU's take any number.
inline constexpr int widest_gpu_head = 128;

/// Keys decide on dropout: query step t of head h drops key j (within the sequence) where 16 bits
/// of philox({j / 8, t heads + h, use, step}, key) are below n, rate 2^16 rounded down: of word
/// (j % 8) / 2 the lower half for even j, the upper for odd. The others are multiplied by
/// 2^16 / (2^16 - n), so that the mean stays what it is without dropout. A word decides on two keys
/// because drawing it costs more than the key's share of the products.
template <class T>
struct AttentionForward {
    static constexpr const char* name = "attention_forward";
    Rows sequences, steps;
    AttentionShape shape;
    RowIndex offsets;        ///< [sequences + 1] first step of each
    const DropoutKey* keys;  ///< one a replica; null: no dropout
    /// [steps, 3 E]: queries, keys and values side by side, heads side by side in each
    PerReplica<const T> qkv;
    PerReplica<T> y;            ///< [steps, E] written
    PerReplica<T> log_sum_exp;  ///< [steps, heads] written
    KnownEnds known_end = {};   ///< of steps from there on y is 0, and log_sum_exp isn't written
};

template <class T>
struct AttentionBackward {
    static constexpr const char* name = "attention_backward";
    Rows sequences, steps;
    AttentionShape shape;
    RowIndex offsets;
    const DropoutKey* keys;
    PerReplica<const T> qkv, y, log_sum_exp;
    PerReplica<const T> dy;  ///< [steps, E]
    PerReplica<T> dqkv;      ///< [steps, 3 E] written
};

}  // namespace manygpcm::kernels
