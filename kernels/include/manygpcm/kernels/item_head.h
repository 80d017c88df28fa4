// The generalized partial credit model in slope-intercept form on a given ability, with what else
// bears on a step, and the ordinal loss of gpcm_head.h:
//
//   z_j     = slope_q theta - step_qj + common + extra_j
//   logit_k = sum_{j<=k} z_j
#pragma once

#include "manygpcm/kernels/gpcm_head.h"
#include "manygpcm/kernels/item_threshold.h"

namespace manygpcm::kernels {

template <class T>
struct ItemHeadInput {
    PerReplica<const T> theta;   ///< [steps]
    PerReplica<const T> item;    ///< [questions, K]: slope, then K-1 steps
    RowIndex question_row;       ///< [steps] row of the above
    PerReplica<const T> common;  ///< [steps] or null
    PerReplica<const T> extra;   ///< [steps, K-1] or null
};

template <class T>
struct ItemHeadOutput {
    PerReplica<T> alpha;      ///< [steps] the slope of the step's question
    PerReplica<T> threshold;  ///< [questions, K-1] item_threshold()
    PerReplica<T> logits;     ///< [steps, K]
};

template <class T>
struct ItemHeadGradient {
    PerReplica<T> theta;   ///< overwritten, or null
    PerReplica<T> item;    ///< overwritten
    PerReplica<T> common;  ///< overwritten; null where there is none
    PerReplica<T> extra;   ///< overwritten; null where there is none
};

template <class T>
struct ItemHeadForward {
    static constexpr const char* name = "item_head_forward";
    Rows steps, questions;
    int categories = 0;
    ItemHeadInput<T> in;
    ItemHeadOutput<T> out;  ///< written
};

/// Gradient of the loss with respect to everything below it.
template <class T>
struct ItemHeadBackward {
    static constexpr const char* name = "item_head_backward";
    Rows steps, questions;
    int categories = 0;
    const OrdinalLoss* losses;
    PerReplica<const double> statistics;
    ItemHeadInput<T> in;
    PerReplica<const T> logits;  ///< [steps, K] of the forward pass
    RowIndex responses;
    ItemHeadGradient<T> gradient;
};

}  // namespace manygpcm::kernels
