// The sweep from its settings to its result: the study is opened, its plan is trained, the winner
// is refitted and scored once on the learners held out.
#include "manygpcm/search/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "manygpcm/engine/detail/checksum.h"
#include "manygpcm/engine/detail/dataset_fingerprint.h"
#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/detail/temporary_directory.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/search/read_study.h"
#include "storage/open_study.h"
#include "storage/presence.h"
#include "storage/settings_difference.h"
#include "study/final_scores.h"
#include "sweep/checkpoint_directory.h"
#include "sweep/chosen_parts.h"
#include "sweep/learner_pool.h"
#include "sweep/refit.h"
#include "sweep/sweep_costs.h"
#include "sweep/sweep_jobs.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_progress.h"

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
constexpr const char* folds_attribute = "fold_models";

/// A host may have put together what doesn't belong together.
void expect_truth_of(const Dataset& dataset) {
    const auto expect = [](const char* what, const std::vector<double>& values, std::size_t n) {
        if (values.size() != n)
            throw InputError(
                fmt::format("the truth has {} {}; expected {}", values.size(), what, n));
    };
    const Truth& truth = *dataset.truth;
    const auto n_questions = static_cast<std::size_t>(dataset.n_questions),
               n_steps = static_cast<std::size_t>(dataset.n_categories - 1);
    expect("abilities", truth.ability, dataset.train.size() + dataset.test.size());
    expect("discriminations", truth.discrimination, n_questions);
    expect("thresholds", truth.threshold, n_questions * n_steps);
}

void check(const SweepConfig& config, const Dataset& dataset, int n_learners) {
    const auto at_least = [](const char* name, int value, int least) {
        if (value < least)
            throw InputError(fmt::format("{} {}: expected at least {}", name, value, least));
    };
    at_least("trials", config.trials, 1);
    at_least("epochs", config.epochs, 1);
    at_least("patience", config.patience, 0);
    at_least("workers", config.workers, 1);
    expect_folds(n_learners, config.n_folds);
    if (config.jobs < 0)
        throw InputError(fmt::format("jobs {}: expected 0 (one per core) or more", config.jobs));
    // Made only for their complaints about unknown names, before a study is begun.
    sampler_of(config, config);
    rungs_of(config);
    objective_metric(config.objective, dataset.n_categories);
    if (dataset.truth) expect_truth_of(dataset);
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
    study.jobs = config.threads();
    return study;
}

InputError bad_system_attribute(const OpenStudy& journal, const char* name,
                                const nlohmann::json& value, const std::string& expected) {
    return InputError(fmt::format("{}: study '{}': system attribute '{}' is {}; expected {}",
                                  journal.storage(), journal.name(), name, value.dump(), expected));
}

/// The phases on record and, where the command asks for more or for other patience, one more.
std::vector<SweepPhase> phases_of(OpenStudy& journal, const SweepPhase& wanted) {
    std::vector<SweepPhase> phases;
    nlohmann::json on_record = journal.study_system_attribute(phases_attribute);
    const auto no_phases = [&] {
        return bad_system_attribute(journal, phases_attribute, on_record,
                                    "a list of pairs, trials and patience");
    };
    if (on_record.is_null()) on_record = nlohmann::json::array();
    try {
        for (const auto& phase : on_record)
            phases.push_back({.trials = whole_number_in<int>(phase.at(0), 1),
                              .patience = whole_number_in<int>(phase.at(1), 0)});
    } catch (const nlohmann::json::exception&) {
        throw no_phases();
    } catch (const std::invalid_argument&) {
        throw no_phases();
    }
    if (!phases.empty() && wanted.trials < phases.back().trials)
        throw InputError(
            fmt::format("{}: was asked for {} before, not {}; expected --trials {} or more, {}",
                        journal.storage(), counted(phases.back().trials, "trial"), wanted.trials,
                        phases.back().trials, or_new_study));
    if (phases.empty() || phases.back() != wanted) {
        phases.push_back(wanted);
        on_record.push_back({wanted.trials, wanted.patience});
        journal.set_study_system_attribute(phases_attribute, on_record);
    }
    return phases;
}

/// The study's own window; that of the first command, which has what trains in mind.
int window_of(OpenStudy& journal, const SweepConfig& config) {
    const nlohmann::json on_record = journal.study_system_attribute(window_attribute);
    if (!on_record.is_null()) {
        if (on_record.is_number_integer() && on_record > 0 && on_record <= most_window)
            return on_record;
        throw bad_system_attribute(journal, window_attribute, on_record,
                                   fmt::format("a whole number from 1 to {}", most_window));
    }
    const std::int64_t of_one = config.device ? device_window : 2 * config.threads();
    const auto window = static_cast<int>(
        std::clamp<std::int64_t>(of_one * config.workers, least_window, most_window));
    journal.set_study_system_attribute(window_attribute, window);
    return window;
}

