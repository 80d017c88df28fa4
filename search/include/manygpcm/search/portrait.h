// The winner beside the classical model and the truth: what each says of questions and learners.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"

namespace manygpcm::search {

struct ItemParameters {
    double alpha = 0;          ///< discrimination; NaN where nobody answered the question
    std::vector<double> beta;  ///< [K-1] thresholds; NaN where no answer tells of one
};

struct ItemPortrait {
    std::string question;        ///< its id, or its number where ids are numbers
    std::int64_t responses = 0;  ///< that the models were fitted to
    ItemParameters winner;       ///< alpha: mean over the training responses
    ItemParameters classical;
    std::optional<ItemParameters> truth;
};

struct LearnerPortrait {
    std::string learner;
    std::vector<std::int32_t> questions, responses;  ///< [steps]
    std::vector<float> theta, classical_theta;       ///< [steps] ability from the steps before
    std::optional<double> ability;                   ///< the true one
};

/// Pearson's correlations with the truth; the scale of a model's parameters is its own.
struct Recovery {
    std::string model;
    double discrimination = 0, threshold = 0;  ///< over the questions that were answered
    double ability = 0;                        ///< over learners, before their last response
};

struct Portrait {
    std::vector<ItemPortrait> items;        ///< [question]
    std::vector<LearnerPortrait> learners;  ///< the first 50 that were held out, or of all
    bool held_out = false;                  ///< whether they were
    std::vector<Recovery> recovery;         ///< winner, classical; empty without a truth
    /// explained_by_ability() of the winner on the learners held out, or on all; none in what
    /// earlier versions recorded.
    std::optional<double> explained = {};
};

/// Which part of the variance of log p_j / p_{j-1}, over all steps and neighbouring categories, is
/// explained by ability and item alone, alpha (theta - beta_j): 1 - Var(what they leave) / Var. The
/// rest is the question's own: what a model adds for the question that ability doesn't tell of. NaN
/// where nothing varies.
double explained_by_ability(const Predictions& predictions);

/// Pearson's correlations of two models' parameters over the questions that were answered; NaN
/// where they are undefined. Intercepts stand for thresholds: the log odds of neighbouring
/// categories, alpha (theta - beta_j), at one ability. A threshold of a question with hardly any
/// slope may be anywhere, and a few such would rule the correlation; its intercept is well known.
struct Agreement {
    double discrimination = 0, intercept = 0;
};

/// @param winner_at, classical_at the ability by either model at which intercepts are taken: that
/// of the average learner, where it is known
Agreement agreement_with_classical(const std::vector<ItemPortrait>& items, double winner_at = 0,
                                   double classical_at = 0);

/// The same of one of the models with the truth, whose average learner has ability 0, over the
/// items that have one.
Agreement agreement_with_truth(const std::vector<ItemPortrait>& items,
                               ItemParameters ItemPortrait::*parameters, double at = 0);

/// @param learners train first, then test
/// @param n_fitted how many of them the models were fitted to; the others were held out
/// @throws Interrupted where `stop` is set
Portrait portray(const Model& winner, const ClassicalGpcm& classical, const LearnerSet& learners,
                 int n_fitted, const std::vector<std::string>& question_ids,
                 const std::optional<Truth>& truth, StopFlag stop = nullptr);

}  // namespace manygpcm::search
