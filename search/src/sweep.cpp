// The sweep: every trial is trained on every fold, the winner is refitted on all training learners
// and scored once on the learners held out.
#include "manygpcm/search/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <thread>
#include <utility>

#include "final_scores.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/search/sampler.h"
#include "sweep_progress.h"

namespace manygpcm {
namespace {

// A sampler that learns hears of so many trials before it is asked for more: few enough to learn
// often, and with the folds enough replicas at once to keep the cores busy. Independent of their
// number, as results are.
constexpr int trials_per_round = 5;

// Train and test learners in one vector: cross-validation takes numbers below n_cross_validated,
// the rest is held out.
struct Learners {
    std::vector<Learner> all;
    int n_cross_validated = 0;

    std::vector<int> cross_validated() const {
        std::vector<int> numbers(static_cast<std::size_t>(n_cross_validated));
        std::iota(numbers.begin(), numbers.end(), 0);
        return numbers;
    }
};

Learners pool(const Dataset& dataset, bool cv_on_all) {
    Learners learners{.all = dataset.train};
    learners.all.insert(learners.all.end(), dataset.test.begin(), dataset.test.end());
    learners.n_cross_validated =
        static_cast<int>(cv_on_all ? learners.all.size() : dataset.train.size());
    return learners;
}

void check(const SweepConfig& config, int n_learners) {
    const auto at_least_one = [](const char* name, int value) {
        if (value < 1) throw InputError(fmt::format("{} {}: expected at least 1", name, value));
    };
    at_least_one("trials", config.trials);
    at_least_one("epochs", config.epochs);
    if (config.folds < 2 || config.folds > n_learners)
        throw InputError(fmt::format("folds {}: expected 2 to {}, the number of learners",
                                     config.folds, n_learners));
    if (config.jobs < 0)
        throw InputError(fmt::format("jobs {}: expected 0 (one per core) or more", config.jobs));
}

int threads_for(int jobs) {
    if (jobs > 0) return jobs;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::vector<ReplicaSpec> replicas_of(const Study& study, std::span<const Trial> trials,
                                     const std::vector<Fold>& folds) {
    std::vector<ReplicaSpec> replicas;
    for (const Trial& trial : trials) {
        for (std::size_t fold = 0; fold < folds.size(); ++fold) {
            replicas.push_back({.hyperparameters = study.space.apply(trial.point, study.base),
                                .train = folds[fold].train,
                                .validation = folds[fold].validation,
                                .seed = study.seed,
                                .trial = trial.number,
                                .fold = static_cast<int>(fold),
                                .keep_model = false});
        }
    }
    return replicas;
}

}  // namespace

SweepResult run_sweep(const Dataset& dataset, const SweepConfig& config,
                      const std::function<void(const SweepProgress&)>& progress) {
    const Learners learners = pool(dataset, config.cv_on_all);
    check(config, learners.n_cross_validated);

    Study study;
    study.dataset = dataset.name;
    study.n_questions = dataset.n_questions;
    study.n_categories = dataset.n_categories;
    study.n_learners = learners.n_cross_validated;
    study.n_test_learners = static_cast<int>(learners.all.size()) - learners.n_cross_validated;
    study.base = config.base;
    study.space = config.space ? *config.space : builtin_space(config.base.model);
    study.sampler = config.sampler;
    study.cv_on = config.cv_on_all ? "all" : "train";
    study.seed = config.seed;
    study.n_folds = config.folds;
    study.epochs = config.epochs;
    study.jobs = threads_for(config.jobs);

    const auto sampler = make_sampler(config.sampler, study.space, config.seed);
    const int round_size = learns(config.sampler) ? trials_per_round : config.trials;
    ProgressTracker tracker(config, [&](SweepProgress state) {
        state.study = &study;
        if (progress) progress(state);
    });
    const std::vector<Fold> folds = k_fold(study.n_learners, config.folds, config.seed);
    while (static_cast<int>(study.trials.size()) < config.trials) {
        const std::size_t first = study.trials.size();
        const int n = std::min(round_size, config.trials - static_cast<int>(first));
        for (Point& point : sampler->ask(n)) {
            study.trials.push_back({.number = static_cast<int>(study.trials.size()),
                                    .point = std::move(point),
                                    .folds = std::vector<std::vector<EpochResult>>(
                                        static_cast<std::size_t>(config.folds))});
        }
        const std::span round = std::span(study.trials).subspan(first);
        const int first_replica = static_cast<int>(first) * config.folds;
        train_replicas(learners.all, study.n_questions, study.n_categories,
                       replicas_of(study, round, folds), config.epochs, study.jobs,
                       [&](int replica, const EpochResult& epoch) {
                           tracker.cross_validated(study.trials, first_replica + replica, epoch);
                       });
        for (const Trial& trial : round)
            sampler->tell({.point = trial.point,
                           .score = trial.successful() ? trial.score()
                                                       : std::numeric_limits<double>::quiet_NaN(),
                           .epochs = config.epochs});
    }

    SweepResult result;
    if (const Trial* best = study.best()) {
        // The refit's fold number is one that no fold has: its weights and batches are its own.
        const ReplicaSpec refit{.hyperparameters = study.space.apply(best->point, study.base),
                                .train = learners.cross_validated(),
                                .validation = {},
                                .seed = study.seed,
                                .trial = best->number,
                                .fold = config.folds,
                                .keep_model = true};
        auto trained = train_replicas(learners.all, study.n_questions, study.n_categories,
                                      std::span(&refit, 1), config.epochs, 1,
                                      [&](int, const EpochResult&) { tracker.refitted(); });
        result.best = std::move(trained.front().model);
        result.best->question_ids = dataset.question_ids;
    }
    score_finally(study, dataset, learners.all, folds, result.best);
    study.wall_seconds = tracker.seconds_elapsed();
    result.study = std::move(study);
    return result;
}

}  // namespace manygpcm
