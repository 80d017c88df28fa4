// A whole small sweep on simulated learners: what it leaves, that neither threads nor interruptions
// matter, what it refuses.
#include "manygpcm/search/sweep.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/device/host_device.h"
#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/simulate.h"
#include "manygpcm/search/baselines.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/scheduler.h"
#include "manygpcm/search/space_of_models.h"
#include "storage/open_study.h"

namespace manygpcm::search {
namespace {

constexpr int n_trials = 3, n_folds = 2, n_epochs = 2;

const Dataset& tiny_dataset() {
    static const Dataset dataset = [] {
        const TestDirectory directory;
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

/// What is told while the winner is scored is left out.
template <class Callback>
SweepCallbacks after_epochs(Callback callback) {
    return {.epoch = [callback](const SweepProgress& state) mutable {
        if (!state.scoring || state.over) callback(state);
        return true;
    }};
}

SweepConfig telling(SweepConfig config, std::vector<std::string>& notices) {
    config.notice = [&](const std::string& line) { notices.push_back(line); };
    return config;
}

/// Runs a sweep to its end, stopped again and again: a run after `epochs` epochs or up to 4 more.
void run_with_stops(SweepConfig config, int epochs, SweepResult& result, int& runs) {
    std::atomic<bool> stop{false};
    config.stop = &stop;
    runs = 0;
    do {
        stop = false;
        int done = 0;
        result = run_sweep(tiny_dataset(), config, after_epochs([&](const SweepProgress&) {
                               if (++done == epochs + runs % 5) stop = true;
                           }));
        ASSERT_LT(++runs, 100);
    } while (result.stopped);
}

class Sweep : public testing::Test {
  protected:
    std::filesystem::path journal(const std::string& name = "study.journal") const {
        return directory_.path() / name;
    }

    /// Every trial on every fold for all epochs.
    SweepConfig fixed_sweep(int jobs, const std::string& study = "study.journal") const {
        SweepConfig config;
        config.trials = n_trials;
        config.n_folds = n_folds;
        config.epochs = n_epochs;
        config.jobs = jobs;
        config.sampler = "random";
        config.scheduler = "fixed";
        config.study = journal(study);
        config.weights = journal(study + ".safetensors");
        return config;
    }

    /// Of models so small that many can be trained.
    SweepConfig halving_sweep(int jobs, const std::string& study) const {
        SweepConfig config = fixed_sweep(jobs, study);
        config.base.key_dim = 4;
        config.base.value_dim = 8;
        config.base.final_fc_dim = 4;
        config.base.batch_size = 4;
        config.space = Space({{.name = "lr", .low = 0.001, .high = 0.1, .log = true, .choices = {}},
                              {.name = "memory_size",
                               .kind = Parameter::Kind::integer,
                               .low = 2,
                               .high = 5,
                               .choices = {}},
                              {.name = "dropout_rate", .low = 0, .high = 0.5, .choices = {}}});
        config.trials = 20;
        config.n_folds = 3;
        config.epochs = 8;
        config.sampler = "gp";
        config.scheduler = "halving";
        config.patience = 0;
        return config;
    }

  private:
    TestDirectory directory_;
};

/// All but the seconds that it took.
void expect_same(const SweepResult& a, const SweepResult& b) {
    ASSERT_EQ(a.study.trials.size(), b.study.trials.size());
    for (std::size_t i = 0; i < a.study.trials.size(); ++i) {
        const Trial &one = a.study.trials[i], &other = b.study.trials[i];
        EXPECT_EQ(one.number, other.number);
        EXPECT_EQ(one.state, other.state) << i;
        EXPECT_EQ(one.point, other.point) << i;
        ASSERT_EQ(one.folds.size(), other.folds.size());
        for (std::size_t fold = 0; fold < one.folds.size(); ++fold) {
            ASSERT_EQ(one.folds[fold].size(), other.folds[fold].size()) << i << " " << fold;
            for (std::size_t epoch = 0; epoch < one.folds[fold].size(); ++epoch) {
                const EpochResult &x = one.folds[fold][epoch], &y = other.folds[fold][epoch];
                EXPECT_EQ(x.train_loss, y.train_loss);
                EXPECT_EQ(x.validation.scalars(), y.validation.scalars());
            }
        }
    }
    ASSERT_TRUE(a.best && b.best);
    EXPECT_EQ(a.best->parameters, b.best->parameters);
    ASSERT_EQ(a.study.winner.has_value(), b.study.winner.has_value());
    if (a.study.winner) {
        EXPECT_EQ(a.study.winner->metrics.scalars(), b.study.winner->metrics.scalars());
    }
}

TEST_F(Sweep, WithoutAFileIsTheSameAndLeavesNothing) {
    SweepConfig unkept = fixed_sweep(1);
    unkept.study.clear();
    unkept.weights.clear();
    const SweepResult result = run_sweep(tiny_dataset(), unkept);
    expect_same(result, run_sweep(tiny_dataset(), fixed_sweep(1)));
}

TEST_F(Sweep, TrainsEveryTrialOnEveryFoldAndScoresTheRefittedWinnerOnce) {
    std::vector<SweepProgress> states;
    const SweepResult result =
        run_sweep(tiny_dataset(), fixed_sweep(1),
                  after_epochs([&](const SweepProgress& state) { states.push_back(state); }));
    const Study& study = result.study;
    ASSERT_EQ(study.trials.size(), static_cast<std::size_t>(n_trials));
    for (const Trial& trial : study.trials) {
        EXPECT_EQ(trial.state, TrialState::complete);
        ASSERT_EQ(trial.folds.size(), static_cast<std::size_t>(n_folds));
        for (const auto& fold : trial.folds)
            EXPECT_EQ(fold.size(), static_cast<std::size_t>(n_epochs));
    }
    EXPECT_EQ(study.n_learners, 16);
    EXPECT_EQ(study.n_test_learners, 4);

    ASSERT_NE(study.best(), nullptr);
    ASSERT_TRUE(result.best);
    EXPECT_EQ(result.best->config.hyperparameters,
              study.space.apply(study.best()->point, study.base));
    const auto count_steps = [](const std::vector<Learner>& learners) {
        return std::accumulate(learners.begin(), learners.end(), std::int64_t{0},
                               [](std::int64_t n, const Learner& l) {
                                   return n + static_cast<std::int64_t>(l.responses.size());
                               });
    };
    ASSERT_TRUE(study.winner);
    EXPECT_EQ(study.winner->metrics.n, count_steps(tiny_dataset().test));
    EXPECT_TRUE(study.winner->intervals.empty());  // of four learners
    ASSERT_EQ(study.baselines.size(), 4u);
    EXPECT_EQ(study.baselines[0].metrics.n, study.winner->metrics.n);
    ASSERT_EQ(study.baselines_cv.size(), 4u);
    EXPECT_EQ(study.baselines_cv[0].metrics.n, count_steps(tiny_dataset().train));
    EXPECT_EQ(study.baselines[3].name, classical_name);
    ASSERT_TRUE(study.ceiling && study.ceiling_cv);  // simulated learners come with the truth
    EXPECT_EQ(study.ceiling->metrics.n, study.winner->metrics.n);
    EXPECT_EQ(study.ceiling_cv->metrics.n, count_steps(tiny_dataset().train));
    EXPECT_EQ(study.winner->calibration.size(), 10u);
    for (const ScoredPredictor& baseline : study.baselines)
        EXPECT_TRUE(baseline.winner_differences.empty());
    ASSERT_TRUE(study.portrait);
    EXPECT_EQ(study.portrait->items.size(), 6u);
    EXPECT_EQ(study.portrait->learners.size(), 4u);
    EXPECT_EQ(study.portrait->recovery.size(), 2u);

    EXPECT_EQ(states.front().epochs_done, 1);
    EXPECT_EQ(states.front().epochs, (n_trials * n_folds + 1) * n_epochs);
    EXPECT_FALSE(states.front().best_score);
    EXPECT_EQ(states.back().epochs_done, (n_trials * n_folds + 1) * n_epochs);
    EXPECT_EQ(states.back().epochs_done, states.back().epochs);
    EXPECT_EQ(states.back().trials_done, n_trials);
    EXPECT_EQ(states.back().best_score, study.best()->score());
    EXPECT_EQ(states.back().seconds_left, 0);
    EXPECT_TRUE(states.back().refitting);
}

TEST_F(Sweep, ComparesTheWinnerWithEveryBaselineOnTheSameLearnersAndFolds) {
    Dataset dataset = tiny_dataset();
    dataset.truth.reset();
    for (std::size_t i = 0; dataset.test.size() < fewest_held_out; ++i)
        dataset.test.push_back(dataset.test[i]);
    const Study study = run_sweep(dataset, fixed_sweep(1)).study;
    // What the winner has more lies within its interval.
    const auto expect_about = [](const Metrics& winner, const ScoredPredictor& other) {
        ASSERT_EQ(other.winner_differences.size(), winner.scalars().size());
        const double qwk = winner["qwk"] - other.metrics["qwk"];
        EXPECT_LE(other.winner_differences.at("qwk").low, qwk) << other.name;
        EXPECT_GE(other.winner_differences.at("qwk").high, qwk) << other.name;
    };
    EXPECT_EQ(study.winner->intervals.size(), study.winner->metrics.scalars().size());
    for (const ScoredPredictor& baseline : study.baselines)
        expect_about(study.winner->metrics, baseline);
    for (const ScoredPredictor& baseline : study.baselines_cv)
        expect_about(mean_over_folds(study.best()->last_epochs()), baseline);
}

TEST_F(Sweep, ComparesAWinnerThatAnEarlierVersionRecorded) {
    const SweepConfig config = fixed_sweep(1);
    Study study = run_sweep(tiny_dataset(), config).study;
    const auto open = [&] {
        return OpenStudy(config.study, study_names(config.study).front(), study);
    };
    {
        OpenStudy journal = open();
        for (ScoredPredictor& baseline : study.baselines_cv)
            baseline.winner_differences.clear();
        journal.record_results(study);
        EXPECT_FALSE(journal.study().compared());
    }
    EXPECT_TRUE(run_sweep(tiny_dataset(), config).study.compared());
    EXPECT_TRUE(open().study().compared());
}

TEST_F(Sweep, AddsPsychometricsToWhatAnEarlierVersionEnded) {
    const SweepConfig config = fixed_sweep(1);
    Study study = run_sweep(tiny_dataset(), config).study;
    ASSERT_TRUE(study.psychometrics);
    EXPECT_EQ(study.psychometrics->learners, study.n_learners);
    EXPECT_GT(study.psychometrics->responses, study.n_learners);
    ASSERT_EQ(study.psychometrics->items.size(), 6u);
    const double infit = study.psychometrics->items[0].winner.infit;
    EXPECT_TRUE(std::isfinite(infit));
    const auto open = [&] {
        return OpenStudy(config.study, study_names(config.study).front(), study);
    };
    const auto expect_added = [&] {
        open().record_results(study);
        run_sweep(tiny_dataset(), config);
        ASSERT_TRUE(open().study().psychometrics);
        EXPECT_TRUE(open().study().psychometrics->likelihood);
        EXPECT_EQ(open().study().psychometrics->items[0].winner.infit, infit);
        EXPECT_FALSE(open().study().by_position.empty());
    };
    const Study whole = study;
    study.psychometrics.reset();
    expect_added();
    study.psychometrics = whole.psychometrics;
    study.psychometrics->likelihood.reset();
    expect_added();
    study.psychometrics = whole.psychometrics;
    ASSERT_FALSE(study.by_position.empty());
    study.by_position.clear();
    expect_added();
}

TEST_F(Sweep, ScoresTheWinnerByPositionAndSkill) {
    Dataset dataset = tiny_dataset();
    dataset.skills = {{"all", "odd"}, {{0}, {0, 1}, {0}, {0, 1}, {0}, {0, 1}}};
    const Study study = run_sweep(dataset, fixed_sweep(1)).study;
    const auto expect_whole = [&](const Study& scored, std::int64_t n) {
        std::int64_t by_position = 0;
        for (const ScoredPart& part : scored.by_position)
            by_position += part.responses;
        EXPECT_EQ(by_position, n);
        ASSERT_EQ(scored.by_skill.size(), 2u);
        EXPECT_EQ(scored.by_skill[0].responses, n);  // question for question
    };
    expect_whole(study, study.winner->metrics.n);
    EXPECT_NEAR(study.by_skill[0].winner.at("cross_entropy"),
                study.winner->metrics["cross_entropy"], 1e-9);
    EXPECT_EQ(study.baselines[3].name, classical_name);
    EXPECT_NEAR(study.by_skill[0].classical.at("cross_entropy"),
                study.baselines[3].metrics["cross_entropy"], 1e-9);
    ASSERT_TRUE(study.winner->without_first && study.winner->qwk_fitted);
    EXPECT_EQ(study.winner->without_first->n,
              study.winner->metrics.n - static_cast<std::int64_t>(dataset.test.size()));

    // Without learners held out, on those left out of each fold, whose models must be kept.
    dataset.test.clear();
    dataset.truth.reset();
    SweepConfig config = fixed_sweep(1, "folds");
    EXPECT_TRUE(run_sweep(dataset, config).study.by_position.empty());
    config.fold_weights = journal("fold_models");
    std::filesystem::create_directory(config.fold_weights);
    const Study of_folds = run_sweep(dataset, config).study;  // goes on with what is there
    expect_whole(of_folds, mean_over_folds(of_folds.best()->last_epochs()).n);
    EXPECT_EQ(read_study(config.study).by_position.size(), of_folds.by_position.size());
}

TEST_F(Sweep, CrossValidatesBaselinesFoldByFold) {
    const Dataset& dataset = tiny_dataset();
    const SweepConfig config = fixed_sweep(1);
    const Study study = run_sweep(dataset, config).study;
    std::vector<Metrics> by_fold;
    for (const Fold& fold : k_fold(study.n_learners, n_folds, config.seed)) {
        std::vector<std::int32_t> responses;
        for (const int i : fold.validation) {
            const auto& values = dataset.train[static_cast<std::size_t>(i)].responses;
            responses.insert(responses.end(), values.begin(), values.end());
        }
        by_fold.push_back(compute_metrics(
            FrequencyModel(Baseline::item_frequencies, {dataset.train, 6, 3}, fold.train)
                .predict(dataset.train, fold.validation),
            responses, 3));
    }
    EXPECT_EQ(study.baselines_cv[1].name, "item frequencies");
    EXPECT_EQ(study.baselines_cv[1].metrics.scalars(), mean_over_folds(by_fold).scalars());
}

// So few learners' items are held by a prior, or run away without one.
TEST_F(Sweep, ComparesWithAClassicalModelOfTheTrialsOwnPrior) {
    SweepConfig config = fixed_sweep(1);
    config.base.model = parse_model("residual_gpcm");
    config.base.value_dim = 8;
    config.base.item_prior = ItemPrior::none;
    config.space = Space({{.name = "lr", .low = 0.001, .high = 0.1, .log = true, .choices = {}}});
    const Study study = run_sweep(tiny_dataset(), config).study;
    const std::vector<Learner>& train = tiny_dataset().train;
    const std::vector<int> all = numbers_from(0, static_cast<int>(train.size()));
    const auto slope = [&](ItemPrior prior) {
        return fit_classical_gpcm({train, 6, 3}, all, nullptr, prior).alpha[0];
    };
    ASSERT_TRUE(study.portrait);
    EXPECT_NEAR(study.portrait->items[0].classical.alpha, slope(ItemPrior::none), 1e-6);
    EXPECT_GT(std::abs(slope(ItemPrior::none) - slope(ItemPrior::weak)), 1e-3);
}

TEST_F(Sweep, IsTheSameOnAnyNumberOfThreads) {
    const SweepResult one = run_sweep(tiny_dataset(), halving_sweep(1, "one"));
    for (const int jobs : {2, 5})
        expect_same(run_sweep(tiny_dataset(), halving_sweep(jobs, std::to_string(jobs))), one);
}

TEST_F(Sweep, HalvingTrainsFewTrialsToTheEndAndOneOfThemWins) {
    const SweepConfig config = halving_sweep(2, "study");
    const SweepResult result = run_sweep(tiny_dataset(), config);
    const Study& study = result.study;
    EXPECT_EQ(study.trials.size(), 20u);
    int full = 0;
    for (const Trial& trial : study.trials) {
        EXPECT_NE(trial.state, TrialState::running);
        full += trial.full();
        if (trial.full()) {
            EXPECT_EQ(trial.epochs(), config.epochs);
        }
    }
    EXPECT_GE(full, 1);
    EXPECT_LE(full, 5);
    ASSERT_NE(study.best(), nullptr);
    EXPECT_TRUE(study.best()->full());
    EXPECT_FALSE(std::filesystem::exists(journal("study.checkpoints")));
    EXPECT_EQ(load_model(config.weights).parameters, result.best->parameters);
}

TEST_F(Sweep, EndsAsIfNothingHadHappenedHoweverOftenItIsStopped) {
    for (const char* sampler : {"random", "tpe", "gp"}) {
        SCOPED_TRACE(sampler);
        const auto config_for = [&](const std::string& name) {
            SweepConfig config = halving_sweep(1, sampler + name);
            config.sampler = sampler;
            config.trials = 14;
            return config;
        };
        const SweepResult whole = run_sweep(tiny_dataset(), config_for("whole"));
        SweepResult result;
        int runs = 0;
        ASSERT_NO_FATAL_FAILURE(run_with_stops(config_for("stopped"), 13, result, runs));
        EXPECT_GT(runs, 5);
        expect_same(result, whole);
    }
}

/// The models in a directory, by fold.
std::vector<Model> fold_models_in(const std::filesystem::path& directory, int count) {
    std::vector<Model> models;
    for (const std::filesystem::path& file : fold_files(directory, count))
        models.push_back(load_model(file));
    return models;
}

// They are the very models whose scores chose the winner.
TEST_F(Sweep, KeepsTheFoldModelsThatScoredTheWinnerAndScoresTheirAverage) {
    Dataset dataset = tiny_dataset();
    dataset.truth.reset();  // it has no abilities of those that are added
    for (std::size_t i = 0; dataset.test.size() < fewest_held_out; ++i)
        dataset.test.push_back(dataset.test[i]);
    SweepConfig config = halving_sweep(2, "study");
    config.fold_weights = journal("folds");
    std::filesystem::create_directory(config.fold_weights);
    const Study study = run_sweep(dataset, config).study;
    ASSERT_NE(study.best(), nullptr);
    const std::vector<Model> models = fold_models_in(config.fold_weights, config.n_folds);
    const std::vector<Fold> folds = k_fold(study.n_learners, config.n_folds, config.seed);
    for (std::size_t fold = 0; fold < folds.size(); ++fold) {
        const Metrics metrics = compute_metrics(
            predict(models[fold], dataset.train, folds[fold].validation).probabilities,
            responses_of(dataset.train, folds[fold].validation), 3);
        EXPECT_EQ(metrics.scalars(), study.best()->last_epochs()[fold].scalars());
    }
    ASSERT_TRUE(study.folds_average);
    const std::vector<int> all = numbers_from(0, static_cast<int>(dataset.test.size()));
    std::vector<float> mean;
    for (const Model& model : models) {
        const std::vector<float> one = predict(model, dataset.test, all).probabilities;
        mean.resize(one.size());
        for (std::size_t i = 0; i < one.size(); ++i)
            mean[i] += one[i] / static_cast<float>(models.size());
    }
    EXPECT_NEAR(study.folds_average->metrics["cross_entropy"],
                compute_metrics(mean, responses_of(dataset.test, all), 3)["cross_entropy"], 1e-6);
    const Interval& more = study.folds_average->winner_differences.at("cross_entropy");
    const double difference =
        study.winner->metrics["cross_entropy"] - study.folds_average->metrics["cross_entropy"];
    EXPECT_LE(more.low, difference);
    EXPECT_GE(more.high, difference);
    EXPECT_FALSE(std::filesystem::exists(journal("study.checkpoints")));
    EXPECT_EQ(read_study(config.study).folds_average->metrics.scalars(),
              study.folds_average->metrics.scalars());
}

TEST_F(Sweep, KeepsTheSameFoldModelsHoweverOftenItIsStopped) {
    SweepConfig whole = halving_sweep(1, "whole");
    whole.fold_weights = journal("whole.folds");
    std::filesystem::create_directory(whole.fold_weights);
    const SweepResult expected = run_sweep(tiny_dataset(), whole);
    const std::vector<Model> models = fold_models_in(whole.fold_weights, whole.n_folds);

    SweepConfig config = halving_sweep(2, "stopped");
    config.fold_weights = journal("stopped.folds");
    std::filesystem::create_directory(config.fold_weights);
    std::atomic<bool> stop{false};
    config.stop = &stop;
    int runs = 0;
    const auto run_stopped = [&] {
        SweepResult result;
        runs = 0;
        do {
            stop = false;
            int searched = 0, refitted = 0;
            const auto count = [&](const SweepProgress& state) {
                if (state.refitting ? ++refitted == 5 : ++searched == 17 + runs % 5) stop = true;
            };
            result = run_sweep(tiny_dataset(), config, after_epochs(count));
        } while (++runs < 100 && result.stopped);
        return result;
    };
    const SweepResult result = run_stopped();
    EXPECT_GT(runs, 5);
    expect_same(result, expected);
    const auto expect_kept = [&](const std::filesystem::path& directory) {
        const std::vector<Model> kept = fold_models_in(directory, config.n_folds);
        for (std::size_t fold = 0; fold < models.size(); ++fold) {
            EXPECT_EQ(kept[fold].parameters, models[fold].parameters);
            EXPECT_EQ(read_file(fold_files(directory, config.n_folds)[fold]),
                      read_file(fold_files(whole.fold_weights, config.n_folds)[fold]));
        }
    };
    expect_kept(config.fold_weights);

    // A sweep that is over trains them again where they are asked for elsewhere, or changed.
    config.fold_weights = journal("elsewhere");
    std::filesystem::create_directory(config.fold_weights);
    expect_same(run_stopped(), expected);
    EXPECT_GT(runs, 2);
    expect_kept(config.fold_weights);
    config.stop = nullptr;
    save_model(models[0], fold_files(config.fold_weights, config.n_folds)[1]);
    const Study again = run_sweep(tiny_dataset(), config).study;
    expect_kept(config.fold_weights);
    EXPECT_EQ(again.folds_average->metrics.scalars(),
              expected.study.folds_average->metrics.scalars());
}

TEST_F(Sweep, RepeatsNothingWhereAllIsDone) {
    const SweepResult first = run_sweep(tiny_dataset(), fixed_sweep(1));
    std::int64_t epochs = 0;
    std::vector<std::string> notices;
    const SweepResult again = run_sweep(tiny_dataset(), telling(fixed_sweep(1), notices),
                                        after_epochs([&](const SweepProgress& state) {
                                            epochs = state.epochs - state.epochs_done;
                                        }));
    EXPECT_EQ(epochs, 0);
    EXPECT_EQ(again.study.wall_seconds, first.study.wall_seconds);
    EXPECT_EQ(notices, std::vector{journal().string() + ": going on with its 3 trials"});
    expect_same(again, first);

    // Another model in its place isn't taken for it.
    SweepConfig config = fixed_sweep(1);
    Model other = *first.best;
    other.parameters[0] += 1;
    save_model(other, config.weights);
    const SweepResult refitted = run_sweep(tiny_dataset(), config);
    expect_same(refitted, first);
    EXPECT_EQ(load_model(config.weights).parameters, first.best->parameters);
}

TEST_F(Sweep, TrainsAgainWhereCheckpointsAreGone) {
    const SweepResult whole = run_sweep(tiny_dataset(), halving_sweep(1, "whole"));
    std::atomic<bool> stop{false};
    SweepConfig config = halving_sweep(1, "stopped");
    config.stop = &stop;
    int epochs = 0;
    const auto count = [&](const SweepProgress&) { stop = ++epochs == 60; };
    ASSERT_TRUE(run_sweep(tiny_dataset(), config, after_epochs(count)).stopped);
    ASSERT_GT(std::filesystem::remove_all(journal("stopped.checkpoints")), 0u);
    stop = false;
    config.stop = nullptr;
    expect_same(run_sweep(tiny_dataset(), config), whole);
}

// What Optuna and its dashboard put beside a sweep's own trials, between two of its commands.
TEST_F(Sweep, TrainsWhatIsEnqueuedAndPassesOverEverythingElse) {
    SweepConfig config = fixed_sweep(1);
    run_sweep(tiny_dataset(), config);
    const auto create = [](const std::string& rest) {
        return R"({"op_code":4,"worker_id":"o","study_id":0,"datetime_start":)" + rest + "}\n";
    };
    std::ofstream(journal(), std::ios::app)
        << create(R"("2026-01-01T00:00:00")")
        << create(R"(null,"state":4,"system_attrs":{"fixed_params":{"lr":7}})")
        << create(R"(null,"state":4,"system_attrs":{"fixed_params":{"lr":0.0023}})")
        << create(R"(null,"state":3,"datetime_complete":"2026-01-01T00:00:00")")
        << create(
               R"("2026-01-01T00:00:00","state":1,"value":9,"datetime_complete":"2026-01-01T00:00:00")");
    std::vector<std::string> notices;
    config = telling(config, notices);
    run_sweep(tiny_dataset(), config);
    EXPECT_THAT(notices, testing::Contains(
                             testing::HasSubstr("2 trials enqueued and not begun: more than 3 ")));
    config.trials = n_trials + 2;
    for (int repeat = 0; repeat < 2; ++repeat) {
        const SweepResult result = run_sweep(tiny_dataset(), config);
        EXPECT_FALSE(result.stopped);
        ASSERT_EQ(result.study.trials.size(), n_trials + 6u);
        const auto& trials = result.study.trials;
        EXPECT_EQ(trials[n_trials].state, TrialState::running);
        EXPECT_EQ(trials[n_trials + 1].state, TrialState::failed) << "refused";
        EXPECT_TRUE(trials[n_trials + 2].full());
        EXPECT_EQ(trials[n_trials + 2].point.at("lr"), 0.0023);
        EXPECT_FALSE(trials[n_trials + 4].full());
        EXPECT_TRUE(trials[n_trials + 5].full());
        EXPECT_LT(result.study.best()->score(), 1);
    }
    EXPECT_THAT(notices,
                testing::Contains(testing::HasSubstr("trial 5, which was enqueued, is refused")));
    EXPECT_EQ(read_study(journal()).begun, (std::vector{0, 1, 2, 5, 8}));
    EXPECT_FALSE(std::filesystem::exists(journal().string() + ".checkpoints"));
}

TEST_F(Sweep, IsExtendedByMoreTrials) {
    SweepConfig config = halving_sweep(1, "study");
    config.trials = 10;
    const SweepResult first = run_sweep(tiny_dataset(), config);
    config.trials = 20;
    const SweepResult second = run_sweep(tiny_dataset(), config);
    ASSERT_EQ(second.study.trials.size(), 20u);
    EXPECT_EQ(first.trials_done, 10);
    EXPECT_EQ(second.trials_done, 20);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(second.study.trials[i].point, first.study.trials[i].point);
        EXPECT_EQ(second.study.trials[i].state, first.study.trials[i].state);
        EXPECT_EQ(second.study.trials[i].seconds(), first.study.trials[i].seconds());
    }
    EXPECT_GE(second.study.best()->score(), first.study.best()->score());
    config.trials = 12;
    try {
        run_sweep(tiny_dataset(), config);
        ADD_FAILURE() << "fewer trials were accepted";
    } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()),
                  journal("study").string() +
                      ": was asked for 20 trials before, not 12; expected --trials 20 or more, or "
                      "a new study (another --out or --study)");
    }
}

