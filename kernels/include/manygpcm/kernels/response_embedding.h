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

template <class T>
struct ResponseEmbeddingForward {
    static constexpr const char* name = "response_embedding_forward";
    int replicas = 0;
    ResponseEmbeddingShape shape;
    ResponseEmbeddingParameters<const T> in;
    PerReplica<T> y;  ///< [K, out] written
};

template <class T>
struct ResponseEmbeddingBackward {
    static constexpr const char* name = "response_embedding_backward";
    int replicas = 0;
    ResponseEmbeddingShape shape;
    ResponseEmbeddingParameters<const T> in;
    PerReplica<const T> dy;
    ResponseEmbeddingParameters<T> gradient;  ///< added to
};

}  // namespace manygpcm::kernels
