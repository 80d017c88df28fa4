// y[i, :] = b + sum_k max(0, 1 - |k - r_i| / (K-1)) W[:, k Q + q_i]: the linear-decay embedding of
// an answer, without its one-hot vector of K Q entries.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct LinearDecayShape {
    int questions = 0, categories = 0;  ///< Q, K
    int out = 0;
};

/// @param weight [out, K Q]  @param bias [out]  @param question, response [rows]  Writes y [rows,
/// out].
template <class T>
void linear_decay_forward(Rows rows, const LinearDecayShape& shape, PerReplica<const T> weight,
                          PerReplica<const T> bias, RowIndex question, RowIndex response,
                          PerReplica<T> y);

/// Adds to dweight and dbias.
template <class T>
void linear_decay_backward(Rows rows, const LinearDecayShape& shape, RowIndex question,
                           RowIndex response, PerReplica<const T> dy, PerReplica<T> dweight,
                           PerReplica<T> dbias);

}  // namespace manygpcm::kernels
