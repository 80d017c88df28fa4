// The item-response head and its loss: ability and discrimination from the summary vector, the
// generalized partial credit model (Muraki 1992, eq. 4) on top, and the ordinal loss with its
// gradient all the way back to the summary vector in one pass.
//
//   theta   = scale (w . h + b), or of a state of its own in the place of h
//   alpha   = softplus(d . h + x_part)
//   logit_k = sum_{j<k} alpha (theta - beta_j)
//   loss    = w_ce CE(smoothed) + w_focal mean (1-p)^2 nll - w_qwk softQWK
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct GpcmHeadShape {
    int features = 0;    ///< width of the summary vector
    int categories = 0;  ///< K
};

template <class T>
struct GpcmHeadInput {
    PerReplica<const T> h;                                            ///< [steps, features]
    PerReplica<const T> ability_weight, ability_bias, ability_scale;  ///< [features], [1], [1]
    PerReplica<const T> discrimination_weight;  ///< [features]: the part for h
    PerReplica<const T> discrimination_x;  ///< [questions]: the part of the question, bias included
    PerReplica<const T> threshold;         ///< [questions, K-1]
    RowIndex question_row;                 ///< [steps] row of the two above
    PerReplica<const T> state = {};        ///< [steps, features] in h's place for ability; or null
};

template <class T>
struct GpcmHeadOutput {
    PerReplica<T> theta, alpha;  ///< [steps]
    PerReplica<T> logits;        ///< [steps, K]
};

template <class T>
struct GpcmHeadGradient {
    PerReplica<T> h;  ///< overwritten
    PerReplica<T> ability_weight, ability_bias, ability_scale, discrimination_weight;  ///< added to
    PerReplica<T> discrimination_x, threshold;  ///< overwritten
    PerReplica<T> state = {};                   ///< overwritten; null where there is none
};

/// Weights of the loss (they sum to 1) and the label smoothing of its cross-entropy.
struct OrdinalLoss {
    double ce = 1, focal = 0, qwk = 0;
    double label_smoothing = 0;
};

/// softmax(ce_logit, focal_logit, 0).
OrdinalLoss ordinal_loss(double ce_weight_logit, double focal_weight_logit, double label_smoothing);

/// Sums over steps from which the loss follows: number of steps, cross-entropy, focal, soft
/// confusion [K, K].
inline std::size_t ordinal_statistics_size(int categories) {
    return 3 + static_cast<std::size_t>(categories) * static_cast<std::size_t>(categories);
}

struct OrdinalLossValue {
    double total = 0, ce = 0, focal = 0, soft_qwk = 0;
};

/// The loss of one replica from its statistics.
OrdinalLossValue ordinal_loss_value(int categories, const OrdinalLoss& loss,
                                    const double* statistics);

template <class T>
struct GpcmHeadForward {
    static constexpr const char* name = "gpcm_head_forward";
    Rows steps;
    GpcmHeadShape shape;
    GpcmHeadInput<T> in;
    GpcmHeadOutput<T> out;  ///< written
};

template <class T>
struct OrdinalStatistics {
    static constexpr const char* name = "ordinal_statistics";
    Rows steps;
    int categories = 0;
    const OrdinalLoss* losses;      ///< one a replica
    PerReplica<const T> logits;     ///< [steps, K]
    RowIndex responses;             ///< [steps]
    PerReplica<double> statistics;  ///< [ordinal_statistics_size(K)] written
};

/// Gradient of the loss with respect to everything below it.
template <class T>
struct GpcmHeadBackward {
    static constexpr const char* name = "gpcm_head_backward";
    Rows steps;
    Rows questions;  ///< rows of discrimination_x and threshold
    GpcmHeadShape shape;
    const OrdinalLoss* losses;
    PerReplica<const double> statistics;
    GpcmHeadInput<T> in;
    GpcmHeadOutput<const T> out;
    RowIndex responses;
    GpcmHeadGradient<T> gradient;
};

}  // namespace manygpcm::kernels