double seconds_of(const Study& study) {
    double sum = 0;
    for (const Trial& trial : study.trials)
        sum += trial.seconds();
    return sum;
}

/// What the study has on record of models of the winner: its trial and the weights' checksums.
nlohmann::json record_of(const Trial& winner, std::span<const Model> models) {
    nlohmann::json record = {winner.number};
    for (const Model& model : models) {
        Checksum checksum;
        checksum.add(std::span<const float>(model.parameters));
        record.push_back(checksum.value());
    }
    return record;
}

/// The models of the winner in `files`; none where a file is missing or has another model in it.
std::vector<Model> load_models(std::span<const std::filesystem::path> files, const Trial& winner,
                               const nlohmann::json& on_record) {
    if (on_record.is_null()) return {};
    std::vector<Model> models;
    try {
        for (const std::filesystem::path& file : files) {
            std::error_code error;
            if (!std::filesystem::exists(file, error)) return {};
            models.push_back(load_model(file));
        }
        if (record_of(winner, models) == on_record) return models;
    } catch (const InputError&) {
        // They are written anew.
    }
    return {};
}

/// Leaves no checkpoint, unless another process has been told to try more trials.
void clear(const CheckpointDirectory& checkpoints, OpenStudy& journal) {
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
void wait_for_refit(OpenStudy& journal, const Trial& winner, StopFlag stop) {
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

/// The winner's fold models, which are left in the directory for them.
/// @throws Interrupted where the sweep was stopped
std::vector<Model> keep_fold_models(OpenStudy& journal, const Study& study, const Trial& winner,
                                    const LearnerPool& learners, std::span<const Fold> folds,
                                    const std::vector<std::string>& question_ids,
                                    const SweepConfig& config,
                                    const CheckpointDirectory& checkpoints,
                                    ProgressTracker& tracker) {
    const std::vector<std::filesystem::path> files =
        fold_files(config.fold_weights, config.n_folds);
    std::vector<Model> models =
        load_models(files, winner, journal.study_system_attribute(folds_attribute));
    if (!models.empty()) return models;
    models = fold_models(study, winner, learners, folds, config, checkpoints, tracker);
    for (std::size_t fold = 0; fold < models.size(); ++fold) {
        models[fold].question_ids = question_ids;
        save_model(models[fold], files[fold]);
    }
    journal.set_study_system_attribute(folds_attribute, record_of(winner, models));
    return models;
}

/// @throws Interrupted where the sweep was stopped
SweepResult sweep_to_the_end(const Dataset& dataset, const SweepConfig& config,
                             const SweepCallbacks& callbacks) {
    const Notice& notice = config.notice;
    const LearnerPool learners(dataset, config.cv_on == "all");
    check(config, dataset, learners.n_cross_validated);
    Study settings = begin_study(dataset, config, learners);
    const std::vector<Fold> folds = k_fold(settings.n_learners, config.n_folds, config.seed);
    const CheckpointDirectory checkpoints(
        is_database(config.study) ? config.weights.parent_path() / "study" : config.study);

    OpenStudy journal(config.study, study_name_of(config, settings.dataset), settings, notice,
                      config.stop);
    const Study before = journal.study();
    // What is searched or not used may differ; as at the beginning it is the same for good.
    settings.base = before.base;
    settings.further = before.further;
    const SweepCosts costs = costs_of(settings, learners);
    SweepPlan plan(sampler_of(config, settings, costs.of_fold_epoch), rungs_of(config),
                   settings.n_folds,
                   phases_of(journal, {.trials = config.trials, .patience = config.patience}),
                   window_of(journal, config));
    if (before.dataset != dataset.name) {
        settings.dataset = before.dataset;
        if (notice)
            notice(
                fmt::format("{}: the data is what the study calls '{}', now named '{}'; it goes "
                            "on under the name that it began with",
                            journal.storage(), before.dataset, dataset.name));
    }
    if (notice && !before.trials.empty())
        notice(fmt::format("{}: going on with its {}", journal.storage(),
                           counted(std::ssize(before.trials), "trial")));

    ProgressTracker tracker(config, costs, before, callbacks);
    SweepResult result{.study = settings, .best = {}};
    Study& study = result.study;
    {
        SweepJobs jobs(journal, plan, folds, !config.fold_weights.empty(), checkpoints, tracker,
                       config.stop, notice);
        train_jobs(learners.set(), jobs, config);
        study.trials = jobs.record().trials;
    }
    if (!plan.finished() || tracker.ended()) throw Interrupted("interrupted before it was done");
    result.trials_done = plan.trials_judged();
    if (const auto without_gain = plan.out_of_patience(); without_gain && notice)
        notice(fmt::format(
            "{}: the search ended after {} of {} trials, as none of {} begun after the best beat "
            "it and --patience is {} (what had begun before that was known counts, too); "
            "--patience 0, or more than {}, goes on",
            journal.storage(), plan.trials_begun(), config.trials, *without_gain, config.patience,
            *without_gain));

    const auto waiting = std::ranges::count(study.trials, TrialState::waiting, &Trial::state);
    if (waiting > 0 && notice)
        notice(
            fmt::format("{}: {} enqueued and not begun: more than {} --trials begin "
                        "what is enqueued",
                        journal.storage(), counted(waiting, "trial"), config.trials));

    const Trial* best = study.best();
    std::vector<Model> of_folds;
    if (best != nullptr) {
        wait_for_refit(journal, *best, config.stop);
        std::vector<Model> refitted = load_models(
            {&config.weights, 1}, *best, journal.study_system_attribute(refitted_attribute));
        if (!refitted.empty()) {
            result.best = std::move(refitted.front());
        } else {
            result.best = refit(study, *best, learners, config, checkpoints, tracker);
            result.best->question_ids = dataset.question_ids;
            save_model(*result.best, config.weights);
        }
        if (!config.fold_weights.empty())
            of_folds = keep_fold_models(journal, study, *best, learners, folds,
                                        dataset.question_ids, config, checkpoints, tracker);
    }
    const nlohmann::json winner = best ? record_of(*best, {&*result.best, 1}) : nlohmann::json();
    const bool same_winner =
        best != nullptr && journal.study_system_attribute(refitted_attribute) == winner;
    const Study on_record = same_winner ? journal.study() : Study();
    FinalScores scores(study, dataset, learners.set(), folds, config.stop,
                       [&](const WorkState& state) {
                           tracker.scoring(state);
                           if (tracker.ended()) throw Interrupted("interrupted by a callback");
                       });
    if (on_record.compared()) {
        study = on_record;
        if (study.trials_asked != config.trials) {
            study.trials_asked = config.trials;
            journal.record_results(study);
        }
        if (!of_folds.empty() && lacks_fold_models(study)) {
            scores.score_fold_models(of_folds, *result.best);
            journal.record_results(study);
        }
        if (lacks_portrait(study)) {  // an earlier version scored it
            scores.portray(*result.best);
            journal.record_results(study);
        }
    } else {
        study.trials_asked = config.trials;
        scores.score(result.best, of_folds);
        // What earlier runs of the sweep took is estimated from what they trained.
        study.wall_seconds = tracker.seconds_elapsed() + seconds_of(before) / settings.jobs;
        journal.record_results(study);
        journal.set_study_system_attribute(refitted_attribute, winner);
    }
    clear(checkpoints, journal);
    tracker.end();
    return result;
}

}  // namespace

std::vector<std::filesystem::path> fold_files(const std::filesystem::path& directory, int n_folds) {
    std::vector<std::filesystem::path> files;
    for (int fold = 1; fold <= n_folds; ++fold)
        files.push_back(directory / fmt::format("fold-{}.safetensors", fold));
    return files;
}

std::string study_name_of(const SweepConfig& config, const std::string& dataset) {
    if (!config.study_name.empty()) return config.study_name;
    std::error_code error;
    if (!is_database(config.study) && std::filesystem::exists(config.study, error)) {
        const std::vector<std::string> names = sweep_names(config.study);
        if (names.size() == 1) return names.front();
    }
    return fmt::format("{}_{}", config.model_name(), dataset);
}

SweepResult run_sweep(const Dataset& dataset, const SweepConfig& config,
                      const SweepCallbacks& callbacks) {
    SweepConfig whole = config;
    if (whole.space.parameters().empty()) whole.space = search::default_space(config.base.model);
    std::optional<TemporaryDirectory> unkept;
    if (config.study.empty() || config.weights.empty()) unkept.emplace("sweep");
    if (config.study.empty()) whole.study = unkept->path() / "study.journal";
    if (config.weights.empty()) whole.weights = unkept->path() / "best.safetensors";
    try {
        return sweep_to_the_end(dataset, whole, callbacks);
    } catch (const Interrupted&) {
        const std::string name = study_name_of(whole, dataset.name);
        return {
            .study = find_study(whole.study, name).value_or(Study()), .best = {}, .stopped = true};
    }
}

}  // namespace manygpcm::search
