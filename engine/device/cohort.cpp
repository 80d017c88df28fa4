#include "device/cohort.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "manygpcm/engine/responses_of.h"
#include "model/inference.h"
#include "training/replica_state.h"

namespace manygpcm {
namespace {

enum WeightArray { parameters, first_moment, second_moment, n_weight_arrays };

template <class T>
kernels::BackendArray<T> uploaded(kernels::Backend& backend, const std::vector<T>& values,
                                  const char* what) {
    kernels::BackendArray<T> array(backend, values.size(), what);
    backend.upload(array.data(), values.data(), values.size() * sizeof(T));
    return array;
}

std::vector<kernels::OrdinalLoss> losses_of(const std::vector<TrainingJob>& jobs) {
    std::vector<kernels::OrdinalLoss> losses;
    for (const TrainingJob& job : jobs)
        losses.push_back(ordinal_loss(job.spec.hyperparameters));
    return losses;
}

}  // namespace

DeviceDataset::DeviceDataset(kernels::Device& device, const LearnerSet& learners)
    : learners_(learners) {
    std::vector<std::int32_t> offsets{0}, questions, responses;
    for (std::size_t i = 0; i < learners.all.size(); ++i) {
        const Learner& learner = learners.all[i];
        questions.insert(questions.end(), learner.questions.begin(), learner.questions.end());
        responses.insert(responses.end(), learner.responses.begin(), learner.responses.end());
        offsets.push_back(static_cast<std::int32_t>(questions.size()));
    }
    offsets_ = uploaded(device, offsets, "offsets of the learners");
    questions_ = uploaded(device, questions, "questions of the learners");
    responses_ = uploaded(device, responses, "responses of the learners");
    on_device_ = {offsets_.data(), questions_.data(), responses_.data()};
}

void TransferBlock::allocate(kernels::Backend& backend, const char* what) {
    host_.resize(size_);
    device_ = kernels::BackendArray<std::byte>(backend, size_, what);
}

void TransferBlock::upload(kernels::Backend& backend, std::size_t begin, std::size_t end) {
    backend.upload(device_.data() + begin, host_.data() + begin, end - begin);
}

void TransferBlock::download(kernels::Backend& backend, std::size_t begin, std::size_t end) {
    backend.download(host_.data() + begin, device_.data() + begin, end - begin);
}

Cohort::Cohort(kernels::Device& device, const DeviceDataset& data, const CohortPlan& plan)
    : device_(device),
      data_(data),
      plan_(plan),
      config_{plan.jobs.front().spec.hyperparameters, data.host().n_questions,
              data.host().n_categories},
      size_(ParameterLayout(config_).size()),
      trained_size_(ParameterLayout(config_).trained_size()),
      network_(device, config_, replicas(), plan.room.batch, true),
      batch_(device, replicas(), plan.room.batch, data.host().n_questions,
             data.host().n_categories),
      weights_(device, n_weight_arrays * size_ * replicas(), "parameters and moments"),
      saved_weights_(device, weights_.size(), "parameters and moments after an epoch"),
      gradients_(device, size_ * replicas(), "gradients"),
      statistics_(device, kernels::ordinal_statistics_size(config_.n_categories) * replicas(),
                  "statistics of the loss"),
      loss_values_(device, replicas(), "losses"),
      losses_(uploaded(device, losses_of(plan.jobs), "weights of the losses")),
      result_(replicas()),
      training_(replicas(), true),
      started_(replicas()),
      finished_(replicas()) {
    network_.allocate();

    const int n = replicas(), n_categories = config_.n_categories;
    train_order_ = add_order(plan.room.learners);
    std::size_t validation_learners = 0;
    for (const TrainingJob& job : plan.jobs)
        validation_learners = std::max(validation_learners, job.spec.validation.size());
    validation_order_ = add_order(static_cast<int>(validation_learners));
    keys_ = block_.add<kernels::DropoutKey>(n);
    validation_position_ = block_.add<int>(n);
    results_begin_ = block_.size();
    states_ = block_.add<kernels::OptimizerState>(n);
    confusion_ = block_.add<int>(std::size_t(n) * n_categories * n_categories);
    upload_end_ = block_.size();
    validation_logits_ =
        block_.add<float>(std::size_t(n) * plan.room.validation_steps * n_categories);
    block_.allocate(device, "batch orders and results of an epoch");

    for (int r = 0; r < n; ++r) {
        ReplicaState state =
            job(r).start ? *job(r).start : initial_state(job(r).spec, config_, job(r).fitted.get());
        const std::vector<float>* arrays[] = {&state.parameters, &state.first_moment,
                                              &state.second_moment};
        for (int a = 0; a < n_weight_arrays; ++a)
            device.upload(weights(a)[r], arrays[a]->data(), size_ * sizeof(float));
        for (std::vector<float>* array :
             {&state.parameters, &state.first_moment, &state.second_moment})
            *array = {};
        state_.push_back(std::move(state));
    }
}

int Cohort::still_training() const {
    return static_cast<int>(std::ranges::count(training_, true));
}

kernels::PerReplica<float> Cohort::weights(int array) const {
    return {weights_.data() + size_ * replicas() * array, static_cast<std::ptrdiff_t>(size_)};
}

Cohort::Order Cohort::add_order(int stride) {
    const auto n = static_cast<std::size_t>(replicas());
    Order order;
    order.stride = stride;
    order.learners = block_.add<std::int32_t>(n * stride);
    order.count = block_.add<int>(n);
    order.batch = block_.add<int>(1);
    return order;
}

void Cohort::fill_order(const Order& order, int replica, std::span<const int> learners) {
    std::ranges::copy(learners,
                      block_.host(order.learners) + std::ptrdiff_t{replica} * order.stride);
    block_.host(order.count)[replica] = static_cast<int>(learners.size());
}

kernels::BatchOrder Cohort::batches(const Order& order) const {
    return {{block_.device(order.learners), order.stride},
            block_.device(order.count),
            block_.device(order.batch),
            plan_.shape.batch_size};
}

int Cohort::most_batches(const std::vector<std::size_t>& learners) const {
    const auto batch_size = static_cast<std::size_t>(plan_.shape.batch_size);
    return static_cast<int>((std::ranges::max(learners) + batch_size - 1) / batch_size);
}

kernels::PerReplica<float> Cohort::gradients() const {
    return {gradients_.data(), static_cast<std::ptrdiff_t>(size_)};
}

kernels::PerReplica<double> Cohort::statistics() const {
    return {statistics_.data(),
            static_cast<std::ptrdiff_t>(kernels::ordinal_statistics_size(config_.n_categories))};
}

Pass Cohort::training_pass() const {
    return {batch_,         weights(parameters), gradients(), block_.device(keys_),
            losses_.data(), statistics()};
}

Pass Cohort::scoring_pass() const {
    return {batch_, weights(parameters), {}};
}

void Cohort::begin_training_batch() {
    device_.pack_batch(replicas(), config_.n_questions, config_.n_categories, data_.device(),
                       batches(train_order_), batch_.arrays());
}

void Cohort::training_forward(std::size_t operation) {
    network_.forward(training_pass(), operation);
}

void Cohort::begin_backward() {
    network_.write_statistics(training_pass(), statistics());
    device_.ordinal_losses(replicas(), config_.n_categories, losses_.data(), statistics(),
                           loss_values_.data());
    device_.zero(replicas(), size_, gradients());
}

void Cohort::training_backward(std::size_t operation) {
    network_.backward(training_pass(), operation);
}

void Cohort::end_training_batch() {
    const kernels::Rows steps = batch_.rows(RowKind::steps);
    device_.clip_and_adam(steps, trained_size_, loss_values_.data(), block_.device(states_),
                          weights(parameters), gradients(), weights(first_moment),
                          weights(second_moment));
    device_.next_batch(steps, block_.device(train_order_.batch), block_.device(keys_));
}

void Cohort::begin_scoring_batch() {
    device_.pack_batch(replicas(), config_.n_questions, config_.n_categories, data_.device(),
                       batches(validation_order_), batch_.arrays());
}

void Cohort::scoring_forward(std::size_t operation) {
    network_.forward(scoring_pass(), operation);
}

void Cohort::end_scoring_batch() {
    const int n_categories = config_.n_categories;
    const kernels::Rows steps = batch_.rows(RowKind::steps);
    device_.append_rows(steps, n_categories, network_.logits(), block_.device(validation_position_),
                        {block_.device(validation_logits_),
                         std::ptrdiff_t{plan_.room.validation_steps} * n_categories});
    device_.confusion_counts(steps, n_categories, network_.logits(),
                             batch_.index(BatchIndex::response), block_.device(confusion_));
    device_.next_batch(steps, block_.device(validation_order_.batch), nullptr);
}

Cohort::Batches Cohort::start_epoch() {
    const int n = replicas();
    std::vector<std::size_t> train(n), validation(n);
    for (int r = 0; r < n; ++r) {
        const ReplicaSpec& spec = job(r).spec;
        std::vector<int> order;
        if (training_[r]) order = batch_order(spec, state_[r].epoch + 1);
        const std::span<const int> scored =
            training_[r] ? std::span<const int>(spec.validation) : std::span<const int>();
        fill_order(train_order_, r, order);
        fill_order(validation_order_, r, scored);
        train[r] = order.size();
        validation[r] = scored.size();
        block_.host(keys_)[r] = dropout_key(spec, state_[r].dropout_steps);
        block_.host(states_)[r] = {};
        block_.host(states_)[r].config = adam_config(spec.hyperparameters, state_[r].lr);
        block_.host(states_)[r].steps_taken = state_[r].optimizer_steps;
    }
    *block_.host(train_order_.batch) = *block_.host(validation_order_.batch) = 0;
    std::fill_n(block_.host(validation_position_), n, 0);
    std::fill_n(block_.host(confusion_), n * config_.n_categories * config_.n_categories, 0);
    block_.upload(device_, 0, upload_end_);

    device_.copy(saved_weights_.data(), weights_.data(), weights_.size() * sizeof(float));
    started_ = training_;
    running_ = true;
    return {most_batches(train), most_batches(validation)};
}

void Cohort::finish_epoch(double seconds) {
    block_.download(device_, results_begin_, block_.size());
    running_ = false;
    const std::size_t cells = std::size_t(config_.n_categories) * config_.n_categories;
    for (int r = 0; r < replicas(); ++r) {
        finished_[r] = started_[r] && training_[r];
        if (!finished_[r]) continue;
        const ReplicaSpec& spec = job(r).spec;
        const kernels::OptimizerState& optimizer = block_.host(states_)[r];
        ReplicaState& state = state_[r];
        EpochResult& result = result_[r];
        result = {};
        result.epoch = ++state.epoch;
        result.lr = state.lr;
        result.seconds = seconds;
        result.skipped_steps = optimizer.batches_skipped;
        result.train_loss = optimizer.batches_taken > 0
                                ? optimizer.loss_sum / optimizer.batches_taken
                                : std::numeric_limits<double>::quiet_NaN();
        state.optimizer_steps = optimizer.steps_taken;
        state.dropout_steps += static_cast<std::uint32_t>(most_batches({spec.train.size()}));
        double score = std::numeric_limits<double>::quiet_NaN();
        if (!spec.validation.empty()) {
            const int* confusion = block_.host(confusion_) + r * cells;
            const std::vector<std::int64_t> counts(confusion, confusion + cells);
            score = quadratic_weighted_kappa(counts, config_.n_categories);
        }
        adapt_learning_rate(spec, score, state);
        if (state.epoch >= job(r).epochs) training_[r] = false;
    }
}

EpochResult Cohort::result(int replica) {
    EpochResult result = result_[replica];
    const std::vector<int>& validation = job(replica).spec.validation;
    if (validation.empty()) return result;
    const std::vector<std::int32_t> responses = responses_of(data_.host().all, validation);
    const auto width = static_cast<std::size_t>(config_.n_categories);
    const float* logits = block_.host(validation_logits_) +
                          std::size_t(replica) * plan_.room.validation_steps * width;
    std::vector<float> probabilities;
    probabilities.reserve(responses.size() * width);
    for (std::size_t t = 0; t < responses.size(); ++t)
        append_softmax({logits + t * width, width}, probabilities);
    result.validation = compute_metrics(probabilities, responses, config_.n_categories);
    return result;
}

ReplicaState Cohort::state(int replica) {
    ReplicaState state = state_[replica];
    std::vector<float>* arrays[] = {&state.parameters, &state.first_moment, &state.second_moment};
    const kernels::BackendArray<float>& from = running_ ? saved_weights_ : weights_;
    for (int a = 0; a < n_weight_arrays; ++a) {
        arrays[a]->resize(size_);
        device_.download(arrays[a]->data(),
                         from.data() + size_ * (std::size_t(replicas()) * a + replica),
                         size_ * sizeof(float));
    }
    return state;
}

}  // namespace manygpcm
