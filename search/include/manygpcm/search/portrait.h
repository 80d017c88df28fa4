// The winner beside the classical model and the truth: what each says of questions and learners.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/statistics.h"

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

/// What a model has of the truth; r is Pearson's.
struct Recovery {
    std::string model;
    double discrimination = 0, threshold = 0;  ///< r over the questions that were answered
    double ability = 0;                        ///< r over learners, before their last response
    /// Of abilities with mean and deviation of the classical GPCM's, whose scale is the truth's;
    /// NaN in what earlier versions recorded.
    double ability_bias = 0, ability_rmse = 0;
};

struct Portrait {
    std::vector<ItemPortrait> items;        ///< [question]
    std::vector<LearnerPortrait> learners;  ///< the first 50 that were held out, or of all
    bool held_out = false;                  ///< whether they were
    std::vector<Recovery> recovery;         ///< winner, classical; empty without a truth
    /// ExplainedByAbility of the winner on the learners held out, or on all; none in what earlier
    /// versions recorded.
    std::optional<double> explained = {};
};

/// Which part of the variance of log p_j / p_{j-1}, over all steps and neighbouring categories, is
/// explained by ability and item alone, alpha (theta - beta_j): 1 - Var(what they leave) / Var. The
/// rest is the question's own: what a model adds for the question that ability doesn't tell of.
class ExplainedByAbility {
  public:
    void add(const Predictions& predictions);
    double part() const;  ///< NaN where nothing varies

  private:
    Moments all_, left_;
};

/// How a model's parameters lie to another's, over the questions that were answered.
/// Discriminations are per standard deviation of the learners' abilities by either model.
/// Intercepts stand for thresholds: the log odds of neighbouring categories, alpha (theta -
/// beta_j), for the average learner. A threshold of a question with hardly any slope may be
/// anywhere, and a few such would rule the correlation; its intercept is well known.
struct Agreement {
    Likeness discrimination, intercept;
};

/// Of learners' abilities by a model, where they are known.
struct AbilityScale {
    double mean = 0, deviation = 1;
};

/// The winner's to the classical GPCM's.
Agreement agreement_with_classical(const std::vector<ItemPortrait>& items,
                                   const AbilityScale& winner = {},
                                   const AbilityScale& classical = {});

/// One of the models' to the truth, over the items that have one. @param scale in the truth's
/// units: there the average learner has ability 0, and the deviation is 1
Agreement agreement_with_truth(const std::vector<ItemPortrait>& items,
                               ItemParameters ItemPortrait::*parameters,
                               const AbilityScale& scale = {});

/// Who predicted.
enum class PredictedBy { winner, classical };

/// Makes a portrait of what others predict: of the learners held out, or of all.
class Portrayer {
  public:
    /// All of it outlives the portrayer.
    /// @param learners train first, then test
    /// @param n_fitted how many of them the models were fitted to; the others were held out
    /// @throws Interrupted where `stop` is set
    Portrayer(const Model& winner, const ClassicalGpcm& classical, const LearnerSet& learners,
              int n_fitted, const std::vector<std::string>& question_ids,
              const std::optional<Truth>& truth, StopFlag stop = nullptr);

    /// Some learners, in the order of their numbers; by the winner before the classical model.
    /// Those that the portrait isn't of are passed over.
    /// @param which  their numbers
    void add(PredictedBy by, std::span<const int> which, const Predictions& predictions);

    /// When all were added.
    Portrait take();

  private:
    using Abilities = std::vector<std::pair<double, double>>;

    LearnerSet learners_;
    int n_fitted_;
    const std::optional<Truth>& truth_;
    std::string winner_name_;
    Portrait portrait_;
    ExplainedByAbility explained_;
    Abilities of_winner_, of_classical_;  // with the true ones, where these are known
    std::size_t described_ = 0;           // of the portrait's learners, by the classical model
};

}  // namespace manygpcm::search
