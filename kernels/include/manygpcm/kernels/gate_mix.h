// y = g a + (1 - g) b, element by element: the refinement's gate.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

// All arrays are [rows, width].

template <class T>
struct GateMixForward {
    static constexpr const char* name = "gate_mix_forward";
    Rows rows;
    int width = 0;
    PerReplica<const T> g, a, b;
    PerReplica<T> y;  ///< written
};

template <class T>
struct GateMixBackward {
    static constexpr const char* name = "gate_mix_backward";
    Rows rows;
    int width = 0;
    PerReplica<const T> g, a, b;
    PerReplica<const T> dy;
    PerReplica<T> dg, da;  ///< written
    PerReplica<T> db;
    Write db_write = Write::replace;
};

}  // namespace manygpcm::kernels
