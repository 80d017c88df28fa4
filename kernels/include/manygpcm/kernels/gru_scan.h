// The recurrence of a gated recurrent unit (Cho et al. 2014, as PyTorch and cuDNN have it), read
// before write at each step t. With i the input's part, which is indexed because it depends on
// question and response alone, and W, b the hidden part's weights:
//   r = sigmoid(i_r + W_r h_t + b_r),  z = sigmoid(i_z + W_z h_t + b_z)
//   n = tanh(i_n + r (W_n h_t + b_n))
//   h_{t+1} = (1 - z) n + z h_t,  with h = 0 before the first step of a sequence
// Nobody sees the state after the last step of a sequence, so it isn't computed.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct GruShape {
    int width = 0;  ///< H, of the state
};

template <class T>
struct GruScanInput {
    RowIndex offsets;            ///< [sequences + 1] first step of each
    PerReplica<const T> input;   ///< [input rows, 3 H]: i_r, i_z, i_n
    RowIndex input_row;          ///< [steps]; null: step i has row i
    PerReplica<const T> weight;  ///< [3 H, H]: W_r, W_z, W_n
    PerReplica<const T> bias;    ///< [3 H]
    KnownEnds known_end = {};    ///< steps from there on leave the state as it is
};

template <class T>
struct GruScanForward {
    static constexpr const char* name = "gru_scan_forward";
    Rows sequences, steps;
    GruShape shape;
    GruScanInput<T> in;
    PerReplica<T> state;      ///< [steps, H] written: h_t, before the step's response
    PerReplica<T> gates;      ///< [steps, 3 H] written: r, z, W_n h_t + b_n; null: no backward
    PerReplica<T> candidate;  ///< [steps, H] written: n; null as gates is
};

template <class T>
struct GruScanBackward {
    static constexpr const char* name = "gru_scan_backward";
    Rows sequences, steps;
    Rows input_rows;
    GruShape shape;
    GruScanInput<T> in;
    PerReplica<const T> state;
    PerReplica<T> gates, candidate;  ///< overwritten by the gradients before the activations
    PerReplica<const T> dstate;      ///< [steps, H]
    PerReplica<T> dinput;            ///< overwritten
    PerReplica<T> dweight, dbias;    ///< added to
};

}  // namespace manygpcm::kernels
