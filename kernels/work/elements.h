// What counts of work (work.h) are made of: numbers of elements, as doubles that don't overflow.
#pragma once

#include "manygpcm/kernels/replicas.h"
#include "manygpcm/kernels/work.h"

namespace manygpcm::kernels {

/// Rows of all replicas.
inline double total(Rows rows) {
    double sum = 0;
    for (int r = 0; r < rows.replicas; ++r)
        sum += rows[r];
    return sum;
}

inline double product(double a, double b) {
    return a * b;
}

/// Elements of an array that may be absent.
template <class T>
double present(const PerReplica<T>& array, double elements) {
    return array ? elements : 0;
}

/// An array that a gradient replaces or is added to.
inline Work gradient(Write write, double elements) {
    return write == Write::replace ? Work{.written = elements} : Work{.added_to = elements};
}

}  // namespace manygpcm::kernels
