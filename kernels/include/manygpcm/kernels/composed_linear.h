// Two linear maps with nothing between them are one:
//
//   outer (inner x + c) + b = (outer inner) x + (outer c + b)
//
// The weights are composed once a batch, so that every step has one product instead of two. The
// attention models have two such places: the memory gates, linear maps of the value vector, which
// is itself one of the refined embedding; and the fusion of the attention's result, which first
// goes through the output projection.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct ComposedLinearShape {
    int in = 0, middle = 0, out = 0;
    int outer_stride =
        0;  ///< elements between rows of the outer weight: `middle`, or more for a slice of columns
};

template <class T>
struct ComposedLinearInput {
    PerReplica<const T> outer_weight, outer_bias;  ///< [out, middle], [out]
    PerReplica<const T> inner_weight, inner_bias;  ///< [middle, in], [middle]
};

template <class T>
struct ComposedLinearGradient {
    PerReplica<T> outer_weight, outer_bias, inner_weight, inner_bias;  ///< all added to
};

template <class T>
struct ComposedLinearForward {
    static constexpr const char* name = "composed_linear_forward";
    int replicas = 0;
    ComposedLinearShape shape;
    ComposedLinearInput<T> in;
    PerReplica<T> weight, bias;  ///< [out, in], [out] written
};

template <class T>
struct ComposedLinearBackward {
    static constexpr const char* name = "composed_linear_backward";
    int replicas = 0;
    ComposedLinearShape shape;
    ComposedLinearInput<T> in;
    PerReplica<const T> dweight, dbias;  ///< [out, in], [out]
    ComposedLinearGradient<T> gradient;
};

}  // namespace manygpcm::kernels
