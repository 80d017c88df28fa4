// Walks scheduler and sampler through the record, result by result in the order assigned.
#include "sweep/sweep_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace manygpcm::search {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

const Trial* trial_at(const Study& record, int place) {
    if (place >= static_cast<int>(record.begun.size())) return nullptr;
    return &record.trials[static_cast<std::size_t>(record.begun[static_cast<std::size_t>(place)])];
}

std::optional<double> score_on_record(const Study& record, const Assignment& assignment) {
    const Trial* trial = trial_at(record, assignment.trial);
    if (trial == nullptr) return std::nullopt;
    const auto fold = static_cast<std::size_t>(assignment.fold);
    const auto epochs = static_cast<std::size_t>(assignment.epochs);
    if (fold < trial->folds.size() && trial->folds[fold].size() >= epochs) {
        const EpochResult& last = trial->folds[fold][epochs - 1];
        if (!std::isfinite(last.train_loss)) return nan;
        return trial->objective->minimize ? -trial->score_of(last) : trial->score_of(last);
    }
    // A fold that can't be trained has failed; those after it are told later, when that has decided
    // on the trial, and needn't be trained.
    for (std::size_t f = 0; f <= fold && f < trial->fold_failures.size(); ++f)
        if (!trial->fold_failures[f].empty()) return nan;
    // Ended by somebody else: what is missing will never come.
    if (!trial->unfinished()) return nan;
    return std::nullopt;
}

SweepPlan::SweepPlan(std::unique_ptr<Sampler> sampler, std::vector<int> rungs, int folds,
                     std::vector<SweepPhase> phases, int window)
    : sampler_(std::move(sampler)),
      scheduler_(std::move(rungs), folds),
      phases_(std::move(phases)),
      window_(static_cast<std::size_t>(window)) {}

void SweepPlan::advance(const Study& record, const BeginTrial& begin) {
    for (;;) {
        if (outstanding_.size() < window_ && phases_begun_ > 0) {
            if (const auto assignment = scheduler_.next()) {
                assign(*assignment, record, begin);
                continue;
            }
        }
        if (!outstanding_.empty()) {
            if (!tell_oldest(record)) return;
            continue;
        }
        if (phases_begun_ > 0 && !finished_) end_phase();
        if (phases_begun_ == phases_.size()) return;
        finished_ = false;
        const SweepPhase& phase = phases_[phases_begun_++];
        scheduler_.extend(phase.trials, phase.patience);
    }
}

void SweepPlan::assign(const Assignment& assignment, const Study& record, const BeginTrial& begin) {
    outstanding_.push_back(assignment);
    if (assignment.trial < static_cast<int>(points_.size())) return;
    if (trial_at(record, assignment.trial) == nullptr) {
        const Point proposed = sampler_->next_point();
        begin(assignment.trial, proposed, sampler_->next_origin());
    }
    points_.push_back(trial_at(record, assignment.trial)->point);
    last_.emplace_back();
    sampler_->adopt(points_.back());
}

bool SweepPlan::tell_oldest(const Study& record) {
    const auto score = score_on_record(record, outstanding_.front());
    if (!score) return false;
    const Assignment assignment = outstanding_.front();
    outstanding_.pop_front();
    if (const auto verdict = scheduler_.tell(assignment, *score)) judge(*verdict);
    const auto is_outstanding = [&](int trial) {
        return std::ranges::count(outstanding_, trial, &Assignment::trial) > 0;
    };
    if (over_.contains(assignment.trial) && !is_outstanding(assignment.trial)) {
        over_.erase(assignment.trial);
        ended_.push_back(*last_[static_cast<std::size_t>(assignment.trial)]);
    }
    return true;
}

void SweepPlan::judge(const Verdict& verdict) {
    const auto trial = static_cast<std::size_t>(verdict.trial);
    if (!last_[trial]) ++judged_;
    last_[trial] = verdict;
    judged_lately_.push_back(verdict);
    if (verdict.kind != Verdict::Kind::paused) over_.insert(verdict.trial);
    sampler_->tell({.point = points_[trial], .score = verdict.score, .epochs = verdict.epochs});
}

/// Who waits for promotion now waits in vain.
void SweepPlan::end_phase() {
    finished_ = true;
    for (int trial = 0; trial < static_cast<int>(last_.size()); ++trial)
        if (scheduler_.waits(trial)) ended_.push_back(*last_[static_cast<std::size_t>(trial)]);
}

std::vector<Verdict> SweepPlan::take_ended() {
    return std::exchange(ended_, {});
}

std::vector<Verdict> SweepPlan::take_judged() {
    return std::exchange(judged_lately_, {});
}

bool SweepPlan::needs_state(int trial) const {
    if (trial >= scheduler_.trials_started()) return true;  // another process is ahead
    return !finished_ && scheduler_.may_go_on(trial);
}

}  // namespace manygpcm::search
