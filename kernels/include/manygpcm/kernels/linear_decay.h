// y[i, :] = b + sum_k max(0, 1 - |k - r_i| / (K-1)) W[:, k Q + q_i]: the linear-decay embedding of
// an answer, without its one-hot vector of K Q entries.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct LinearDecayShape {
    int questions = 0, categories = 0;  ///< Q, K
    int out = 0;
};

template <class T>
struct LinearDecayForward {
    static constexpr const char* name = "linear_decay_forward";
    Rows rows;
    LinearDecayShape shape;
    PerReplica<const T> weight;   ///< [out, K Q]
    PerReplica<const T> bias;     ///< [out]
    RowIndex question, response;  ///< [rows]
    PerReplica<T> y;              ///< [rows, out] written
};

template <class T>
struct LinearDecayBackward {
    static constexpr const char* name = "linear_decay_backward";
    Rows rows;
    LinearDecayShape shape;
    RowIndex question, response;
    PerReplica<const T> dy;
    PerReplica<T> dweight, dbias;  ///< added to
};

}  // namespace manygpcm::kernels
