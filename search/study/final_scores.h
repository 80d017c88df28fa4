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
#include "manygpcm/engine/work.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

class ScoredParts;

class FinalScores {
  public:
    /// @param study  that is filled; must, like the others, outlive it
    /// @param learners train and test: numbers below Study::n_learners were cross-validated
    /// @param observer  hears how long the scores will take; may be empty
    FinalScores(Study& study, const Dataset& dataset, const LearnerSet& learners,
                const std::vector<Fold>& folds, StopFlag stop = nullptr,
                std::function<void(const WorkState&)> observer = {});

    /// Fills the study's winner, baselines, ceilings, portrait and psychometrics, and of learners
    /// held out the parts by skill and position; with fold models what score_fold_models() fills.
    /// @param winner refitted on all that were cross-validated
    /// @throws Interrupted where `stop` is set; the others do so, too
    void score(const std::optional<Model>& winner, std::span<const Model> of_folds = {});

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
        std::function<Predict(Split, const WorkObserver&)> fit;
        double fit_seconds = 0, predict_seconds = 0;  ///< usual ones, a response
    };
    struct PredictedPart;
    using PartVisitor = std::function<void(const PredictedPart&)>;

    Split all() const { return folds_.size(); }
    const std::vector<int>& train_of(Split split) const;
    /// Fitted once.
    const ClassicalGpcm& classical_of(Split split, const WorkObserver& observer = {});
    Predict by_classical(Split split, const WorkObserver& observer = {});
    Predict by_model(const Model& model) const;
    std::vector<NamedPredictor> baselines();
    NamedPredictor ceiling(const Truth& truth) const;

    void for_parts(std::span<const int> which, const Predict& predict, const WorkObserver& observer,
                   const PartVisitor& visit) const;
    // What is planned refers to all that it is given, but for a predictor, which is copied.
    /// Plans to score it fold by fold and to hand that over.
    void plan_cross_validation(Agenda& agenda, const NamedPredictor& predictor,
                               const std::function<void(ScoredPredictor)>& take) const;
    void plan_held_out(Agenda& agenda, const NamedPredictor& predictor, const PartVisitor& visit,
                       const std::function<void(ScoredPredictor)>& take) const;
    void plan_winner(Agenda& agenda, const Model& winner, ScoredParts& parts);
    void plan_classical_of(Agenda& agenda, Split split);
    /// Plans portrait and psychometrics.
    void plan_description(Agenda& agenda, const Model& winner);
    /// Plans to add how a model and the classical one of the split predict learners.
    void plan_parts(Agenda& agenda, const Model& winner, Split split, const std::vector<int>& which,
                    ScoredParts& parts);
    void plan_fold_models(Agenda& agenda, std::span<const Model> models, const Model& winner);
    /// Whether learners held out are as many as intervals take.
    bool enough_to_draw() const;
    /// Of learners held out. @param cut_points  whose kappa is asked for; empty: none's is
    /// @param drawn  becomes the draws' metrics, where there are enough
    ScoredPredictor score_held_out(std::string name, const Predict& predict,
                                   std::span<const double> cut_points,
                                   std::optional<ResampledMetrics>& drawn,
                                   const WorkObserver& observer, const PartVisitor& visit) const;
    /// With what the winner has more, where it was scored.
    ScoredPredictor score_beside(std::string name, const Predict& predict,
                                 const WorkObserver& observer, const PartVisitor& visit) const;
    /// Usual seconds of either, but for fitting.
    double held_out_seconds(double predict_seconds) const;
    /// Usual seconds of the winner's prediction, a response.
    double winner_seconds(const Model& winner) const;

    Study& study_;
    const Dataset& dataset_;
    const LearnerSet learners_;
    const std::vector<Fold>& folds_;
    StopFlag stop_;
    std::function<void(const WorkState&)> observer_;
    std::vector<int> cross_validated_, held_out_;
    std::vector<std::optional<ClassicalGpcm>> classical_;  // [Split]
    std::optional<ResampledMetrics> winner_;               // of learners held out
};

/// Whether FinalScores::portray() has something to add to what an earlier version scored.
bool lacks_portrait(const Study& study);

/// Whether FinalScores::score_fold_models() has something to add.
bool lacks_fold_models(const Study& study);

}  // namespace manygpcm::search
