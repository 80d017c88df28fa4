// A whole small sweep on simulated learners: what it leaves, that threads don't matter, what it
// refuses.
#include "manygpcm/search/sweep.h"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/temporary_directory.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/simulate.h"
#include "manygpcm/search/baselines.h"

namespace manygpcm {
namespace {

constexpr int n_trials = 3, n_folds = 2, n_epochs = 2, n_replicas = n_trials * n_folds;

const Dataset& tiny_dataset() {
    static const Dataset dataset = [] {
        const TemporaryDirectory directory;
        simulate({.learners = 20,
                  .questions = 6,
                  .categories = 3,
                  .min_length = 4,
                  .max_length = 8,
                  .seed = 5},
                 directory.path());
        return read_dataset(directory.path());
    }();
    return dataset;
}

SweepConfig tiny_sweep(int jobs) {
    SweepConfig config;
    config.trials = n_trials;
    config.folds = n_folds;
    config.epochs = n_epochs;
    config.jobs = jobs;
    return config;
}

TEST(Sweep, TrainsEveryTrialOnEveryFoldAndScoresTheRefittedWinnerOnce) {
    std::vector<SweepProgress> states;
    const SweepResult result =
        run_sweep(tiny_dataset(), tiny_sweep(1),
                  [&](const SweepProgress& state) { states.push_back(state); });
    const Study& study = result.study;
    ASSERT_EQ(study.trials.size(), static_cast<std::size_t>(n_trials));
    for (const Trial& trial : study.trials) {
        ASSERT_EQ(trial.folds.size(), static_cast<std::size_t>(n_folds));
        for (const auto& fold : trial.folds)
            EXPECT_EQ(fold.size(), static_cast<std::size_t>(n_epochs));
    }
    EXPECT_EQ(study.n_learners, 16);
    EXPECT_EQ(study.n_test_learners, 4);

    ASSERT_NE(study.best(), nullptr);
    ASSERT_TRUE(result.best);
    EXPECT_EQ(result.best->config.hyperparameters.to_json(),
              study.space.apply(study.best()->point, study.base).to_json());
    const auto count_steps = [](const std::vector<Learner>& learners) {
        return std::accumulate(learners.begin(), learners.end(), std::int64_t{0},
                               [](std::int64_t n, const Learner& l) {
                                   return n + static_cast<std::int64_t>(l.responses.size());
                               });
    };
    ASSERT_TRUE(study.winner);
    EXPECT_EQ(study.winner->metrics.n, count_steps(tiny_dataset().test));
    EXPECT_EQ(study.winner->intervals.size(), study.winner->metrics.scalars().size());
    ASSERT_EQ(study.baselines.size(), 3u);
    EXPECT_EQ(study.baselines[0].metrics.n, study.winner->metrics.n);
    ASSERT_EQ(study.baselines_cv.size(), 3u);
    EXPECT_EQ(study.baselines_cv[0].metrics.n, count_steps(tiny_dataset().train));
    EXPECT_EQ(study.baselines[2].name, classical_name);
    ASSERT_TRUE(study.ceiling && study.ceiling_cv);  // simulated learners come with the truth
    EXPECT_EQ(study.ceiling->metrics.n, study.winner->metrics.n);
    EXPECT_EQ(study.ceiling_cv->metrics.n, count_steps(tiny_dataset().train));
    EXPECT_EQ(study.winner->calibration.size(), 10u);
    ASSERT_TRUE(study.portrait);
    EXPECT_EQ(study.portrait->items.size(), 6u);
    EXPECT_EQ(study.portrait->learners.size(), 4u);
    EXPECT_EQ(study.portrait->recovery.size(), 2u);

    ASSERT_EQ(states.size(), static_cast<std::size_t>((n_replicas + 1) * n_epochs));
    EXPECT_EQ(states.front().epochs_done, 1);
    EXPECT_FALSE(states.front().best_score);
    EXPECT_EQ(states.back().epochs_done, states.back().epochs);
    EXPECT_EQ(states.back().replicas_done, n_replicas);
    EXPECT_EQ(states.back().trials_done, n_trials);
    EXPECT_EQ(states.back().best_score, study.best()->score());
    EXPECT_EQ(states.back().seconds_left, 0);
    EXPECT_TRUE(states.back().refitting);
}

TEST(Sweep, CrossValidatesBaselinesFoldByFold) {
    const Dataset& dataset = tiny_dataset();
    const SweepConfig config = tiny_sweep(1);
    const Study study = run_sweep(dataset, config).study;
    std::vector<Metrics> by_fold;
    for (const Fold& fold : k_fold(study.n_learners, n_folds, config.seed)) {
        std::vector<std::int32_t> responses;
        for (const int i : fold.validation) {
            const auto& values = dataset.train[static_cast<std::size_t>(i)].responses;
            responses.insert(responses.end(), values.begin(), values.end());
        }
        by_fold.push_back(
            compute_metrics(predict_baseline(Baseline::item_frequencies, dataset.train, fold.train,
                                             fold.validation, 6, 3),
                            responses, 3));
    }
    EXPECT_EQ(study.baselines_cv[1].name, "item frequencies");
    EXPECT_EQ(study.baselines_cv[1].metrics.scalars(), mean_over_folds(by_fold).scalars());
}

TEST(Sweep, IsTheSameOnAnyNumberOfThreads) {
    const SweepResult one = run_sweep(tiny_dataset(), tiny_sweep(1));
    const SweepResult two = run_sweep(tiny_dataset(), tiny_sweep(2));
    for (std::size_t i = 0; i < one.study.trials.size(); ++i) {
        EXPECT_EQ(one.study.trials[i].point, two.study.trials[i].point);
        EXPECT_EQ(one.study.trials[i].score(), two.study.trials[i].score());
    }
    EXPECT_EQ(one.best->parameters, two.best->parameters);
    EXPECT_EQ(one.study.winner->metrics.qwk, two.study.winner->metrics.qwk);
}

TEST(Sweep, CrossValidatesOnAllLearnersWithoutHoldingAnyOut) {
    SweepConfig config = tiny_sweep(2);
    config.cv_on_all = true;
    const SweepResult result = run_sweep(tiny_dataset(), config);
    EXPECT_EQ(result.study.n_learners, 20);
    EXPECT_EQ(result.study.n_test_learners, 0);
    EXPECT_EQ(result.study.cv_on, "all");
    EXPECT_FALSE(result.study.winner);
    EXPECT_TRUE(result.study.baselines.empty());
    EXPECT_TRUE(result.best);
}

TEST(Sweep, RefusesWhatItCannotRun) {
    const auto refuses = [](const char* message, auto&& change) {
        SweepConfig config = tiny_sweep(1);
        change(config);
        try {
            run_sweep(tiny_dataset(), config);
            ADD_FAILURE() << "accepted: " << message;
        } catch (const InputError& error) {
            EXPECT_STREQ(error.what(), message);
        }
    };
    refuses("trials 0: expected at least 1", [](SweepConfig& c) { c.trials = 0; });
    refuses("epochs 0: expected at least 1", [](SweepConfig& c) { c.epochs = 0; });
    refuses("folds 1: expected 2 to 16, the number of learners",
            [](SweepConfig& c) { c.folds = 1; });
    refuses("folds 17: expected 2 to 16, the number of learners",
            [](SweepConfig& c) { c.folds = 17; });
    refuses("jobs -1: expected 0 (one per core) or more", [](SweepConfig& c) { c.jobs = -1; });
    refuses("sampler 'grid' is unknown: expected random, sobol, tpe, gp",
            [](SweepConfig& c) { c.sampler = "grid"; });
}

}  // namespace
}  // namespace manygpcm
