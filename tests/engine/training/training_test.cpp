// Training whole replicas: the same bits alone, in a cohort and on any number of threads; and what
// an epoch reports.
#include "manygpcm/engine/training.h"
#include "manygpcm/engine/replicas_progress.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/data/random_learners.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/context.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
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

TEST(Training, TellsOfEveryStepWhatPartOfAnEpochItWas) {
    const std::vector<Learner> learners = able_learners(24, n_questions, 5, 24);
    const std::vector<ReplicaSpec> replicas = {small_spec(0, parse_model("deep_gpcm")),
                                               small_spec(1, parse_model("deep_gpcm"))};
    std::vector<double> parts;
    const Context context{.jobs = 2, .trained = [&](double part) { parts.push_back(part); }};
    train_replicas({learners, n_questions, n_categories}, replicas, 3, context);
    // Batches of 4 and of 5 out of 20 learners, in three epochs.
    EXPECT_EQ(parts.size(), 3 * 5 + 3 * 4);
    EXPECT_NEAR(std::accumulate(parts.begin(), parts.end(), 0.0), 6, 1e-9);
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
                                        [&](int replica, const EpochResult& epoch, EpochsLeft) {
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
    const TrainingLength length = EarlyStopping{60, 3};
    ReplicasProgress progress(1, epochs_left(length));
    const auto observer = [&](int replica, const EpochResult& epoch, EpochsLeft left) {
        EXPECT_EQ(progress.over(), 0) << "before epoch " << epoch.epoch;
        EXPECT_GE(progress.least_left(), 1);
        progress.trained(replica, 1, left);
        EXPECT_TRUE(left.most == 0 || left.most == 60 - epoch.epoch);
    };
    const ReplicaResult result = train_replicas(set, specs, length, 1, observer)[0];
    EXPECT_EQ(progress.over(), 1);
    EXPECT_EQ(progress.epochs_done(), std::ssize(result.epochs));
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

TEST(EpochsLeft, AreAsManyAsPatienceGivesAtLeast) {
    const auto expect_left = [](EpochsLeft left, int least, int most) {
        EXPECT_EQ(left.least, least);
        EXPECT_EQ(left.most, most);
    };
    expect_left(epochs_left(5, 2), 3, 3);
    expect_left(epochs_left(EarlyStopping{12, 0}, 2, 1), 10, 10);
    expect_left(epochs_left(EarlyStopping{12, 3}), 3, 12);
    expect_left(epochs_left(EarlyStopping{12, 3}, 6, 5), 2, 6);
    expect_left(epochs_left(EarlyStopping{12, 3}, 8, 5), 0, 0);
    expect_left(epochs_left(EarlyStopping{12, 3}, 11, 10), 1, 1);
    expect_left(epochs_left(EarlyStopping{12, 3}, 12, 12), 0, 0);
}

/// Replicas whose training is stopped by the observer, as often as it takes, and goes on.
class InterruptedTraining : public testing::Test {
  protected:
    InterruptedTraining() {
        for (const char* model : {"deep_gpcm", "residual_gpcm", "gru_gpcm"}) {
            specs_.push_back(small_spec(static_cast<int>(specs_.size()), parse_model(model)));
            specs_.back().hyperparameters.lr = 0.05;
            specs_.back().hyperparameters.lr_patience = 2;
        }
        specs_.back().hyperparameters.lr_schedule = LrSchedule::cosine;
    }

    std::vector<ReplicaResult> train(const TrainingLength& length, int threads,
                                     const EpochObserver& observer = {}, StopFlag stop = nullptr,
                                     const TrainingCheckpoints* checkpoints = nullptr) const {
        return train_replicas({learners_, n_questions, n_categories}, specs_, length, threads,
                              observer, stop, checkpoints);
    }

    /// @param every  so many epochs
    std::vector<ReplicaResult> train_with_stops(const TrainingLength& length, int threads,
                                                int every, int& stops) const {
        for (stops = 0;; ++stops) {
            std::atomic<bool> stop{false};
            int epochs = 0;
            try {
                return train(
                    length, threads,
                    [&](int, const EpochResult&, EpochsLeft) { stop = ++epochs >= every; }, &stop,
                    &checkpoints_);
            } catch (const Interrupted&) {
            }
        }
    }

    void expect_same(const std::vector<ReplicaResult>& results,
                     const std::vector<ReplicaResult>& whole) const {
        for (std::size_t i = 0; i < whole.size(); ++i) {
            EXPECT_TRUE(same_bits(results[i].model.parameters, whole[i].model.parameters)) << i;
            EXPECT_EQ(results[i].epoch, whole[i].epoch) << i;
            ASSERT_EQ(results[i].epochs.size(), whole[i].epochs.size()) << i;
            for (std::size_t epoch = 0; epoch < whole[i].epochs.size(); ++epoch) {
                const EpochResult &one = results[i].epochs[epoch], &other = whole[i].epochs[epoch];
                EXPECT_EQ(one.epoch, other.epoch);
                EXPECT_EQ(one.train_loss, other.train_loss);
                EXPECT_EQ(one.lr, other.lr);
                EXPECT_EQ(one.validation.scalars(), other.validation.scalars());
            }
        }
    }

    const TestDirectory directory_;
    const TrainingCheckpoints checkpoints_{.directory = directory_.path() / "kept",
                                           .settings = R"({"seed": 1})"};
    const std::vector<Learner> learners_ = able_learners(24, n_questions, 5, 24);
    std::vector<ReplicaSpec> specs_;
};

TEST_F(InterruptedTraining, EndsInTheSameBitsWhereverItWasStopped) {
    for (const TrainingLength& length : {TrainingLength(6), TrainingLength(EarlyStopping{12, 3})}) {
        const auto whole = train(length, 1);
        for (const int threads : {1, 2})
            for (const int every : {1, 2, 5}) {
                SCOPED_TRACE(testing::Message() << threads << " threads, stopped every " << every);
                int stops = 0;
                expect_same(train_with_stops(length, threads, every, stops), whole);
                EXPECT_GE(stops, 2);
                remove_kept_replicas(checkpoints_.directory);
                EXPECT_FALSE(std::filesystem::exists(checkpoints_.directory));
            }
    }
}

TEST_F(InterruptedTraining, BeginsAnewWhereItsCheckpointIsDamagedOrOfOtherSettings) {
    const auto whole = train(4, 1);
    std::atomic<bool> stop{false};
    const auto interrupt = [&] {
        stop = false;
        EXPECT_THROW(train(
                         4, 1,
                         [&](int i, const EpochResult& epoch, EpochsLeft) {
                             stop = i == 1 && epoch.epoch == 2;
                         },
                         &stop, &checkpoints_),
                     Interrupted);
    };
    interrupt();
    auto kept = kept_replicas(checkpoints_.directory, 3);
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept[0].epochs, 4);
    EXPECT_EQ(kept[1].epochs, 2);
    EXPECT_EQ(epochs_left(4, kept[0].epochs, kept[0].best).most, 0);
    EXPECT_EQ(epochs_left(4, kept[1].epochs, kept[1].best).most, 2);
    EXPECT_EQ(kept[1].settings, R"({"seed":1})");

    const TrainingCheckpoints others{.directory = checkpoints_.directory,
                                     .settings = R"({"seed": 2})"};
    int epochs = 0;
    const EpochObserver count = [&](int, const EpochResult&, EpochsLeft) { ++epochs; };
    expect_same(train(4, 1, count, nullptr, &others), whole);
    EXPECT_EQ(epochs, 12);

    remove_kept_replicas(checkpoints_.directory);
    interrupt();
    std::string damaged = read_file(kept[1].file);
    damaged[damaged.size() - 9] ^= 1;
    write_file(kept[1].file, damaged);
    kept = kept_replicas(checkpoints_.directory, 3);
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept[1].settings, "");
    epochs = 0;
    expect_same(train(4, 1, count, nullptr, &checkpoints_), whole);
    EXPECT_EQ(epochs, 8);
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
