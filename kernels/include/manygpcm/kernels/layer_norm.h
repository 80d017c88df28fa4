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

template <class T>
struct LayerNormForward {
    static constexpr const char* name = "layer_norm_forward";
    Rows rows;
    LayerNormShape shape;
    PerReplica<const T> x;           ///< [rows, width]
    PerReplica<const T> gain, bias;  ///< [width]
    PerReplica<T> y;                 ///< [rows, width] written
    PerReplica<T> statistics;        ///< [rows, 2] written: mean and 1 / sqrt(variance + epsilon)
};

template <class T>
struct LayerNormBackward {
    static constexpr const char* name = "layer_norm_backward";
    Rows rows;
    LayerNormShape shape;
    PerReplica<const T> x, gain, y, statistics;
    PerReplica<const T> dy;
    PerReplica<T> dx;
    Write dx_write = Write::replace;
    PerReplica<T> dgain, dbias;  ///< added to
};

}  // namespace manygpcm::kernels