TEST_F(Sweep, SaysThatPatienceEndedItAndWhatGoesOn) {
    SweepConfig config = halving_sweep(1, "study");
    config.sampler = "random";  // one that learns may gain with every trial
    config.patience = 1;
    std::vector<std::string> notices;
    const auto run = [&] {
        notices.clear();
        return run_sweep(tiny_dataset(), telling(config, notices)).study.trials.size();
    };
    const std::size_t n = run();
    ASSERT_LT(n, 20u);
    const auto beginning = [&] {
        return journal("study").string() + ": the search ended after " + std::to_string(n) +
               " of " + std::to_string(config.trials) + " trials, as none of ";
    };
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(notices[0].find(beginning()), 0u) << notices[0];
    EXPECT_NE(notices[0].find(" begun after the best beat it and --patience is 1 (what had begun "
                              "before that was known counts, too); --patience 0, or more than "),
              std::string::npos)
        << notices[0];

    config.trials = 22;
    EXPECT_EQ(run(), n);
    EXPECT_EQ(read_study(config.study).trials_asked, 22);
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_EQ(notices[1].find(beginning()), 0u) << notices[1];

    config.patience = 0;
    EXPECT_EQ(run(), 22u);
    EXPECT_EQ(notices.size(), 1u) << "that it goes on, and no more";
}

