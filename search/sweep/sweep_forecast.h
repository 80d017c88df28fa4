// What is left of a sweep, from what its trials have taken so far. It has no clock of its own.
// Costs are what training_cost.h counts: how many seconds one takes is found out as trials are
// trained.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace manygpcm::search {

struct ForecastSettings {
    std::vector<int> rungs;  ///< epochs at which trials are compared, ascending
    int folds = 1, trials = 1, threads = 1;
    int patience = 0;       ///< trials without a gain that end the search; 0: none do
    double usual_cost = 1;  ///< of an epoch of a fold, on average over what may be tried
    /// Whether scores choose what is tried: its cost is then another than usual.
    bool chosen_by_scores = true;
    double refit_cost = 1;              ///< of an epoch on all learners, by that of a fold's
    std::int64_t scored_responses = 0;  ///< in the end, by the winner and beside it
};

class SweepForecast {
  public:
    explicit SweepForecast(ForecastSettings settings);

    /// A fold of a trial has had so many epochs, each at this cost; those that weren't told of yet
    /// took so many seconds of its thread. Trials have numbers of the caller's, small ones.
    void trained(int trial, int fold, int epochs, double cost, double seconds);
    /// All so far was trained by earlier runs, whose speed counts until this one has trained.
    void begin_run();
    /// The trial has come to something at the rung that ends with so many epochs.
    void judged(int trial, int epochs);
    /// So many trials have begun, and so many have come to something since the best so far.
    void begun(int trials, int without_gain) {
        begun_ = trials;
        without_gain_ = without_gain;
    }

    struct Left {
        double epochs = 0;                  ///< that the search has still to train
        double seconds = 0;                 ///< to the end of search, refit and scoring
        double soonest = 0, latest = 0;     ///< the same where patience ends it at once, or never
        double seconds_of_refit_epoch = 0;  ///< of what comes after the search
        double seconds_of_scoring = 0;
        double seconds_before = 0;  ///< that earlier runs took, had they been as fast as this one
    };
    /// What takes as long with any number of trials. @param elapsed since begin_run()
    Left left(double elapsed) const;

  private:
    struct OfTrial {
        double cost = 0;
        std::vector<int> epochs;  // [fold]
        int judged = 0;           // epochs of the last rung where it came to something
    };
    /// Of the trials that have come to a rung.
    struct Rung {
        int epochs = 0, before = 0;  // after it, before it
        int entered = 0, judged = 0;
        double cost = 0;             // sum over them
        double trained = 0;          // epochs of all folds of those judged
        std::set<std::size_t> open;  // those not judged
    };
    /// What a rung is expected to come to.
    struct Expected {
        double cost = 0;     // mean of the trials that enter it
        double share = 1;    // of the folds that a trial has when it is judged
        double to_come = 0;  // trials
    };
    /// Trials that will have begun in the end.
    struct ToBegin {
        double least = 0, expected = 0, most = 0;
    };
    /// What is left of the search itself.
    struct OfSearch {
        double epochs = 0, cost = 0;
        double cost_of_last = 0;  ///< of an epoch of a fold at the last rung
    };
    void count(std::size_t trial, int sign);
    std::vector<Expected> expected(double trials) const;
    OfSearch of_search(double trials) const;
    ToBegin to_begin() const;
    static double fold_epochs(const OfTrial& trial, const Rung& rung);

    ForecastSettings settings_;
    std::vector<OfTrial> trials_;  // by number; those without epochs count for nothing
    std::vector<Rung> rungs_;
    int tried_ = 0;  // trials that came to something
    int begun_ = 0, without_gain_ = 0;
    double cost_done_ = 0, cost_before_ = 0;
    double thread_seconds_ = 0, thread_seconds_before_ = 0;  // of this run, of earlier ones
};

}  // namespace manygpcm::search
