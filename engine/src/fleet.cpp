#include "fleet.h"

#include <algorithm>

namespace manygpcm {

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
    start_ = std::chrono::steady_clock::now();
    started_ = still_training();
    Cohort::Batches most;
    for (const auto& cohort : cohorts_) {
        const Cohort::Batches batches = cohort->start_epoch();
        most.training = std::max(most.training, batches.training);
        most.validation = std::max(most.validation, batches.validation);
    }
    for (int b = 0; b < most.training; ++b)
        training_step_.run();
    for (int b = 0; b < most.validation; ++b)
        scoring_step_.run();
}

void Fleet::finish_epoch() {
    device_.synchronize();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    for (const auto& cohort : cohorts_)
        cohort->finish_epoch(seconds / started_);
}

}  // namespace manygpcm
