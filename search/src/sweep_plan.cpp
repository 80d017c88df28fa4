// Walks scheduler and sampler through the record, result by result in the order assigned.
#include "sweep_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace manygpcm {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Trial* find(const Study& record, int number) {
    // As a rule a trial is where its number says.
    const auto i = static_cast<std::size_t>(number);
    if (i < record.trials.size() && record.trials[i].number == number) return &record.trials[i];
    const auto found = std::ranges::find(record.trials, number, &Trial::number);
    return found == record.trials.end() ? nullptr : &*found;
}

}  // namespace

std::optional<double> score_on_record(const Study& record, const Assignment& assignment) {
    const Trial* trial = find(record, assignment.trial);
    if (trial == nullptr) return std::nullopt;
    const auto fold = static_cast<std::size_t>(assignment.fold);
    const auto epochs = static_cast<std::size_t>(assignment.epochs);
    if (fold < trial->folds.size() && trial->folds[fold].size() >= epochs) {
        const EpochResult& last = trial->folds[fold][epochs - 1];
        return std::isfinite(last.train_loss) ? last.validation.qwk : nan;
    }
    // Ended by somebody else: what is missing will never come.
    if (trial->state != TrialState::running) return nan;
    return std::nullopt;
}

SweepPlan::SweepPlan(const Study& settings, std::vector<SweepPhase> phases, int window)
    : sampler_(make_sampler(settings.sampler, settings.space, settings.seed)),
      scheduler_(rungs_of(settings.scheduler, settings.epochs), settings.n_folds),
      phases_(std::move(phases)),
      window_(static_cast<std::size_t>(window)) {}

void SweepPlan::advance(const Study& record, const CreateTrial& create) {
    for (;;) {
        if (outstanding_.size() < window_ && phases_begun_ > 0) {
            if (const auto assignment = scheduler_.next()) {
                assign(*assignment, record, create);
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

void SweepPlan::assign(const Assignment& assignment, const Study& record,
                       const CreateTrial& create) {
    outstanding_.push_back(assignment);
    if (assignment.trial < static_cast<int>(points_.size())) return;
    const Trial* there = find(record, assignment.trial);
    points_.push_back(there != nullptr ? there->point
                                       : create(assignment.trial, sampler_->next_point()));
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
    last_[trial] = verdict;
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

int SweepPlan::trials_judged() const {
    return static_cast<int>(
        std::ranges::count_if(last_, [](const auto& verdict) { return verdict.has_value(); }));
}

bool SweepPlan::needs_state(int trial) const {
    if (trial >= scheduler_.trials_started()) return true;  // another process is ahead
    return !finished_ && scheduler_.may_go_on(trial);
}

}  // namespace manygpcm
