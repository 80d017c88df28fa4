// y[i, :] = table[index[i], :]: embedding rows, gathered.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

template <class T>
struct EmbeddingForward {
    static constexpr const char* name = "embedding_forward";
    Rows rows;
    int width = 0;
    PerReplica<const T> table;  ///< [any, width]
    RowIndex index;             ///< [rows]
    PerReplica<T> y;            ///< [rows, width] written
};

/// Adds dy's rows to dtable's.
template <class T>
struct EmbeddingBackward {
    static constexpr const char* name = "embedding_backward";
    Rows rows;
    int table_rows = 0;  ///< above every number of `index`
    int width = 0;
    RowIndex index;
    PerReplica<const T> dy;
    PerReplica<T> dtable;  ///< added to
};

}  // namespace manygpcm::kernels
