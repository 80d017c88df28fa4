// What a sweep trains, in order: a pure function of its settings and of the scores on record. The
// live sweep, a resumed one and other processes of the same study so make the same decisions.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "manygpcm/search/sampler.h"
#include "manygpcm/search/scheduler.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// How far the sweep is to go: the command's --trials and --patience. A study that is extended has
/// several, each run to its end before the next.
struct SweepPhase {
    int trials = 0, patience = 0;
    friend bool operator==(const SweepPhase&, const SweepPhase&) = default;
};

/// The trial that the search began as its `place`-th, from 0; null where it hasn't yet. Plan and
/// scheduler know trials by their places alone.
const Trial* trial_at(const Study& record, int place);

/// What an assignment came to: the score after its last epoch, negative where lower is better: for
/// scheduler and sampler higher is. NaN where it isn't one. None: it isn't on record yet.
std::optional<double> score_on_record(const Study& record, const Assignment& assignment);

class SweepPlan {
  public:
    /// Puts the trial at a place on record, if another process hasn't been faster.
    using BeginTrial =
        std::function<void(int place, const Point& proposed, std::optional<Origin> origin)>;

    /// @param rungs epochs at which trials are compared, as rungs_of()
    /// @param window assignments made before the result of the first of them is waited for. A
    ///   decision is made in knowledge of all results but the last so many, whenever they come in:
    ///   so it doesn't depend on how many are trained at once.
    SweepPlan(std::unique_ptr<Sampler> sampler, std::vector<int> rungs, int folds,
              std::vector<SweepPhase> phases, int window);

    /// Decides as much as the record allows. `record` has every trial begun when `begin` returns.
    void advance(const Study& record, const BeginTrial& begin);

    /// What is assigned and not yet told, in order. Part of it may be on record already.
    const std::deque<Assignment>& outstanding() const { return outstanding_; }

    /// Whether all phases have run to their end.
    bool finished() const { return finished_; }

    /// Trials that are over and have nothing outstanding, with what they came to, since the last
    /// call; at the end of a phase those that wait for promotion too.
    std::vector<Verdict> take_ended();

    /// What trials came to since the last call, at whatever rung.
    std::vector<Verdict> take_judged();

    /// Scheduler::trials_without_gain().
    int trials_without_gain() const { return scheduler_.trials_without_gain().value_or(0); }

    /// Trials that came to anything so far.
    int trials_judged() const { return judged_; }

    /// Scheduler::out_of_patience() of the phase that runs or ran last.
    std::optional<int> out_of_patience() const { return scheduler_.out_of_patience(); }

    /// Trials that were begun so far.
    int trials_begun() const { return scheduler_.trials_started(); }

    /// Whether the trial may go on from the state in which its folds are.
    bool needs_state(int trial) const;

  private:
    bool tell_oldest(const Study& record);
    void assign(const Assignment& assignment, const Study& record, const BeginTrial& begin);
    void judge(const Verdict& verdict);
    void end_phase();

    std::unique_ptr<Sampler> sampler_;
    Scheduler scheduler_;
    std::vector<SweepPhase> phases_;
    std::size_t window_;
    std::size_t phases_begun_ = 0;
    bool finished_ = false;
    int judged_ = 0;
    std::deque<Assignment> outstanding_;
    std::vector<Point> points_;                 // [trial]
    std::vector<std::optional<Verdict>> last_;  // [trial] the last verdict
    std::set<int> over_;                        // not ended yet, as something is outstanding
    std::vector<Verdict> ended_, judged_lately_;
};

}  // namespace manygpcm::search
