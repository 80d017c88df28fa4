// Matrix products over row-major arrays.
//
// An element of a product is one chain of fused multiply-adds over k in order (in segments of fixed
// length), whatever the other sizes and wherever it stands. So a row's bits don't depend on how
// many rows there are, which is what cohorts, parts of a batch and causality rely on, on every
// instruction set. Libraries choose their kernels by all three sizes and promise no such thing.
#pragma once

#include "cpu/scratch.h"
#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

enum class Transpose { no, yes };

/// c = op(a) op(b), or c += that, with op(a) [m, k], op(b) [k, n], c [m, n]; lda, ldb, ldc are
/// elements between stored rows. On the calling thread.
template <class T>
void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const T* a, int lda,
          const T* b, int ldb, Write write, T* c, int ldc);

/// op(b) [k, n] as products read it, for when several have the same second factor.
template <class T>
struct PackedFactor {
    int n, k;
    const T* data;  ///< a frame's
};

/// @param frame keeps what is packed
template <class T>
PackedFactor<T> pack(ScratchFrame& frame, Transpose transpose_b, int n, int k, const T* b, int ldb);

/// The same product, to the last bit, as of the factor that was packed.
template <class T>
void gemm(Transpose transpose_a, int m, const T* a, int lda, const PackedFactor<T>& b, Write write,
          T* c, int ldc);

}  // namespace manygpcm::kernels