/// With the least or the most of the objective, as its direction has it.
void expect_best(const Study& study, std::string_view objective) {
    const Metric& metric = *find_metric(objective);
    EXPECT_EQ(study.objective, objective);
    EXPECT_EQ(study.minimize, metric.minimize);
    ASSERT_NE(study.best(), nullptr);
    for (const Trial& trial : study.trials) {
        EXPECT_DOUBLE_EQ(trial.score(), mean_over_folds(trial.last_epochs())[metric]);
        EXPECT_FALSE(metric.better(trial.score(), study.best()->score())) << trial.number;
    }
}

TEST_F(Sweep, TakesTheTrialWithTheBestOfItsObjective) {
    SweepConfig config = halving_sweep(1, "study");
    config.scheduler = "fixed";
    config.trials = 12;
    config.epochs = 2;
    std::set<int> winners;
    for (const char* objective : {"cross_entropy", "accuracy", "rmse"}) {
        config.objective = objective;
        config.study = journal(objective);
        const SweepResult result = run_sweep(tiny_dataset(), config);
        expect_best(result.study, objective);
        expect_best(read_study(config.study), objective);
        winners.insert(result.study.best()->number);
        const Study again = run_sweep(tiny_dataset(), config).study;
        EXPECT_EQ(again.best()->number, result.study.best()->number) << "it goes on, and is done";
    }
    EXPECT_GT(winners.size(), 1u) << "or the metrics couldn't be told apart here";
}

