#include "training/replica.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/running_metrics.h"
#include "manygpcm/kernels/adam.h"
#include "training/replica_state.h"

namespace manygpcm {
namespace {

/// Room for a whole batch, even of the longest learners, or for as much of it as the limit allows;
/// and for any single learner that is trained on or validated.
BatchCapacity training_capacity(const ReplicaSpec& spec, const ModelConfig& config,
                                Learners learners, std::size_t arena_limit) {
    if (spec.train.empty())
        throw InputError("there are no training learners; expected at least one");
    std::vector<int> lengths;
    for (const int i : spec.train)
        lengths.push_back(static_cast<int>(learners[i].questions.size()));
    const auto n = static_cast<std::ptrdiff_t>(
        std::min(lengths.size(), std::size_t(spec.hyperparameters.batch_size)));
    std::partial_sort(lengths.begin(), lengths.begin() + n, lengths.end(), std::greater<>());
    const int longest = std::max(longest_sequence(learners, spec.train),
                                 longest_sequence(learners, spec.validation));
    BatchCapacity capacity{
        static_cast<int>(n),
        std::max(longest, std::accumulate(lengths.begin(), lengths.begin() + n, 0))};
    // A network that never runs takes no memory: it is recorded to learn what it would take.
    while (capacity.steps > longest &&
           Network(kernels::cpu_backend(), config, 1, capacity, true).arena_bytes() > arena_limit)
        capacity.steps = std::max(longest, capacity.steps / 2);
    return capacity;
}

}  // namespace

Replica::Replica(const ReplicaSpec& spec, const LearnerSet& learners, const ClassicalGpcm* fitted,
                 std::size_t arena_limit, StopFlag stop, kernels::Backend& backend)
    : spec_(spec),
      learners_(learners.all),
      stop_(stop),
      config_{spec.hyperparameters, learners.n_questions, learners.n_categories},
      network_(backend, config_, 1, training_capacity(spec, config_, learners_, arena_limit), true),
      batch_(1, network_.capacity(), config_.n_questions, config_.n_categories),
      state_(initial_state(spec, config_, fitted)),
      trained_size_(ParameterLayout(config_).trained_size()),
      gradient_(state_.parameters.size()),
      statistics_(kernels::ordinal_statistics_size(config_.n_categories)),
      part_statistics_(statistics_.size()),
      loss_(ordinal_loss(spec.hyperparameters)) {}

EpochResult Replica::run_epoch(const std::function<void(double)>& step_done) {
    if (stop_ == nullptr) return train_and_score(step_done);
    before_ = state_;
    try {
        return train_and_score(step_done);
    } catch (const Interrupted&) {
        std::swap(state_, before_);
        throw;
    }
}

EpochResult Replica::train_and_score(const std::function<void(double)>& step_done) {
    const auto start = std::chrono::steady_clock::now();
    EpochResult result;
    result.epoch = ++state_.epoch;
    result.lr = state_.lr;

    const std::vector<int> order = batch_order(spec_, state_.epoch);
    const std::size_t batch_size = spec_.hyperparameters.batch_size;
    double total = 0;
    int taken = 0;
    for (std::size_t first = 0; first < order.size(); first += batch_size) {
        const std::size_t size = std::min(batch_size, order.size() - first);
        const double loss = step(std::span(order).subspan(first, size));
        if (std::isnan(loss)) {
            ++result.skipped_steps;
        } else {
            total += loss;
            ++taken;
        }
        if (step_done) step_done(static_cast<double>(size) / static_cast<double>(order.size()));
    }
    result.train_loss = taken > 0 ? total / taken : std::numeric_limits<double>::quiet_NaN();

    double score = std::numeric_limits<double>::quiet_NaN();
    if (!spec_.validation.empty()) {
        result.validation = score_validation();
        score = result.validation["qwk"];
    }
    adapt_learning_rate(spec_, score, state_);
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

void Replica::cut(std::span<const int> batch) {
    const BatchCapacity& capacity = network_.capacity();
    parts_.clear();
    for (std::size_t first = 0, last = 0; first < batch.size(); first = last) {
        int steps = 0;
        while (last < batch.size()) {
            steps += static_cast<int>(learners_[batch[last]].questions.size());
            if (steps > capacity.steps) break;
            ++last;
        }
        if (last == first)
            throw std::logic_error("replica: a learner is longer than the network's capacity");
        parts_.push_back(batch.subspan(first, last - first));
    }
}

Pass Replica::forward(std::size_t part) {
    batch_.pack(0, learners_, parts_[part]);
    // Every part has its own dropout, the same each time that it is run.
    dropout_ = dropout_key(spec_, state_.dropout_steps + static_cast<std::uint32_t>(part));
    const Pass pass{batch_,
                    {state_.parameters.data(), 0},
                    {gradient_.data(), 0},
                    &dropout_,
                    &loss_,
                    {statistics_.data(), 0},
                    stop_};
    network_.forward(pass);
    return pass;
}

double Replica::loss_and_gradient(std::span<const int> batch) {
    cut(batch);
    std::fill(gradient_.begin(), gradient_.end(), 0.0f);
    // The loss isn't a sum over parts: first every part's statistics are added up, then every part
    // runs forward and backward again.
    std::fill(statistics_.begin(), statistics_.end(), 0.0);
    std::optional<Pass> pass;
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        pass.emplace(forward(part));
        network_.write_statistics(*pass, {part_statistics_.data(), 0});
        for (std::size_t i = 0; i < statistics_.size(); ++i)
            statistics_[i] += part_statistics_[i];
    }
    const double loss =
        kernels::ordinal_loss_value(config_.n_categories, loss_, statistics_.data()).total;
    if (std::isfinite(loss)) {
        network_.backward(*pass);  // the last part still stands as forward() left it
        for (std::size_t part = 0; part + 1 < parts_.size(); ++part)
            network_.backward(forward(part));
    }
    return loss;
}

double Replica::step(std::span<const int> batch) {
    constexpr double skipped = std::numeric_limits<double>::quiet_NaN();
    const double loss = loss_and_gradient(batch);
    state_.dropout_steps += static_cast<std::uint32_t>(parts_.size());
    if (!std::isfinite(loss)) return skipped;

    if (!kernels::clip_and_adam<float>(trained_size_, adam_config(spec_.hyperparameters, state_.lr),
                                       state_.optimizer_steps + 1, state_.parameters.data(),
                                       gradient_.data(), state_.first_moment.data(),
                                       state_.second_moment.data()))
        return skipped;
    ++state_.optimizer_steps;
    return loss;
}

Metrics Replica::score_validation() {
    RunningMetrics metrics(config_.n_categories);
    for (const std::span<const int> part : parts_of(learners_, spec_.validation))
        metrics.add(predict(part).probabilities, responses_of(learners_, part));
    return metrics.metrics();
}

Predictions Replica::predict(std::span<const int> which) {
    return run_inference(network_, batch_, config_.n_categories, state_.parameters, learners_,
                         which, stop_);
}

Model Replica::model() {
    return trained_model(config_, spec_, learners_, state_.parameters,
                         [&](std::span<const int> which) { return predict(which); });
}

}  // namespace manygpcm
