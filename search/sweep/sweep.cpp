// The sweep from its settings to its result: the study is opened, its plan is trained, the winner
// is refitted and scored once on the learners held out.
#include "manygpcm/search/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "manygpcm/engine/detail/checksum.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sampler.h"
#include "manygpcm/search/scheduler.h"
#include "storage/journal_study.h"
#include "storage/presence.h"
#include "study/dataset_fingerprint.h"
#include "study/final_scores.h"
#include "sweep/checkpoint_directory.h"
#include "sweep/learner_pool.h"
#include "sweep/refit.h"
#include "sweep/sweep_jobs.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_progress.h"
#include "sweep/train_on.h"

namespace manygpcm::search {
namespace {

// Replicas assigned before the result of the first is waited for: enough to keep 8 cores at work
// while some take longer than others, few enough to learn from one another.
constexpr int least_window = 16;
// On a device: the published sweep's 50 trials on 5 folds, which train as cohorts.
constexpr int device_window = 250;
constexpr int most_window = 1'000'000;
// What the study has beyond its settings, which two commands of one study may differ in.
constexpr const char* phases_attribute = "phases";
constexpr const char* window_attribute = "window";
constexpr const char* refitted_attribute = "refitted";

void check(const SweepConfig& config, const Dataset& dataset, int n_learners) {
    const auto at_least = [](const char* name, int value, int least) {
        if (value < least)
            throw InputError(fmt::format("{} {}: expected at least {}", name, value, least));
    };
    at_least("trials", config.trials, 1);
    at_least("epochs", config.epochs, 1);
    at_least("patience", config.patience, 0);
    if (config.n_folds < 2 || config.n_folds > n_learners)
        throw InputError(fmt::format("folds {}: expected 2 to {}, the number of learners",
                                     config.n_folds, n_learners));
    if (config.jobs < 0)
        throw InputError(fmt::format("jobs {}: expected 0 (one per core) or more", config.jobs));
    // Made only for their complaints about unknown names, before a study is begun.
    make_sampler(config.sampler, config.space, config.seed);
    rungs_of(config.scheduler, config.epochs);
    objective_metric(config.objective, dataset.n_categories);
}

int threads_for(int jobs) {
    if (jobs > 0) return jobs;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Study begin_study(const Dataset& dataset, const SweepConfig& config, const LearnerPool& learners) {
    Study study;
    static_cast<Settings&>(study) = config;
    study.score_by(objective_metric(config.objective, dataset.n_categories));
    study.dataset = dataset.name;
    study.dataset_fingerprint = fingerprint(dataset);
    study.n_questions = dataset.n_questions;
    study.n_categories = dataset.n_categories;
    study.n_learners = learners.n_cross_validated;
    study.n_test_learners = static_cast<int>(learners.all.size()) - learners.n_cross_validated;
    study.jobs = threads_for(config.jobs);
    return study;
}

InputError bad_system_attribute(const JournalStudy& journal, const char* name,
                                const nlohmann::json& value, const std::string& expected) {
    return InputError(fmt::format("{}: study '{}': system attribute '{}' is {}; expected {}",
                                  journal.file().string(), journal.name(), name, value.dump(),
                                  expected));
}

/// The phases on record and, where the command asks for more or for other patience, one more.
std::vector<SweepPhase> phases_of(JournalStudy& journal, const SweepPhase& wanted) {
    std::vector<SweepPhase> phases;
    nlohmann::json on_record = journal.study_system_attribute(phases_attribute);
    if (on_record.is_null()) on_record = nlohmann::json::array();
    try {
        for (const auto& phase : on_record)
            phases.push_back({.trials = phase.at(0), .patience = phase.at(1)});
    } catch (const nlohmann::json::exception&) {
        throw bad_system_attribute(journal, phases_attribute, on_record,
                                   "a list of pairs, trials and patience");
    }
    if (!phases.empty() && wanted.trials < phases.back().trials)
        throw InputError(
            fmt::format("trials {}: {} was asked for {} before; expected at least as many",
                        wanted.trials, journal.file().string(), phases.back().trials));
    if (phases.empty() || phases.back() != wanted) {
        phases.push_back(wanted);
        on_record.push_back({wanted.trials, wanted.patience});
        journal.set_study_system_attribute(phases_attribute, on_record);
    }
    return phases;
}

/// The study's own window; that of the first command, which has what trains in mind.
int window_of(JournalStudy& journal, const SweepConfig& config) {
    const nlohmann::json on_record = journal.study_system_attribute(window_attribute);
    if (!on_record.is_null()) {
        if (on_record.is_number_integer() && on_record > 0 && on_record <= most_window)
            return on_record;
        throw bad_system_attribute(journal, window_attribute, on_record,
                                   fmt::format("a whole number from 1 to {}", most_window));
    }
    const int window =
        config.device ? device_window : std::max(least_window, 2 * threads_for(config.jobs));
    journal.set_study_system_attribute(window_attribute, window);
    return window;
}

double seconds_of(const Study& study) {
    double sum = 0;
    for (const Trial& trial : study.trials)
        sum += trial.seconds();
    return sum;
}

/// What the study has on record of the winner that was refitted: its trial and the weights'
/// checksum.
nlohmann::json record_of(const Trial& winner, const Model& model) {
    Checksum checksum;
    checksum.add(std::span<const float>(model.parameters));
    return {winner.number, checksum.value()};
}

/// The refitted winner in `file`; none where there is no such file or another model in it.
std::optional<Model> load_winner(const std::filesystem::path& file, const Trial& winner,
                                 const nlohmann::json& on_record) {
    std::error_code error;
    if (on_record.is_null() || !std::filesystem::exists(file, error)) return std::nullopt;
    try {
        Model model = load_model(file);
        if (record_of(winner, model) == on_record) return model;
    } catch (const InputError&) {
        // It is written anew.
    }
    return std::nullopt;
}

/// Leaves no checkpoint, unless another process has been told to try more trials.
void clear(const CheckpointDirectory& checkpoints, JournalStudy& journal) {
    journal.sync();
    const Study now = journal.study();
    const auto in_training = [&](int number) {
        return now.trials[static_cast<std::size_t>(number)].state == TrialState::running;
    };
    if (std::ranges::none_of(now.begun, in_training))
        checkpoints.clear();
    else
        checkpoints.keep([&](int, int fold) { return fold < now.n_folds; });
}

/// The process that trained the winner trains it again; others wait for what it finds.
void wait_for_refit(JournalStudy& journal, const Trial& winner, StopFlag stop) {
    const auto is_done = [&] {
        const nlohmann::json on_record = journal.study_system_attribute(refitted_attribute);
        return on_record.is_array() && !on_record.empty() && on_record.at(0) == winner.number;
    };
    while (!is_done() && is_elsewhere(journal, winner.number)) {
        throw_if_set(stop);
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        journal.sync();
    }
}

/// @throws Interrupted where the sweep was stopped
SweepResult sweep_to_the_end(const Dataset& dataset, const SweepConfig& config,
                             const std::function<void(const SweepProgress&)>& progress,
                             const Notice& notice) {
    const LearnerPool learners(dataset, config.cv_on == "all");
    check(config, dataset, learners.n_cross_validated);
    Study settings = begin_study(dataset, config, learners);
    const std::vector<Fold> folds = k_fold(settings.n_learners, config.n_folds, config.seed);

    JournalStudy journal(config.study,
                         study_name_of(config.study, settings.base.model, settings.dataset),
                         settings, notice, config.stop);
    SweepPlan plan(settings,
                   phases_of(journal, {.trials = config.trials, .patience = config.patience}),
                   window_of(journal, config));
    const Study before = journal.study();
    if (before.dataset != dataset.name) {
        settings.dataset = before.dataset;
        if (notice)
            notice(
                fmt::format("{}: the data is what the study calls '{}', now named '{}'; it goes "
                            "on under the name that it began with",
                            config.study.string(), before.dataset, dataset.name));
    }
    if (notice && !before.trials.empty())
        notice(fmt::format("{}: going on with its {} trials", config.study.string(),
                           before.trials.size()));

    ProgressTracker tracker(config, before, progress);
    const CheckpointDirectory checkpoints(config.study);
    SweepResult result{.study = settings, .best = {}};
    Study& study = result.study;
    {
        SweepJobs jobs(journal, plan, folds, checkpoints, tracker, config.stop, notice);
        train_on(config.device, settings.jobs, learners.set(), jobs, config.stop);
        study.trials = jobs.record().trials;
    }
    if (!plan.finished()) throw Interrupted("interrupted before it was done");
    if (const auto without_gain = plan.out_of_patience(); without_gain && notice)
        notice(
            fmt::format("{}: the search ended after {} of {} trials, as {} in a row brought no "
                        "gain; --patience 0, or more than {}, goes on",
                        config.study.string(), plan.trials_begun(), config.trials, *without_gain,
                        *without_gain));

    const auto waiting = std::ranges::count(study.trials, TrialState::waiting, &Trial::state);
    if (waiting > 0 && notice)
        notice(
            fmt::format("{}: {} trials that were enqueued wait for their turn: more than {} "
                        "--trials take them up",
                        config.study.string(), waiting, config.trials));

    const Trial* best = study.best();
    if (best != nullptr) {
        wait_for_refit(journal, *best, config.stop);
        result.best =
            load_winner(config.weights, *best, journal.study_system_attribute(refitted_attribute));
        if (!result.best) {
            result.best =
                refit(study, *best, learners, config.device, checkpoints, tracker, config.stop);
            result.best->question_ids = dataset.question_ids;
            save_model(*result.best, config.weights);
        }
    }
    const nlohmann::json winner = best ? record_of(*best, *result.best) : nlohmann::json();
    const bool same_winner =
        best != nullptr && journal.study_system_attribute(refitted_attribute) == winner;
    const Study on_record = same_winner ? journal.study() : Study();
    if (on_record.compared()) {
        study = on_record;
        if (study.trials_asked != config.trials) {
            study.trials_asked = config.trials;
            journal.record_results(study);
        }
    } else {
        study.trials_asked = config.trials;
        score_finally(study, dataset, learners.set(), folds, result.best, config.stop);
        // What earlier runs of the sweep took is estimated from what they trained.
        study.wall_seconds = tracker.seconds_elapsed() + seconds_of(before) / settings.jobs;
        journal.record_results(study);
        journal.set_study_system_attribute(refitted_attribute, winner);
    }
    clear(checkpoints, journal);
    return result;
}

}  // namespace

std::string study_name_of(const std::filesystem::path& journal, ModelKind model,
                          const std::string& dataset) {
    std::error_code error;
    if (std::filesystem::exists(journal, error)) {
        const std::vector<std::string> names = sweep_names(journal);
        if (names.size() == 1) return names.front();
    }
    return fmt::format("{}_{}", to_string(model), dataset);
}

SweepResult run_sweep(const Dataset& dataset, const SweepConfig& config,
                      const std::function<void(const SweepProgress&)>& progress,
                      const Notice& notice) {
    try {
        if (!config.space.parameters().empty())
            return sweep_to_the_end(dataset, config, progress, notice);
        SweepConfig with_space = config;
        with_space.space = search::default_space(config.base.model);
        return sweep_to_the_end(dataset, with_space, progress, notice);
    } catch (const Interrupted&) {
        return {.study = {}, .best = {}, .stopped = true};
    }
}

}  // namespace manygpcm::search