TEST_F(Sweep, GoesByTheAreaUnderTheRocCurveOfTwoCategories) {
    const TestDirectory directory;
    simulate({.learners = 30,
              .questions = 6,
              .categories = 2,
              .min_length = 4,
              .max_length = 8,
              .seed = 5},
             directory.path());
    SweepConfig config = halving_sweep(1, "study");
    config.trials = 6;
    config.objective = "auc";
    const Study study = run_sweep(read_dataset(directory.path()), config).study;
    EXPECT_DOUBLE_EQ(study.best()->score(), mean_over_folds(study.best()->last_epochs())["auc"]);
    EXPECT_GT(study.best()->score(), 0);
    config.study = journal("other");
    expect_input_error([&] { run_sweep(tiny_dataset(), config); },
                       {"objective auc", "two categories only", "has 3"});
    EXPECT_FALSE(std::filesystem::exists(config.study));
}

TEST_F(Sweep, RefusesAStudyOfOtherSettings) {
    run_sweep(tiny_dataset(), fixed_sweep(1));
    const auto refuses = [&](const char* words, auto&& change) {
        SweepConfig config = fixed_sweep(1);
        change(config);
        try {
            run_sweep(tiny_dataset(), config);
            ADD_FAILURE() << "accepted: " << words;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
            EXPECT_TRUE(std::string(error.what()).starts_with(journal().string()));
        }
    };
    refuses(
        "was begun with objective qwk, not cross_entropy; expected --objective qwk, or a new study "
        "(another --out or --study)",
        [](SweepConfig& c) { c.objective = "cross_entropy"; });
    refuses("seed 42, not 43; expected --seed 42, or", [](SweepConfig& c) { c.seed = 43; });
    refuses("epochs 2, not 3; expected --epochs 2, or", [](SweepConfig& c) { c.epochs = 3; });
    refuses("folds 2, not 3; expected --folds 2, or", [](SweepConfig& c) { c.n_folds = 3; });
    refuses("sampler random, not sobol; expected --sampler random, or",
            [](SweepConfig& c) { c.sampler = "sobol"; });
    refuses("cv_on train, not all; expected --cv-on train, or",
            [](SweepConfig& c) { c.cv_on = "all"; });
    refuses("model deep_gpcm, not attn_gpcm_learn; expected --model deep_gpcm, or",
            [](SweepConfig& c) { c.base.model = parse_model("attn_gpcm_learn"); });
    refuses(
        "was begun with final_fc_dim=50, grad_clip=5.0, not 9, 1.5; expected --set final_fc_dim=50 "
        "grad_clip=5.0, or",
        [](SweepConfig& c) {
            c.base.final_fc_dim = 9;
            c.base.grad_clip = 1.5;
        });
    refuses("scheduler fixed, not halving; expected --scheduler fixed, or",
            [](SweepConfig& c) { c.scheduler = "halving"; });
    refuses(
        "the search space differs: lr: high 0.1, before 0.02; not searched any more: memory_size, "
        "key_dim, value_dim, dropout_rate, batch_size, lr_schedule, optimizer, weight_decay; "
        "expected no --space, nothing of it in --set, or a new study (another --out or --study)",
        [](SweepConfig& c) {
            c.space =
                Space({{.name = "lr", .low = 0.001, .high = 0.1, .log = true, .choices = {}}});
        });
    SweepConfig config = fixed_sweep(1);
    Dataset other = tiny_dataset();
    other.name = "other";
    other.train[0].responses[0] = (other.train[0].responses[0] + 1) % 3;
    try {
        run_sweep(other, config);
        ADD_FAILURE() << "other data was accepted";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what())
                      .find("the data has changed; expected what it began with, " +
                            tiny_dataset().name + ", or a new study"),
                  std::string::npos)
            << error.what();
    }
}

