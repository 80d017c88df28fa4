// y[i, :] = table[index[i], :]: embedding rows, gathered.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

/// @param table [any, width]  @param index [rows]  Writes y [rows, width].
template <class T>
void embedding_forward(Rows rows, int width, PerReplica<const T> table, RowIndex index,
                       PerReplica<T> y);

/// Adds dy's rows to dtable's.
template <class T>
void embedding_backward(Rows rows, int width, RowIndex index, PerReplica<const T> dy,
                        PerReplica<T> dtable);

}  // namespace manygpcm::kernels
