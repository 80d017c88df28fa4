#include "device/fleet.h"

#include <algorithm>

namespace manygpcm {
namespace {

using Clock = std::chrono::steady_clock;

// So long the device may work on what it was asked for without anybody looking whether to stop;
// within a factor of two, as a part's batches are doubled and halved to come near it.
constexpr std::chrono::milliseconds part_time{500};
constexpr int most_batches_in_part = 1 << 16;

}  // namespace

void Replayed::run() {
    if (recording_) return recording_->run();
    work_();
    device_.begin_recording();
    work_();
    recording_ = device_.end_recording();
}

Fleet::Fleet(kernels::Device& device, const DeviceDataset& data, const FleetPlan& plan)
    : device_(device),
      training_step_(device, [this] { train_batch(); }),
      scoring_step_(device, [this] { score_batch(); }) {
    for (const CohortPlan& cohort : plan)
        cohorts_.push_back(std::make_unique<Cohort>(device, data, cohort));
}

int Fleet::replicas() const {
    int n = 0;
    for (const auto& cohort : cohorts_)
        n += cohort->replicas();
    return n;
}

int Fleet::still_training() const {
    int n = 0;
    for (const auto& cohort : cohorts_)
        n += cohort->still_training();
    return n;
}

void Fleet::all(void (Cohort::*stage)()) {
    for (const auto& cohort : cohorts_)
        (*cohort.*stage)();
}

void Fleet::in_step(void (Cohort::*stage)(std::size_t), std::size_t operation) {
    const bool group = cohorts_.size() > 1;
    if (group) device_.begin_group();
    for (const auto& cohort : cohorts_)
        (*cohort.*stage)(operation);
    if (group) device_.end_group();
}

void Fleet::train_batch() {
    const std::size_t operations = cohorts_.front()->operations();
    all(&Cohort::begin_training_batch);
    for (std::size_t i = 0; i < operations; ++i)
        in_step(&Cohort::training_forward, i);
    all(&Cohort::begin_backward);
    for (std::size_t i = operations; i-- > 0;)
        in_step(&Cohort::training_backward, i);
    all(&Cohort::end_training_batch);
}

void Fleet::score_batch() {
    all(&Cohort::begin_scoring_batch);
    for (std::size_t i = 0; i < cohorts_.front()->operations(); ++i)
        in_step(&Cohort::scoring_forward, i);
    all(&Cohort::end_scoring_batch);
}

void Fleet::start_epoch() {
    start_ = Clock::now();
    started_ = still_training();
    left_ = {};
    for (const auto& cohort : cohorts_) {
        const Cohort::Batches batches = cohort->start_epoch();
        left_.training = std::max(left_.training, batches.training);
        left_.validation = std::max(left_.validation, batches.validation);
    }
    ask_for_part();
}

void Fleet::ask_for_part() {
    for (int b = 0; b < batches_in_part_; ++b) {
        if (left_.training > 0) {
            --left_.training;
            training_step_.run();
        } else if (left_.validation > 0) {
            --left_.validation;
            scoring_step_.run();
        }
    }
}

void Fleet::finish_epoch(StopFlag stop) {
    device_.synchronize();
    while (left_.training > 0 || left_.validation > 0) {
        throw_if_set(stop);
        const auto asked = Clock::now();
        ask_for_part();
        device_.synchronize();
        const auto took = Clock::now() - asked;
        if (took < part_time / 2)
            batches_in_part_ = std::min(2 * batches_in_part_, most_batches_in_part);
        else if (took > part_time)
            batches_in_part_ = std::max(batches_in_part_ / 2, 1);
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    for (const auto& cohort : cohorts_)
        cohort->finish_epoch(seconds / started_);
}

}  // namespace manygpcm