// Such as defaults that have changed since it began: no option would go back to them.
TEST_F(Sweep, GoesOnWithOtherValuesOfWhatIsSearchedOrNotUsed) {
    const SweepResult whole = run_sweep(tiny_dataset(), fixed_sweep(1));
    SweepConfig config = fixed_sweep(1);
    ASSERT_TRUE(search::default_space(config.base.model).contains("lr"));
    config.base.lr = 0.5;
    config.base.n_heads = 1;
    config.trials = n_trials + 1;
    const SweepResult more = run_sweep(tiny_dataset(), config);
    EXPECT_EQ(more.study.trials.size(), whole.study.trials.size() + 1);
    EXPECT_EQ(more.study.base, whole.study.base);
}

TEST_F(Sweep, NamesThePublishedSpaceThatAStudyBeganWith) {
    SweepConfig config = fixed_sweep(1);
    config.space = search::published_space(config.base.model);
    config.trials = 1;
    run_sweep(tiny_dataset(), config);
    config.space = search::default_space(config.base.model);
    expect_input_error([&] { run_sweep(tiny_dataset(), config); },
                       {"expected --space published, nothing of it in --set, or a new study"});
}

// A directory that was moved or renamed has the same data.
TEST_F(Sweep, GoesOnWithTheSameDataUnderTheNameThatItBeganWith) {
    SweepConfig config = fixed_sweep(1);
    run_sweep(tiny_dataset(), config);
    Dataset renamed = tiny_dataset();
    renamed.name = "renamed";
    config.trials = n_trials + 1;
    std::vector<std::string> notices;
    const SweepResult result = run_sweep(renamed, telling(config, notices));
    EXPECT_EQ(result.study.trials.size(), n_trials + 1u);
    EXPECT_EQ(result.study.dataset, tiny_dataset().name);
    EXPECT_EQ(read_study(journal()).dataset, tiny_dataset().name);
    ASSERT_EQ(notices.size(), 2u) << "of the name, and that it goes on";
    EXPECT_EQ(notices[0], journal().string() + ": the data is what the study calls '" +
                              tiny_dataset().name +
                              "', now named 'renamed'; it goes on under the name that it began "
                              "with");
}

TEST_F(Sweep, NamesTheAttributeOfAStudyThatIsNotAsItWroteIt) {
    const SweepConfig config = fixed_sweep(1);
    run_sweep(tiny_dataset(), config);
    const std::string whole = read_file(journal());
    const auto refuses = [&](const std::string& line, const std::string& words) {
        write_file(journal(), whole + line + '\n');
        try {
            run_sweep(tiny_dataset(), config);
            ADD_FAILURE() << "accepted: " << line;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
        }
    };
    refuses(R"({"op_code":3,"study_id":0,"system_attr":{"manygpcm:phases":[[3]]}})",
            "system attribute 'phases' is [[3]]; expected a list of pairs, trials and patience");
    refuses(R"({"op_code":3,"study_id":0,"system_attr":{"manygpcm:window":-1}})",
            "system attribute 'window' is -1; expected a whole number from 1 to ");
    const std::string line = std::to_string(std::ranges::count(whole, '\n') + 1);
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"space":3}})",
            journal().string() + ":" + line + ": study ");
}

TEST_F(Sweep, RepairsATornJournalAndGoesOn) {
    const SweepResult whole = run_sweep(tiny_dataset(), halving_sweep(1, "whole"));
    SweepConfig config = halving_sweep(1, "torn");
    std::atomic<bool> stop{false};
    config.stop = &stop;
    int epochs = 0;
    run_sweep(tiny_dataset(), config,
              after_epochs([&](const SweepProgress&) { stop = ++epochs == 40; }));
    std::string content = read_file(journal("torn"));
    content.resize(content.size() - 30);  // into the last line
    write_file(journal("torn"), content);
    stop = false;
    std::vector<std::string> notices;
    const SweepResult result = run_sweep(tiny_dataset(), telling(config, notices));
    EXPECT_EQ(notices.size(), 2u) << "repaired, and going on";
    expect_same(result, whole);
}

