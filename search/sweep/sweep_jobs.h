// A sweep's plan as jobs for the trainers: what comes next, what comes of it, and how the record
// and the checkpoints keep up, so that nothing is lost when the process dies.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/notice.h"
#include "storage/open_study.h"
#include "sweep/checkpoint_directory.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_progress.h"

namespace manygpcm::search {

class SweepJobs : public JobSource {
  public:
    /// All arguments outlive the jobs, which are the only ones to use them while they train.
    /// @param stop when set, there are no more jobs
    /// @param keep_folds whether the states of the best trial's folds are left among the
    /// checkpoints
    /// @param notice is told of trials that fail, where several do in a row
    SweepJobs(OpenStudy& journal, SweepPlan& plan, std::span<const Fold> folds, bool keep_folds,
              const CheckpointDirectory& checkpoints, ProgressTracker& tracker, StopFlag stop,
              const Notice& notice);

    std::optional<TrainingJob> next(bool wait) override;
    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) override;
    void job_done(std::int64_t id, ReplicaState state, Model model) override;
    void job_stopped(std::int64_t id, ReplicaState state) override;
    void job_failed(std::int64_t id, std::exception_ptr why) override;
    void abandon() override;

    /// The study as it is on record, when training has ended.
    const Study& record() const { return journal_.study(); }

  private:
    using Clock = std::chrono::steady_clock;

    struct InTraining {
        Assignment assignment;
        ReplicaSpec spec;
        int first_epoch = 0;  // the last of its start
        Clock::time_point saved = Clock::now();
    };

    bool stopping() const { return abandoned_ || is_set(stop_) || tracker_.ended(); }
    void advance();
    void end(const Verdict& verdict);
    void expect_trainable(int place);
    int failed_in_a_row(int last) const;
    std::optional<TrainingJob> claim();
    bool may_take(int trial);
    TrainingJob start(const Assignment& assignment);
    void write_epochs();
    const Trial& trial_of(int place) const;
    const Trial* best_trial() const;
    bool needs_state(int number);
    bool may_win(int number) const;

    OpenStudy& journal_;
    SweepPlan& plan_;
    std::span<const Fold> folds_;
    bool keep_folds_;
    const CheckpointDirectory& checkpoints_;
    ProgressTracker& tracker_;
    StopFlag stop_;
    const Notice& notice_;
    int full_epochs_ = 0;

    std::mutex mutex_;  // of all below, the journal and the plan
    std::condition_variable changed_;
    std::vector<FoldEpoch> unwritten_;
    Clock::time_point written_ = Clock::now();
    std::map<std::int64_t, InTraining> in_training_;
    std::optional<int> best_;                 // number of the best trial that has come through
    std::map<int, int> places_;               // by number
    std::set<std::pair<int, int>> promoted_;  // trial and rung, that the callbacks were told of
    std::int64_t next_id_ = 0;
    std::optional<Clock::time_point> stopped_;  // when the first job was
    bool lock_missed_ = false;                  // when stopped
    int untrainable_in_a_row_ = 0;              // trials, of this process
    std::atomic<bool> abandoned_{false};
};

}  // namespace manygpcm::search
