// Any numbers as ascending ones, row by row: thresholds, or steps behind a slope, that keep their
// order. Of columns from the first ascending one, f, on:
//   s_f = x_f,  s_j = s_{j-1} + softplus(x_j),  y_j = s_j or tanh(s_j)
// Columns before it stay as they are.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct AscendingShape {
    int width = 0;
    int first = 0;         ///< ascending column, below width
    bool bounded = false;  ///< whether tanh keeps them within -1 and 1
};

// All arrays are [rows, width].

template <class T>
struct AscendingForward {
    static constexpr const char* name = "ascending_forward";
    Rows rows;
    AscendingShape shape;
    PerReplica<const T> x;
    PerReplica<T> y;  ///< written
};

template <class T>
struct AscendingBackward {
    static constexpr const char* name = "ascending_backward";
    Rows rows;
    AscendingShape shape;
    PerReplica<const T> x, y, dy;
    PerReplica<T> dx;  ///< overwritten
};

}  // namespace manygpcm::kernels
