// y = gain (x - mean) / sqrt(variance + 1e-5) + bias over each row (Ba, Kiros, Hinton 2016), with
// an optional relu fused.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

constexpr double layer_norm_epsilon = 1e-5;

struct LayerNormShape {
    int width = 0;
    bool relu = false;
};

/// @param x [rows, width]  @param gain, bias [width]
/// Writes y [rows, width] and statistics [rows, 2]: mean and 1 / sqrt(variance + epsilon).
template <class T>
void layer_norm_forward(Rows rows, const LayerNormShape& shape, PerReplica<const T> x,
                        PerReplica<const T> gain, PerReplica<const T> bias, PerReplica<T> y,
                        PerReplica<T> statistics);

/// Writes dx; adds to dgain and dbias.
template <class T>
void layer_norm_backward(Rows rows, const LayerNormShape& shape, PerReplica<const T> x,
                         PerReplica<const T> gain, PerReplica<const T> y,
                         PerReplica<const T> statistics, PerReplica<const T> dy, PerReplica<T> dx,
                         Write dx_write, PerReplica<T> dgain, PerReplica<T> dbias);

}  // namespace manygpcm::kernels