TEST_F(Sweep, CrossValidatesOnAllLearnersWithoutHoldingAnyOut) {
    SweepConfig config = fixed_sweep(2);
    config.cv_on = "all";
    const SweepResult result = run_sweep(tiny_dataset(), config);
    EXPECT_EQ(result.study.n_learners, 20);
    EXPECT_EQ(result.study.n_test_learners, 0);
    EXPECT_EQ(result.study.cv_on, "all");
    EXPECT_FALSE(result.study.winner);
    EXPECT_TRUE(result.study.baselines.empty());
    EXPECT_TRUE(result.best);
}

/// Over models: two that train, and the one that has nothing to search.
class SweepOfModels : public Sweep {
  protected:
    static Hyperparameters small(const char* model) {
        Hyperparameters base = default_hyperparameters(parse_model(model));
        base.key_dim = base.value_dim = base.final_fc_dim = base.embed_dim = 4;
        base.memory_size = 2;
        base.batch_size = 4;
        return base;
    }

    SweepConfig config(int jobs, const std::string& study) const {
        SweepConfig config = halving_sweep(jobs, study);
        const Parameter lr{.name = "lr", .low = 0.001, .high = 0.1, .log = true, .choices = {}};
        const Parameter core{.name = "core",
                             .kind = Parameter::Kind::choice,
                             .high = 2,
                             .choices = {0, 1, 2},
                             .labels = {"gru", "memory", "none"}};
        Parameter width{.name = "value_dim",
                        .kind = Parameter::Kind::choice,
                        .low = 4,
                        .high = 8,
                        .choices = {4, 8}};
        const Space deep({lr, width});
        width.condition = Condition("core", {0, 1}, 4);
        SpaceOfModels all =
            space_of_models({small("deep_gpcm"), small("residual_gpcm"), small("gpcm")},
                            std::vector<Space>{deep, Space({core, width, lr}), Space()});
        config.base = all.bases[0];
        config.further = {all.bases[1], all.bases[2]};
        config.space = all.space;
        config.trials = 14;
        return config;
    }
};

TEST_F(SweepOfModels, TrainsEveryTrialAsItsOwnModel) {
    const SweepConfig config = this->config(2, "study");
    const SweepResult result = run_sweep(tiny_dataset(), config);
    const Study& study = result.study;
    std::map<std::string, int> trials;
    for (const Trial& trial : study.trials) {
        EXPECT_TRUE(trial.failure.empty()) << trial.failure;
        const Hyperparameters h = study.at(trial.point);
        ++trials[std::string(to_string(h.model))];
        EXPECT_EQ(h.optimizer,
                  h.model == parse_model("residual_gpcm") ? Optimizer::adamw : Optimizer::adam);
        if (h.model != parse_model("gpcm")) continue;
        for (const auto& fold : trial.folds)
            for (const EpochResult& epoch : fold)
                EXPECT_EQ(trial.score_of(epoch), trial.score_of(fold.front()))
                    << "it is fitted, not trained";
    }
    EXPECT_EQ(trials.size(), 3u);
    EXPECT_EQ(trials["gpcm"], 1);
    ASSERT_TRUE(result.best && study.portrait && study.winner);
    EXPECT_EQ(result.best->config.hyperparameters, study.at(study.best()->point));
    EXPECT_EQ(load_model(config.weights).config.hyperparameters,
              result.best->config.hyperparameters);
    EXPECT_EQ(study.winner->name, to_string(study.at(study.best()->point).model));
    EXPECT_EQ(study_names(config.study), std::vector{"auto_" + tiny_dataset().name});

    const Study on_record = read_study(config.study);
    EXPECT_EQ(on_record.bases(), study.bases());
    EXPECT_EQ(on_record.model_name(), auto_name);
    ASSERT_EQ(on_record.trials.size(), study.trials.size());
    for (std::size_t i = 0; i < study.trials.size(); ++i)
        EXPECT_EQ(on_record.trials[i].point, study.trials[i].point) << i;
    EXPECT_EQ(run_sweep(tiny_dataset(), config).best->parameters, result.best->parameters)
        << "nothing is left to train";
}

TEST_F(SweepOfModels, EndsAsIfNothingHadHappenedHoweverOftenItIsStopped) {
    const SweepResult whole = run_sweep(tiny_dataset(), config(1, "whole"));
    expect_same(run_sweep(tiny_dataset(), config(3, "threads")), whole);
    SweepResult result;
    int runs = 0;
    ASSERT_NO_FATAL_FAILURE(run_with_stops(config(1, "stopped"), 11, result, runs));
    EXPECT_GT(runs, 3);
    expect_same(result, whole);
}

TEST_F(SweepOfModels, TrainsOnADeviceWhatItDoesOnTheProcessor) {
    SweepConfig on_threads = config(1, "threads");
    on_threads.sampler = "random";
    on_threads.scheduler = "fixed";
    on_threads.epochs = 2;
    SweepConfig on_device = on_threads;
    on_device.study = journal("device");
    on_device.weights = journal("device.safetensors");
    kernels::HostMemory memory;
    on_device.device =
        DeviceTraining{.open = [&] { return std::make_unique<kernels::HostDevice>(memory); }};
    const Study one = run_sweep(tiny_dataset(), on_threads).study;
    const Study other = run_sweep(tiny_dataset(), on_device).study;
    ASSERT_EQ(one.trials.size(), other.trials.size());
    for (std::size_t i = 0; i < one.trials.size(); ++i) {
        EXPECT_EQ(one.trials[i].point, other.trials[i].point) << i;
        ASSERT_EQ(other.trials[i].failure, "");
        for (std::size_t fold = 0; fold < one.trials[i].folds.size(); ++fold)
            EXPECT_NEAR(one.trials[i].folds[fold].back().validation["cross_entropy"],
                        other.trials[i].folds[fold].back().validation["cross_entropy"], 1e-4)
                << i;
    }
}

TEST_F(SweepOfModels, RefusesAStudyOfOtherModels) {
    SweepConfig config = this->config(1, "study");
    config.trials = 2;
    config.epochs = 1;
    run_sweep(tiny_dataset(), config);
    SweepConfig other = config;
    other.further[0].grad_clip = 2;
    expect_input_error([&] { run_sweep(tiny_dataset(), other); },
                       {"was begun with grad_clip=1.0 of residual_gpcm, not 2.0; expected --set "
                        "grad_clip=1.0, or a new study"});
    other = config;
    other.further.clear();
    other.space = search::default_space(other.base.model);
    expect_input_error([&] { run_sweep(tiny_dataset(), other); },
                       {"was begun with model auto, not deep_gpcm; expected --model auto"});
}

/// What callbacks heard of a sweep.
struct Heard {
    std::map<int, TrialState> trials;          // that are over
    std::set<std::pair<int, int>> promotions;  // trial, epochs
    int epochs = 0;
    bool twice = false;

    /// Ends the sweep where `goes_on` says so, after every call.
    SweepCallbacks callbacks(std::function<bool()> goes_on) {
        return {.epoch =
                    [this, goes_on](const SweepProgress&) {
                        ++epochs;
                        return goes_on();
                    },
                .trial =
                    [this, goes_on](const Trial& trial) {
                        twice = !trials.emplace(trial.number, trial.state).second || twice;
                        return goes_on();
                    },
                .promotion =
                    [this, goes_on](const Trial& trial, int up_to) {
                        twice = !promotions.emplace(trial.number, up_to).second || twice;
                        return goes_on();
                    }};
    }
};

