// y = activation(x W^T + b + addend): a linear map with bias, an optional gathered addend and
// activation fused.
//
// The addend is how work is shared: the part of a map that depends only on the question is computed
// once per distinct question and added here to every step by `addend_row`.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

enum class Activation { identity, sigmoid, tanh, relu };

struct LinearShape {
    int in = 0, out = 0;
    int weight_stride =
        0;  ///< elements between rows of W: `in`, or more where W is a slice of columns
    Activation activation = Activation::identity;
};

template <class T>
struct LinearInput {
    PerReplica<const T> x;       ///< [rows, in]
    PerReplica<const T> weight;  ///< [out, in], rows weight_stride apart
    PerReplica<const T> bias;    ///< [out] or null
    PerReplica<const T> addend;  ///< [addend rows, out] or null
    RowIndex addend_row;         ///< [rows]; null: row i adds addend row i
};

template <class T>
struct LinearGradient {
    PerReplica<T> x;  ///< [rows, in] or null
    Write x_write = Write::replace;
    PerReplica<T> weight;  ///< added to
    PerReplica<T> bias;    ///< added to; null where there is none
    PerReplica<T> addend;  ///< [addend rows, out] or null
    Write addend_write = Write::replace;
};

template <class T>
struct LinearForward {
    static constexpr const char* name = "linear_forward";
    Rows rows;
    LinearShape shape;
    LinearInput<T> in;
    PerReplica<T> y;  ///< [rows, out] written
};

template <class T>
struct LinearBackward {
    static constexpr const char* name = "linear_backward";
    Rows rows;
    Rows addend_rows;  ///< read only where there is an addend
    LinearShape shape;
    LinearInput<T> in;
    PerReplica<const T> y;
    PerReplica<T> dy;  ///< [rows, out]; overwritten by the gradient before the activation
    LinearGradient<T> gradient;
};

}  // namespace manygpcm::kernels
