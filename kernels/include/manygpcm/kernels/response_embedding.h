// y[i, :] = b + softmax(decay)[r_i] W[:, r_i]: the learned-decay embedding of a response. It has
// only K different rows, so they are computed once and gathered.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct ResponseEmbeddingShape {
    int categories = 0;  ///< K
    int out = 0;
};

template <class T>
struct ResponseEmbeddingParameters {
    PerReplica<T> decay;   ///< [K]
    PerReplica<T> weight;  ///< [out, K]
    PerReplica<T> bias;    ///< [out]
};

/// @param response [rows]  Writes y [rows, out].
template <class T>
void response_embedding_forward(Rows rows, const ResponseEmbeddingShape& shape,
                                const ResponseEmbeddingParameters<const T>& parameters,
                                RowIndex response, PerReplica<T> y);

/// Adds to the gradients of all three parameters.
template <class T>
void response_embedding_backward(Rows rows, const ResponseEmbeddingShape& shape,
                                 const ResponseEmbeddingParameters<const T>& parameters,
                                 RowIndex response, PerReplica<const T> dy,
                                 const ResponseEmbeddingParameters<T>& gradient);

}  // namespace manygpcm::kernels
