// Training whole replicas: the same bits alone, in a cohort and on any number of threads; and what
// an epoch reports.
#include "manygpcm/engine/training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 12, n_categories = 3;

ReplicaSpec small_spec(int trial, ModelKind kind) {
    ReplicaSpec spec;
    Hyperparameters& h = spec.hyperparameters;
    h.model = kind;
    h.memory_size = 5 + trial;
    h.key_dim = 9;
    h.value_dim = 17 + trial;
    h.embed_dim = 8;
    h.n_heads = 2;
    h.batch_size = 4 + trial % 3;
    h.dropout_rate = 0.2;
    spec.train = numbers_from(0, 20);
    spec.validation = {20, 21, 22, 23};
    spec.seed = 3;
    spec.trial = trial;
    spec.fold = trial % 2;
    return spec;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Training, ReplicaIsTheSameAloneAndInACohortOnAnyNumberOfThreads) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    const std::vector<ModelKind> kinds = all_models();
    std::vector<ReplicaSpec> cohort;
    for (int trial = 0; trial < 16; ++trial)
        cohort.push_back(small_spec(trial, kinds[trial % kinds.size()]));
    const auto train = [&](std::span<const ReplicaSpec> specs, int threads) {
        return train_replicas({learners, n_questions, n_categories}, specs, 2, threads);
    };
    const auto one_thread = train(cohort, 1), two_threads = train(cohort, 2);
    for (const int i : {0, 4, 8, 15}) {
        const auto alone = train(std::span(cohort).subspan(i, 1), 1);
        EXPECT_TRUE(same_bits(alone[0].model.parameters, one_thread[i].model.parameters)) << i;
        EXPECT_TRUE(same_bits(alone[0].model.parameters, two_threads[i].model.parameters)) << i;
        EXPECT_EQ(alone[0].epochs[1].validation["qwk"], two_threads[i].epochs[1].validation["qwk"])
            << i;
    }
    EXPECT_FALSE(
        same_bits(one_thread[0].model.parameters, one_thread[kinds.size()].model.parameters));
}

TEST(Training, LearnsAndReportsEveryEpoch) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    const std::vector<ReplicaSpec> specs{small_spec(0, parse_model("deep_gpcm"))};
    int calls = 0;
    const auto results = train_replicas({learners, n_questions, n_categories}, specs, 20, 1,
                                        [&](int replica, const EpochResult& epoch) {
                                            EXPECT_EQ(replica, 0);
                                            EXPECT_EQ(epoch.epoch, ++calls);
                                        });
    EXPECT_EQ(calls, 20);
    const auto& epochs = results[0].epochs;
    ASSERT_EQ(epochs.size(), 20u);
    EXPECT_LT(epochs.back().train_loss, epochs.front().train_loss - 0.1);
    std::size_t steps = 0;
    for (const int i : specs[0].validation)
        steps += learners[i].responses.size();
    EXPECT_EQ(epochs.back().validation.n, static_cast<std::int64_t>(steps));
    EXPECT_EQ(epochs.back().skipped_steps, 0);
    ASSERT_EQ(results[0].model.mean_alpha.size(), std::size_t(n_questions));
    for (const double alpha : results[0].model.mean_alpha)
        EXPECT_GT(alpha, 0);
}

TEST(Training, WithoutKeepingTheModelOnlyTheModelIsMissing) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs(2, small_spec(0, parse_model("deep_gpcm")));
    specs[1].keep_model = false;
    const auto results = train_replicas({learners, n_questions, n_categories}, specs, 2, 1);
    EXPECT_FALSE(results[0].model.parameters.empty());
    EXPECT_TRUE(results[1].model.parameters.empty());
    EXPECT_TRUE(results[1].model.mean_alpha.empty());
    ASSERT_EQ(results[1].epochs.size(), 2u);
    for (std::size_t e = 0; e < 2; ++e) {
        EXPECT_EQ(results[1].epochs[e].train_loss, results[0].epochs[e].train_loss);
        EXPECT_EQ(results[1].epochs[e].validation["qwk"], results[0].epochs[e].validation["qwk"]);
    }
}

