// y = g a + (1 - g) b, element by element: the refinement's gate.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

/// All arrays [rows, width].
template <class T>
void gate_mix_forward(Rows rows, int width, PerReplica<const T> g, PerReplica<const T> a,
                      PerReplica<const T> b, PerReplica<T> y);

/// Writes dg and da; db by `db_write`.
template <class T>
void gate_mix_backward(Rows rows, int width, PerReplica<const T> g, PerReplica<const T> a,
                       PerReplica<const T> b, PerReplica<const T> dy, PerReplica<T> dg,
                       PerReplica<T> da, PerReplica<T> db, Write db_write);

}  // namespace manygpcm::kernels
