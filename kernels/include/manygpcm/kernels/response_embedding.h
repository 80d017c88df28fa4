// y[k, :] = b + softmax(decay)[k] W[:, k]: the learned-decay embedding of response k. The table of
// all K is as much as a batch ever needs; steps are gathered from it (embedding.h).
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

/// Writes y [K, out].
template <class T>
void response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                const ResponseEmbeddingParameters<const T>& parameters,
                                PerReplica<T> y);

/// Adds to the gradients of all three parameters.
template <class T>
void response_embedding_backward(int replicas, const ResponseEmbeddingShape& shape,
                                 const ResponseEmbeddingParameters<const T>& parameters,
                                 PerReplica<const T> dy,
                                 const ResponseEmbeddingParameters<T>& gradient);

}  // namespace manygpcm::kernels
