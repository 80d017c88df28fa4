// The recurrence of the key-value memory (Zhang et al. 2017, eqs. 2 to 5), read before write at
// each step t:
//   read_t = sum_i w_t[i] M_t[i, :]
//   M_{t+1}[i, :] = M_t[i, :] (1 - w_t[i] e_t) + w_t[i] a_t
// A tile of value columns stays in L1 through all steps. M_t is stored only every `segment` steps;
// the backward pass replays one segment at a time from there.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct MemoryScanShape {
    int slots = 0, value_dim = 0;
    int segment = 24;  ///< steps between checkpoints; docs/performance.md says how it was chosen
};

template <class T>
struct MemoryScanInput {
    RowIndex offsets;                   ///< [sequences + 1] first step of each
    PerReplica<const T> address;        ///< [address rows, slots]
    RowIndex address_row;               ///< [steps]
    PerReplica<const T> erase, add;     ///< [value rows, value_dim]
    RowIndex value_row;                 ///< [steps]; null: step t uses row t
    PerReplica<const T> initial_value;  ///< [slots, value_dim]
    KnownEnds known_end = {};           ///< steps from there on only read
};

template <class T>
struct MemoryScanGradient {
    PerReplica<T> address;        ///< overwritten
    PerReplica<T> erase, add;     ///< overwritten
    PerReplica<T> initial_value;  ///< added to
};

/// Elements that the checkpoints of one replica need.
inline std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                               int sequences) {
    return (std::size_t(steps) / shape.segment + sequences) * shape.slots * shape.value_dim;
}

template <class T>
struct MemoryScanForward {
    static constexpr const char* name = "memory_scan_forward";
    Rows sequences, steps;
    MemoryScanShape shape;
    MemoryScanInput<T> in;
    PerReplica<T> read;         ///< [steps, value_dim] written
    PerReplica<T> checkpoints;  ///< written; null: no backward pass will follow
};

template <class T>
struct MemoryScanBackward {
    static constexpr const char* name = "memory_scan_backward";
    Rows sequences, steps;
    Rows address_rows, value_rows;  ///< how many rows address and erase/add have
    MemoryScanShape shape;
    MemoryScanInput<T> in;
    PerReplica<const T> checkpoints;
    PerReplica<const T> dread;  ///< [steps, value_dim]
    MemoryScanGradient<T> gradient;
};

}  // namespace manygpcm::kernels