TEST(Training, CutsTheLearningRateAfterEpochsWithoutABetterScore) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs{small_spec(0, parse_model("deep_gpcm"))};
    specs[0].hyperparameters.lr = 1e-12;  // nothing moves, so no epoch is better than the first
    specs[0].hyperparameters.lr_patience = 3;
    const auto epochs =
        train_replicas({learners, n_questions, n_categories}, specs, 8, 1)[0].epochs;
    EXPECT_DOUBLE_EQ(epochs[3].lr, 1e-12);
    EXPECT_DOUBLE_EQ(epochs[4].lr, 0.8e-12);
    EXPECT_DOUBLE_EQ(epochs[7].lr, 0.64e-12);
}

TEST(Training, CosineLowersTheLearningRateOverTheEpochsAskedFor) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs{small_spec(0, parse_model("deep_gpcm"))};
    specs[0].hyperparameters.lr_schedule = LrSchedule::cosine;
    specs[0].hyperparameters.lr = 0.004;
    for (const bool validated : {true, false}) {
        if (!validated) specs[0].validation.clear();
        const auto epochs =
            train_replicas({learners, n_questions, n_categories}, specs, 4, 1)[0].epochs;
        EXPECT_DOUBLE_EQ(epochs[0].lr, 0.004);
        EXPECT_NEAR(epochs[1].lr, 0.002 * (1 + std::sqrt(0.5)), 1e-12);
        EXPECT_NEAR(epochs[2].lr, 0.002, 1e-12);
        EXPECT_NEAR(epochs[3].lr, 0.002 * (1 - std::sqrt(0.5)), 1e-12);
    }
}

TEST(Training, EarlyStoppingKeepsTheEpochOfLeastCrossEntropy) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs{small_spec(0, parse_model("deep_gpcm"))};
    specs[0].hyperparameters.lr = 0.1;  // it soon gets worse
    const LearnerSet set{learners, n_questions, n_categories};
    const ReplicaResult result = train_replicas(set, specs, EarlyStopping{60, 3}, 1)[0];
    const auto best = std::ranges::min_element(
        result.epochs, {}, [](const EpochResult& e) { return e.validation["cross_entropy"]; });
    EXPECT_EQ(result.epoch, best->epoch);
    EXPECT_EQ(result.epochs.size(), static_cast<std::size_t>(best->epoch + 3));
    // The model is that epoch's.
    const ReplicaResult so_long = train_replicas(set, specs, best->epoch, 1)[0];
    EXPECT_TRUE(same_bits(result.model.parameters, so_long.model.parameters));
    EXPECT_EQ(result.model.mean_alpha, so_long.model.mean_alpha);
}

TEST(Training, EarlyStoppingKeepsTheClassicalStartWhereTrainingOnlyHarms) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs{small_spec(0, parse_model("residual_gpcm"))};
    specs[0].hyperparameters.lr = 1;
    const LearnerSet set{learners, n_questions, n_categories};
    const ReplicaResult result = train_replicas(set, specs, EarlyStopping{3, 0}, 1)[0];
    EXPECT_EQ(result.epoch, 0);
    EXPECT_EQ(result.epochs.size(), 3u);
    // Of the learners that told so, too.
    const ClassicalGpcm fit = fit_classical_gpcm(set, numbers_from(0, 24));
    EXPECT_TRUE(same_bits(result.model.parameters,
                          initial_parameters(result.model.config, specs[0].seed, specs[0].trial,
                                             specs[0].fold, &fit)));
}

TEST(Training, SkipsAndCountsStepsWhoseLossIsNotFinite) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs{small_spec(0, parse_model("deep_gpcm"))};
    specs[0].hyperparameters.lr = 1e30;  // the first step ruins the weights
    const ReplicaResult result =
        train_replicas({learners, n_questions, n_categories}, specs, 2, 1)[0];
    EXPECT_EQ(result.epochs[0].skipped_steps, 4);  // of five batches
    EXPECT_EQ(result.epochs[1].skipped_steps, 5);
    EXPECT_TRUE(std::isnan(result.epochs[1].train_loss));
    for (const float weight : result.model.parameters)
        ASSERT_TRUE(std::isfinite(weight));
}

TEST(Training, RefusesHyperparametersThatDoNotFitTogether) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs{small_spec(0, parse_model("attn_gpcm_learn"))};
    specs[0].hyperparameters.n_heads = 3;
    EXPECT_THROW(train_replicas({learners, n_questions, n_categories}, specs, 1, 1), InputError);
}

}  // namespace
}  // namespace manygpcm
