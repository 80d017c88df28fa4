// What a learner's responses say of ability under a classical generalized partial credit model: the
// posterior on a grid of points, before and after each response (Bock, Mislevy 1982: expected a
// posteriori). Ability is standard normal; step j of question q has z_j = slope_q theta - step_qj.
// Nothing is trained: items are given, and there is no gradient.
#pragma once

#include "manygpcm/kernels/item_threshold.h"
#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

/// Points of ability, evenly spaced around 0. A GPU's warp holds two a lane.
constexpr int n_ability_points = 64;
constexpr double ability_spacing = 0.15;

/// The ability of point i, of n_ability_points, ascending.
constexpr double ability_point(int i) {
    return ability_spacing * (i - (n_ability_points - 1) / 2.0);
}

template <class T>
struct AbilityPosteriorInput {
    RowIndex offsets;           ///< [sequences + 1] first step of each
    RowIndex question;          ///< [questions] id of each distinct question
    RowIndex question_row;      ///< [steps] row of `question`
    RowIndex response;          ///< [steps] category
    PerReplica<const T> slope;  ///< [question ids]
    PerReplica<const T> step;   ///< [question ids, K-1]
    KnownEnds known_end = {};   ///< of steps from there on `after` is as before
};

template <class T>
struct AbilityPosteriorOutput {
    PerReplica<T> mean, deviation;  ///< [steps] of ability before the step's response
    PerReplica<T> after;            ///< [steps, 2] mean and deviation with the step's response
    PerReplica<T> logits;  ///< [steps, K] log-probabilities of the response, over all points; may
                           ///< be null
    /// [steps, K-1] by how much each step of `logits` is above slope mean - step, what the
    /// posterior's mean alone would predict; null, or beside logits.
    PerReplica<T> spread;
    PerReplica<T> slope;      ///< [steps] of the step's question; may be null
    PerReplica<T> threshold;  ///< [questions, K-1] item_threshold(); may be null
};

template <class T>
struct AbilityPosterior {
    static constexpr const char* name = "ability_posterior";
    Rows sequences, steps, questions;
    int categories = 0;
    AbilityPosteriorInput<T> in;
    AbilityPosteriorOutput<T> out;  ///< written
};

}  // namespace manygpcm::kernels