TEST_F(Sweep, TellsOfEveryTrialAndPromotionOnce) {
    Heard heard;
    const SweepResult result =
        run_sweep(tiny_dataset(), halving_sweep(2, "told"), heard.callbacks([] { return true; }));
    EXPECT_FALSE(heard.twice);
    ASSERT_EQ(heard.trials.size(), result.study.trials.size());
    std::set<std::pair<int, int>> promotions;
    const std::vector<int> rungs = rungs_of("halving", 8);
    for (const Trial& trial : result.study.trials) {
        EXPECT_EQ(heard.trials.at(trial.number), trial.state);
        for (std::size_t rung = 1; rung < rungs.size(); ++rung)
            if (trial.epochs_trained() > rungs[rung - 1])
                promotions.emplace(trial.number, rungs[rung]);
    }
    EXPECT_GT(promotions.size(), 2u);
    EXPECT_EQ(heard.promotions, promotions);
}

TEST_F(Sweep, EndsWhereACallbackAsksForItAndGoesOn) {
    const SweepResult whole = run_sweep(tiny_dataset(), halving_sweep(1, "whole"));
    const std::pair<const char*, std::function<bool(const Heard&)>> kinds[] = {
        {"epoch", [](const Heard& heard) { return heard.epochs < 50; }},
        {"trial", [](const Heard& heard) { return heard.trials.empty(); }},
        {"promotion", [](const Heard& heard) { return heard.promotions.size() < 3; }}};
    for (const auto& [kind, goes_on] : kinds) {
        SCOPED_TRACE(kind);
        const SweepConfig config = halving_sweep(2, kind);
        Heard heard;
        const SweepResult stopped =
            run_sweep(tiny_dataset(), config,
                      heard.callbacks([&heard, &goes_on = goes_on] { return goes_on(heard); }));
        EXPECT_TRUE(stopped.stopped);
        EXPECT_FALSE(stopped.best);
        EXPECT_FALSE(stopped.study.trials.empty());
        EXPECT_FALSE(stopped.study.compared());
        expect_same(run_sweep(tiny_dataset(), config), whole);
    }
    // During the refit, too.
    const SweepConfig config = fixed_sweep(1, "refit");
    const SweepResult stopped =
        run_sweep(tiny_dataset(), config,
                  {.epoch = [](const SweepProgress& state) { return !state.refitting; }});
    EXPECT_TRUE(stopped.stopped);
    expect_same(run_sweep(tiny_dataset(), config), run_sweep(tiny_dataset(), fixed_sweep(1)));
}

// In the end a sweep trains nothing any more, and may take as long again.
TEST_F(Sweep, SaysWhileTheWinnerIsScoredHowLongThatTakesAndEndsWhereItIsAskedTo) {
    std::vector<SweepProgress> states;
    const SweepResult whole =
        run_sweep(tiny_dataset(), fixed_sweep(1), {.epoch = [&](const SweepProgress& state) {
                      if (state.scoring && !state.over) states.push_back(state);
                      return true;
                  }});
    // The winner, four baselines and the truth on folds and learners held out, and the portrait.
    ASSERT_GT(states.size(), 5u * (n_folds + 1));
    std::set<double> left;
    for (const SweepProgress& state : states) {
        left.insert(state.seconds_left);
        EXPECT_EQ(state.epochs, state.epochs_done);
        EXPECT_GT(state.fraction, 0);
        EXPECT_LE(state.fraction, 1);
    }
    EXPECT_GT(left.size(), states.size() / 2) << "it goes on";
    EXPECT_GT(states.front().seconds_left, 0);
    EXPECT_EQ(states.back().seconds_left, 0);

    const SweepConfig config = fixed_sweep(1, "scoring");
    int told = 0;
    const SweepResult stopped = run_sweep(
        tiny_dataset(), config,
        {.epoch = [&](const SweepProgress& state) { return !state.scoring || ++told < 9; }});
    EXPECT_TRUE(stopped.stopped);
    EXPECT_EQ(told, 9);
    EXPECT_FALSE(stopped.study.compared());
    expect_same(run_sweep(tiny_dataset(), config), whole);
}

TEST_F(Sweep, TrainsOnTheHostsThreadsWhereItHasSome) {
    std::mutex mutex;
    std::set<std::thread::id> hosts, told;
    int denormals_lost = 0;
    SweepConfig config = halving_sweep(3, "hosts");
    config.executor = [&](int n, const std::function<void()>& work) {
        std::vector<std::jthread> threads;
        for (int i = 0; i < n; ++i)
            threads.emplace_back([&] {
                {
                    const std::lock_guard lock(mutex);
                    hosts.insert(std::this_thread::get_id());
                }
                work();
                volatile float small = std::numeric_limits<float>::min();
                small = small / 2;
                const std::lock_guard lock(mutex);
                if (small == 0) ++denormals_lost;
            });
    };
    const SweepResult result =
        run_sweep(tiny_dataset(), config, after_epochs([&](const SweepProgress&) {
                      const std::lock_guard lock(mutex);
                      told.insert(std::this_thread::get_id());
                  }));
    EXPECT_EQ(denormals_lost, 0) << "the floating-point mode was left changed";
    EXPECT_GE(hosts.size(), 3u);
    told.erase(std::this_thread::get_id());  // that the refit begins
    EXPECT_TRUE(std::ranges::includes(hosts, told));
    expect_same(result, run_sweep(tiny_dataset(), halving_sweep(3, "own")));

    config = fixed_sweep(1, "idle");
    config.executor = [](int, const std::function<void()>&) {};
    EXPECT_THROW(run_sweep(tiny_dataset(), config), std::logic_error);
}

/// Goes through the space from one end to the other.
class Ladder : public Sampler {
  public:
    using Sampler::Sampler;

  protected:
    Point propose(RandomStream) override {
        Point point;
        for (const Parameter& parameter : space().parameters())
            point[parameter.name] = parameter.kind == Parameter::Kind::integer
                                        ? parameter.low + static_cast<double>(asked().size() % 2)
                                        : parameter.low + (parameter.high - parameter.low) / 100 *
                                                              static_cast<double>(asked().size());
        return point;
    }
};

TEST_F(Sweep, TakesAHostsOwnSamplerAndRungs) {
    SweepConfig config = halving_sweep(2, "own");
    config.sampler = "ladder";
    config.scheduler = "thirds";
    config.own_sampler = [](const Space& space, std::uint64_t seed,
                            const std::vector<Point>& first) {
        return std::make_unique<Ladder>(space, seed, first);
    };
    config.own_rungs = [](int epochs) { return std::vector{epochs / 3, 2 * epochs / 3, epochs}; };
    const SweepResult result = run_sweep(tiny_dataset(), config);
    ASSERT_EQ(result.study.trials.size(), 20u);
    for (const Trial& trial : result.study.trials) {
        EXPECT_DOUBLE_EQ(trial.point.at("dropout_rate"), 0.005 * trial.number);
        EXPECT_THAT((std::array{2, 5, 8}), testing::Contains(trial.epochs_trained()));
    }
    const Study read = read_study(journal("own"));
    EXPECT_EQ(read.sampler, "ladder");
    EXPECT_EQ(read.scheduler, "thirds");

    expect_same(run_sweep(tiny_dataset(), config), result);
    const auto refuses = [&](const char* words, auto&& change) {
        SweepConfig wrong = config;
        change(wrong);
        expect_input_error([&] { run_sweep(tiny_dataset(), wrong); }, {words});
    };
    refuses("sampler 'ladder' is unknown", [](SweepConfig& c) { c.own_sampler = {}; });
    refuses("scheduler 'thirds' is unknown", [](SweepConfig& c) { c.own_rungs = {}; });
    refuses("sampler 'gp': is not a name", [](SweepConfig& c) { c.sampler = "gp"; });
    refuses("sampler 'ladder': its maker made none", [](SweepConfig& c) {
        c.own_sampler = [](const Space&, std::uint64_t, const std::vector<Point>&) {
            return std::unique_ptr<Sampler>();
        };
    });
    refuses("rungs 4, 4, 8; expected epochs that ascend", [](SweepConfig& c) {
        c.own_rungs = [](int epochs) { return std::vector{epochs / 2, epochs / 2, epochs}; };
    });
}

