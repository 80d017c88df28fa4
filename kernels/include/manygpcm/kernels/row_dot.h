// y_i = x_i . table[row_i]: a read-out of a state with weights of the step's question.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

template <class T>
struct RowDotForward {
    static constexpr const char* name = "row_dot_forward";
    Rows rows;
    int width = 0;
    PerReplica<const T> x;      ///< [rows, width]
    PerReplica<const T> table;  ///< [table rows, width]
    RowIndex row;               ///< [rows]
    PerReplica<T> y;            ///< [rows] written
};

template <class T>
struct RowDotBackward {
    static constexpr const char* name = "row_dot_backward";
    Rows rows, table_rows;
    int width = 0;
    PerReplica<const T> x, table;
    RowIndex row;
    PerReplica<const T> dy;
    PerReplica<T> dx;
    Write dx_write = Write::replace;
    PerReplica<T> dtable;  ///< overwritten
};

}  // namespace manygpcm::kernels
