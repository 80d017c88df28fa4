// What is scored once the search is over: the winner on the learners held out, and everything that
// it is compared with. Learners are predicted some at a time, so that what is said of them isn't
// held.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/bootstrap.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

class ScoredParts;

class FinalScores {
  public:
    /// @param study  that is filled; must, like the others, outlive it
    /// @param learners train and test: numbers below Study::n_learners were cross-validated
    FinalScores(Study& study, const Dataset& dataset, const LearnerSet& learners,
                const std::vector<Fold>& folds, StopFlag stop = nullptr);

    /// Fills the study's winner, baselines, ceilings, portrait and psychometrics, and of learners
    /// held out the parts by skill and position.
    /// @param winner refitted on all that were cross-validated
    /// @throws Interrupted where `stop` is set; the others do so, too
    void score(const std::optional<Model>& winner);

    /// Fills what is said of questions and learners alone: portrait and psychometrics, and of
    /// learners held out the parts by skill and position.
    /// @param winner refitted
    void portray(const Model& winner);

    /// Fills the study's average over folds, beside the winner on the same learners; where no
    /// learner is held out, the parts by skill and position, each fold's model on those left out of
    /// it.
    /// @param models the winner's, by fold  @param winner refitted
    void score_fold_models(std::span<const Model> models, const Model& winner);

  private:
    /// A fold's number, whose training learners something is fitted to; or the count of folds, for
    /// all that were cross-validated.
    using Split = std::size_t;
    /// Says the probabilities of some learners' responses, [n x K].
    using Predict = std::function<std::vector<float>(std::span<const int> which)>;
    struct NamedPredictor {
        std::string name;
        std::function<Predict(Split)> fit;
    };
    struct PredictedPart;
    using PartVisitor = std::function<void(const PredictedPart&)>;

    Split all() const { return folds_.size(); }
    const std::vector<int>& train_of(Split split) const;
    /// Fitted once.
    const ClassicalGpcm& classical_of(Split split);
    Predict by_classical(Split split);
    Predict by_model(const Model& model) const;
    std::vector<NamedPredictor> baselines();
    NamedPredictor ceiling(const Truth& truth) const;

    void for_parts(std::span<const int> which, const Predict& predict,
                   const PartVisitor& visit) const;
    ScoredPredictor cross_validate(const NamedPredictor& predictor) const;
    /// Whether learners held out are as many as intervals take.
    bool enough_to_draw() const;
    /// Of learners held out. @param cut_points  whose kappa is asked for; empty: none's is
    /// @param drawn  becomes the draws' metrics, where there are enough
    ScoredPredictor score_held_out(std::string name, const Predict& predict,
                                   std::span<const double> cut_points,
                                   std::optional<ResampledMetrics>& drawn,
                                   const PartVisitor& visit) const;
    /// With what the winner has more, where it was scored.
    ScoredPredictor score_beside(std::string name, const Predict& predict,
                                 const PartVisitor& visit) const;

    /// Fills portrait and psychometrics.
    void describe(const Model& winner);
    /// Adds how the winner and the classical model of the split predict the learners.
    void add_parts(const Model& winner, Split split, std::span<const int> which,
                   ScoredParts& parts);

    Study& study_;
    const Dataset& dataset_;
    const LearnerSet learners_;
    const std::vector<Fold>& folds_;
    StopFlag stop_;
    std::vector<int> cross_validated_, held_out_;
    std::vector<std::optional<ClassicalGpcm>> classical_;  // [Split]
    std::optional<ResampledMetrics> winner_;               // of learners held out
};

/// Whether FinalScores::portray() has something to add to what an earlier version scored.
bool lacks_portrait(const Study& study);

/// Whether FinalScores::score_fold_models() has something to add.
bool lacks_fold_models(const Study& study);

}  // namespace manygpcm::search
