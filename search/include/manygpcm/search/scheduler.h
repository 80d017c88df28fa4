// Decides what a sweep trains next: which trial, on which fold, for how many epochs.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace manygpcm::search {

/// A replica to train until it has had so many epochs.
struct Assignment {
    int trial = 0;  ///< one that hasn't been assigned before is a new one
    int fold = 0;
    int rung = 0;
    int epochs = 0;  ///< in all, those at lower rungs included
};

/// What came of a trial at a rung.
struct Verdict {
    enum class Kind {
        paused,    ///< has all folds of a rung and waits for promotion
        complete,  ///< has all folds of the last rung
        stopped,   ///< its first folds fell too far behind
        failed     ///< a fold had no score
    };
    Kind kind = Kind::paused;
    int trial = 0;
    int epochs = 0;  ///< of the rung
    /// Mean over the folds; of a stopped trial what it would be, had it kept its distance; NaN
    /// where it failed.
    double score = 0;
};

/// Epochs at which trials are compared, ascending; the last is the sweep's full training.
/// @param name "halving": an eighth of `epochs`, half of them, and all, rounded; "fixed": all.
/// @throws InputError for an unknown name.
std::vector<int> rungs_of(std::string_view name, int epochs);

/// The names that rungs_of knows.
std::span<const std::string_view> scheduler_names();

/// Asynchronous successive halving by promotion (Li et al. 2020), with races over folds
/// (docs/search.md). With one rung every trial is trained fully. What comes next depends on what
/// was told, in its order, on nothing else.
class Scheduler {
  public:
    /// Of the trials at a rung the best one in so many is promoted. With rungs at an eighth, a half
    /// and all of the epochs that is 1/8 + 3/8/4 + 1/2/16 = 1/4 of the full training, before races
    /// and what is promoted too early.
    static constexpr int reduction = 4;

    Scheduler(std::vector<int> rungs, int folds);

    /// Allows `trials` trials in all, and no new one once `patience` in a row brought no gain (0:
    /// any number). Trials that waited for promotion so far don't any more.
    void extend(int trials, int patience);

    /// What to train next. Nothing: not before more is told, and never when all was told.
    std::optional<Assignment> next();

    /// The score of something assigned, NaN: failed. @return what the trial came to by it, if
    /// anything
    std::optional<Verdict> tell(const Assignment& assignment, double score);

    /// Whether the trial waits for promotion.
    bool waits(int trial) const;
    /// Whether the trial may be trained further. The sweep's end promotes a share of the trials
    /// allowed, and a place in a rung's ranking only ever falls.
    bool may_go_on(int trial) const;

    /// The trials in a row without a gain, where they are so many that no new trial begins though
    /// more are allowed.
    std::optional<int> out_of_patience() const;

    /// Trials that came to anything and began after the best so far, the best of the highest rung
    /// that any trial has come to; none before there is one.
    std::optional<int> trials_without_gain() const;

    int trials_started() const { return static_cast<int>(trials_.size()); }
    const std::vector<int>& rungs() const { return rungs_; }

  private:
    struct AtRung {
        std::vector<double> scores;  // [folds told]
        int assigned = 0;            // folds
        std::optional<Verdict> verdict;
        bool promoted = false;
    };
    struct TrialState {
        std::vector<AtRung> rungs;  // those reached
        bool closed = false;        // not to be promoted any more
    };

    /// A trial in a rung's ranking: the higher scores first, the earlier trials among equals.
    struct Ranked {
        double score = 0;
        std::size_t trial = 0;
        friend bool operator<(const Ranked& a, const Ranked& b) {
            return a.score != b.score ? a.score > b.score : a.trial < b.trial;
        }
    };
    /// What decisions ask of a rung, kept up so that none of them looks at all trials.
    struct Rung {
        std::vector<Ranked> ranking;  // the trials with a score
        std::set<Ranked> waiting;     // those of them that may be promoted
        std::set<std::size_t> open;   // trials without a verdict that have folds to assign
        std::size_t judged = 0;       // trials with a verdict
    };

    bool is_top(std::size_t rung) const { return rung + 1 == rungs_.size(); }
    std::optional<Assignment> next_fold();
    std::optional<Assignment> promotion();
    std::optional<Assignment> last_resort();
    bool may_start_trial() const;
    Assignment assign(std::size_t trial, std::size_t rung);
    void judge(const Verdict& verdict, std::size_t rung);
    std::size_t place_of(const Ranked& ranked, std::size_t rung) const;
    std::size_t promotable(std::size_t rung) const;
    const std::vector<double>* promotion_line(std::size_t rung) const;
    std::optional<double> fold_variance() const;

    std::vector<int> rungs_;
    int folds_;
    int trials_allowed_ = 0, patience_ = 0;
    std::vector<TrialState> trials_;
    std::vector<Rung> at_;                 // [rungs]
    std::size_t in_training_ = 0;          // trials without a verdict at their rung
    std::optional<double> fold_variance_;  // fold_variance() as of the last verdict
};

}  // namespace manygpcm::search