/// On a device that has too little memory for one value of key_dim, and on which one learning rate
/// diverges.
class FailingSweep : public Sweep {
  protected:
    SweepConfig config(std::vector<double> key_dims) {
        SweepConfig config = halving_sweep(1, "study.journal");
        config.space = Space({{.name = "lr",
                               .kind = Parameter::Kind::choice,
                               .low = 0.01,
                               .high = 0.5,
                               .choices = {0.01, 0.5}},
                              {.name = "key_dim",
                               .kind = Parameter::Kind::choice,
                               .low = key_dims.front(),
                               .high = key_dims.back(),
                               .choices = key_dims}});
        config.sampler = "random";
        config.scheduler = "fixed";
        config.trials = 12;
        config.n_folds = 2;
        config.epochs = 2;
        memory.limit = std::size_t{16} << 20;
        memory.largest_lr = 0.1;
        config.device = DeviceTraining{
            .open = [this] { return std::make_unique<kernels::HostDevice>(memory); }};
        return config;
    }

    kernels::HostMemory memory;
};

TEST_F(FailingSweep, RecordsWhyTrialsFailedAndGoesOnWithTheOthers) {
    const SweepConfig failing = config({4, 1200});
    const SweepResult result = run_sweep(tiny_dataset(), failing);
    int diverged = 0, too_large = 0, good = 0;
    for (const Trial& trial : result.study.trials) {
        SCOPED_TRACE(trial.number);
        if (trial.point.at("key_dim") == 1200) {
            ++too_large;
            EXPECT_EQ(trial.state, TrialState::failed);
            EXPECT_TRUE(trial.failure.starts_with("fold 1: batch_size 4 takes about"))
                << trial.failure;
        } else if (trial.point.at("lr") == 0.5) {
            ++diverged;
            EXPECT_EQ(trial.state, TrialState::failed);
            EXPECT_TRUE(trial.failure.starts_with("fold 1: no step of epoch 2 counted"))
                << trial.failure;
        } else {
            ++good;
            EXPECT_TRUE(trial.successful());
            EXPECT_EQ(trial.failure, "");
        }
    }
    EXPECT_GT(too_large, 0);
    EXPECT_GT(diverged, 0);
    EXPECT_GT(good, 0);
    ASSERT_TRUE(result.best);
    EXPECT_EQ(result.study.best()->point.at("key_dim"), 4);

    const Study on_record = read_study(failing.study);
    ASSERT_EQ(on_record.trials.size(), result.study.trials.size());
    for (std::size_t i = 0; i < on_record.trials.size(); ++i) {
        EXPECT_EQ(on_record.trials[i].state, result.study.trials[i].state);
        EXPECT_EQ(on_record.trials[i].failure, result.study.trials[i].failure);
    }
    memory.refused = memory.replays = 0;
    const SweepResult again = run_sweep(tiny_dataset(), failing);
    EXPECT_EQ(again.study.trials.size(), result.study.trials.size());
    ASSERT_TRUE(again.best);
    EXPECT_EQ(again.best->parameters, result.best->parameters);
    EXPECT_EQ(memory.refused, 0) << "a trial that failed was tried again";
    EXPECT_EQ(memory.replays, 0);
}

TEST_F(FailingSweep, KeepsFoldModelsThatADeviceTrained) {
    SweepConfig on_device = config({4});
    on_device.fold_weights = journal("folds");
    std::filesystem::create_directory(on_device.fold_weights);
    const Study study = run_sweep(tiny_dataset(), on_device).study;
    const std::vector<Fold> folds = k_fold(study.n_learners, on_device.n_folds, on_device.seed);
    const auto expect_scores = [&] {
        const std::vector<Model> models = fold_models_in(on_device.fold_weights, on_device.n_folds);
        for (std::size_t fold = 0; fold < folds.size(); ++fold) {
            const Metrics metrics = compute_metrics(
                predict(models[fold], tiny_dataset().train, folds[fold].validation).probabilities,
                responses_of(tiny_dataset().train, folds[fold].validation), 3);
            EXPECT_NEAR(metrics["cross_entropy"],
                        study.best()->last_epochs()[fold]["cross_entropy"], 1e-6);
        }
    };
    expect_scores();
    ASSERT_TRUE(study.folds_average);
    // Trained again, for the sweep that is over has no states left.
    std::filesystem::remove(fold_files(on_device.fold_weights, on_device.n_folds)[1]);
    run_sweep(tiny_dataset(), on_device);
    expect_scores();
}

TEST_F(FailingSweep, DoesNotUseUpTheSearchWhereNothingCanBeTrained) {
    const SweepConfig failing = config({1200});
    std::vector<std::string> notices;
    const auto run = [&] { return run_sweep(tiny_dataset(), telling(failing, notices)); };
    try {
        run();
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("10 trials in a row couldn't be trained"))
            << error.what();
    }
    ASSERT_FALSE(notices.empty());
    EXPECT_NE(notices.back().find("5 trials in a row failed"), std::string::npos) << notices.back();
    const SweepResult result = run();
    EXPECT_EQ(result.study.trials.size(), 12u);
    EXPECT_FALSE(result.best);
    for (const Trial& trial : result.study.trials)
        EXPECT_EQ(trial.state, TrialState::failed) << trial.number;
}

TEST_F(Sweep, RefusesWhatItCannotRun) {
    Dataset dataset = tiny_dataset();
    const auto refuses = [&](const char* message, auto&& change) {
        SweepConfig config = fixed_sweep(1);
        change(config);
        try {
            run_sweep(dataset, config);
            ADD_FAILURE() << "accepted: " << message;
        } catch (const InputError& error) {
            EXPECT_STREQ(error.what(), message);
        }
    };
    refuses("trials 0: expected at least 1", [](SweepConfig& c) { c.trials = 0; });
    refuses("epochs 0: expected at least 1", [](SweepConfig& c) { c.epochs = 0; });
    refuses("1 fold of 16 learners; expected 2 folds to 16, one a learner",
            [](SweepConfig& c) { c.n_folds = 1; });
    refuses("17 folds of 16 learners; expected 2 folds to 16, one a learner",
            [](SweepConfig& c) { c.n_folds = 17; });
    refuses("jobs -1: expected 0 (one per core) or more", [](SweepConfig& c) { c.jobs = -1; });
    refuses("patience -1: expected at least 0", [](SweepConfig& c) { c.patience = -1; });
    refuses("sampler 'grid' is unknown: expected random, sobol, tpe, gp, gp_per_second",
            [](SweepConfig& c) { c.sampler = "grid"; });
    refuses("scheduler 'never' is unknown: expected halving, fixed",
            [](SweepConfig& c) { c.scheduler = "never"; });
    dataset.test.push_back(dataset.test.front());  // as a host might
    refuses("the truth has 20 abilities; expected 21", [](SweepConfig&) {});
    dataset.test.pop_back();
    dataset.truth->threshold.clear();
    refuses(fmt::format("the truth has 0 thresholds; expected {}", 2 * dataset.n_questions).c_str(),
            [](SweepConfig&) {});
    EXPECT_FALSE(std::filesystem::exists(journal())) << "a study was begun";
}

}  // namespace
}  // namespace manygpcm::search
