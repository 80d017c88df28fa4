#include "training/replica_state.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/cut_points.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/engine/responses_of.h"

namespace manygpcm {
namespace {

constexpr double lr_cut = 0.8;  // factor of the learning rate's schedule (docs/model.md)

/// The part of the learning rate that is left after some of the epochs planned (Loshchilov, Hutter
/// 2017, eq. 5).
double cosine(int epoch, int planned) {
    return (1 + std::cos(std::numbers::pi * epoch / planned)) / 2;
}

}  // namespace

ReplicaState initial_state(const ReplicaSpec& spec, const ModelConfig& config,
                           const ClassicalGpcm* fitted) {
    ReplicaState state;
    state.lr = spec.hyperparameters.lr;
    state.parameters = initial_parameters(config, spec.seed, spec.trial, spec.fold, fitted);
    state.first_moment.resize(state.parameters.size());
    state.second_moment.resize(state.parameters.size());
    return state;
}

std::vector<int> batch_order(const ReplicaSpec& spec, int epoch) {
    std::vector<int> order = spec.train;
    RandomStream(
        spec.seed, RandomUse::batch_order,
        stream_id({std::uint64_t(spec.trial), std::uint64_t(spec.fold), std::uint64_t(epoch)}))
        .shuffle(order);
    return order;
}

kernels::DropoutKey dropout_key(const ReplicaSpec& spec, std::uint32_t steps) {
    return {random_key(spec.seed, RandomUse::dropout,
                       stream_id({std::uint64_t(spec.trial), std::uint64_t(spec.fold)})),
            steps};
}

kernels::OrdinalLoss ordinal_loss(const Hyperparameters& h) {
    return kernels::ordinal_loss(h.ce_weight_logit, h.focal_weight_logit, h.label_smoothing);
}

kernels::AdamConfig adam_config(const Hyperparameters& h, double lr) {
    kernels::AdamConfig adam;
    adam.lr = lr;
    adam.weight_decay = h.weight_decay;
    adam.decoupled = h.optimizer == Optimizer::adamw;
    adam.grad_clip = h.grad_clip;
    adam.warmup_steps = h.warmup_steps;
    return adam;
}

void adapt_learning_rate(const ReplicaSpec& spec, double score, ReplicaState& state) {
    const Hyperparameters& h = spec.hyperparameters;
    const int patience = h.lr_patience;
    // Epochs beyond those planned have the rate of the last one.
    if (h.lr_schedule == LrSchedule::cosine && state.epoch < spec.planned_epochs)
        state.lr *=
            cosine(state.epoch, spec.planned_epochs) / cosine(state.epoch - 1, spec.planned_epochs);
    if (std::isnan(score)) return;
    if (score > state.best_score) {
        state.best_score = score;
        state.epochs_without_better = 0;
    } else if (patience > 0 && ++state.epochs_without_better >= patience) {
        state.lr *= lr_cut;
        state.epochs_without_better = 0;
    }
}

Model trained_model(const ModelConfig& config, const ReplicaSpec& spec, Learners learners,
                    std::span<const float> parameters,
                    const std::function<Predictions(std::span<const int>)>& predict) {
    Model model{config, {parameters.begin(), parameters.end()}, {}, {}, {}};
    std::vector<double> sum(config.n_questions);
    std::vector<int> count(config.n_questions);
    CutPointFit cut_points(config.n_categories);
    for (const std::span<const int> part : parts_of(learners, spec.train)) {
        const Predictions of_part = predict(part);
        std::size_t t = 0;
        for (const int i : part)
            for (const std::int32_t q : learners[i].questions) {
                sum[q] += of_part.alpha[t++];
                ++count[q];
            }
        cut_points.add(of_part.probabilities, responses_of(learners, part));
    }
    for (int q = 0; q < config.n_questions; ++q)
        model.mean_alpha.push_back(count[q] > 0 ? sum[q] / count[q]
                                                : std::numeric_limits<double>::quiet_NaN());
    model.category_counts =
        count_categories({learners, config.n_questions, config.n_categories}, spec.train);
    model.cut_points = cut_points.cut_points();
    return model;
}

Model model_of(const ModelConfig& config, const ReplicaSpec& spec, Learners learners,
               std::vector<float> parameters, StopFlag stop) {
    const Model bare{config, std::move(parameters), {}, {}, {}};
    return trained_model(config, spec, learners, bare.parameters, [&](std::span<const int> which) {
        return manygpcm::predict(bare, learners, which, stop);
    });
}

}  // namespace manygpcm
