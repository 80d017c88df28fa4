// manygpcm sweep: searches hyperparameters with cross-validation, refits the best, writes the
// report.
#include "manygpcm/search/sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "between_epochs.h"
#include "checks.h"
#include "commands.h"
#include "device_option.h"
#include "help_topics.h"
#include "interruption.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/shown_metrics.h"
#include "manygpcm/kernels/devices.h"
#include "manygpcm/report/analysis.h"
#include "manygpcm/report/live_view.h"
#include "manygpcm/report/report.h"
#include "manygpcm/search/choose_space.h"
#include "manygpcm/search/gpu_space.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sampler.h"
#include "manygpcm/search/scheduler.h"
#include "manygpcm/search/space.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "rank.h"
#include "reading.h"
#include "time_left.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* default_port = "8017";
constexpr const char* writing_the_report = "writing the report";
constexpr std::uint64_t max_workers = 100'000;
constexpr std::size_t longest_study_name = 512;  // in Optuna's tables

struct SweepOptions {
    std::string data, model, out, space, study;
    std::vector<std::string> assignments;
    search::SweepConfig config;
    DeviceChoice device;
    std::optional<int> serve;  // the live view's port
    bool keep_folds = false, quiet = false;
    bool speaks = true;  // of several processes of one job the first does, and writes the report
};

/// The analysis of what is on record, for the live view; empty before the first trial has a score.
std::string analysis_so_far(const fs::path& storage, const std::string& study) {
    const std::optional<search::Study> so_far = search::find_study(storage, study);
    if (!so_far || std::ranges::none_of(so_far->trials, &search::Trial::successful)) return {};
    return report::analysis_json(*so_far);
}

std::string progress_text(const search::SweepProgress& state) {
    if (state.over) return writing_the_report;
    std::string text = state.scoring ? "scoring the best beside others"
                       : state.refitting
                           ? "training the best on all learners"
                           : fmt::format("trials {}/{}", state.trials_done, state.trials);
    text += ", " + time_left(state.seconds_left, state.soonest_left, state.latest_left);
    if (state.best_score) text += fmt::format(", best {:.4f}", *state.best_score);
    return text + fmt::format(", epochs {}/{}", state.epochs_done, state.epochs);
}

/// @param last what was shown last
search::SweepResult run_with_progress(SweepOptions& options, const Dataset& dataset,
                                      Progress& progress, search::SweepProgress& last) {
    std::optional<report::LiveView> live;
    if (options.serve) {
        live.emplace(*options.serve,
                     [&, study = search::study_name_of(options.config, dataset.name)] {
                         return analysis_so_far(options.config.study, study);
                     });
        tell({fmt::format("the search is shown at {}", live->address())});
    }
    options.config.device =
        device_training(options.device, [&](const std::string& plan) { progress.note(plan); });
    options.config.notice = [&](const std::string& line) {
        if (options.speaks) progress.notice(line);
    };
    std::mutex telling;  // of what follows: an epoch ends while others go on
    double told = 0, epochs = 0;
    const auto show = [&](const search::SweepProgress& state) {
        const std::lock_guard lock(telling);
        if (live && state.trials_done > last.trials_done) live->changed();
        last = state;
        told = progress.seconds_elapsed();
        if (progress.due()) progress.show(state.fraction, progress_text(state));
        return true;
    };
    options.config.trained = [&](double part) {
        const std::lock_guard lock(telling);
        epochs += part;
        if (!progress.due()) return;  // steps may be shorter than making the text
        if (last.epochs == 0)
            return progress.show(0, fmt::format("trials 0/{}, {:.2f} epochs trained",
                                                options.config.trials, epochs));
        const search::SweepProgress now = between_epochs(last, progress.seconds_elapsed() - told);
        progress.show(now.fraction, progress_text(now));
    };
    return search::run_sweep(dataset, options.config, {.epoch = show});
}

/// The last line of progress.
void finish(Progress& progress, const search::SweepProgress& last, bool stopped) {
    if (last.epochs > 0)
        progress.finish(fmt::format("trials {}/{}, epochs {} in {}", last.trials_done, last.trials,
                                    last.epochs_done - last.epochs_before,
                                    format_duration(progress.seconds_elapsed())),
                        stopped ? std::min(last.fraction, almost_done) : 1);
    else if (!stopped)
        progress.finish("nothing was left to train");
}

/// A predictor's scores, with 95% intervals where they are known: of the objective, and of what the
/// winner's is above it.
void print_scores(const search::Study& study, const search::ScoredPredictor& scored,
                  const Metrics& winner) {
    const Metrics& metrics = scored.metrics;
    const Metric& objective = study.metric();
    fmt::print("  {:<20} {} {:.4f}", scored.name, objective.name, metrics[objective]);
    if (const auto found = scored.intervals.find(objective.name); found != scored.intervals.end())
        fmt::print(" [{:.4f}, {:.4f}]", found->second.low, found->second.high);
    for (const Metric* metric : shown_metrics(study.n_categories))
        if (metric->brief && metric != &objective)
            fmt::print("  {} {:.4f}", metric->name, metrics[*metric]);
    // Of two folds an interval says nothing.
    if (const auto lead = scored.winner_differences.find(objective.name);
        lead != scored.winner_differences.end() && (study.winner || study.n_folds > 2))
        fmt::print("  winner {:+.4f} [{:+.4f}, {:+.4f}]", winner[objective] - metrics[objective],
                   lead->second.low, lead->second.high);
    fmt::print("\n");
}

void print_all(const search::Study& study, const search::ScoredPredictor& winner,
               const std::vector<search::ScoredPredictor>& baselines,
               const std::optional<search::ScoredPredictor>& ceiling) {
    print_scores(study, winner, winner.metrics);
    if (study.winner && study.folds_average)
        print_scores(study, *study.folds_average, winner.metrics);
    for (const search::ScoredPredictor& baseline : baselines)
        print_scores(study, baseline, winner.metrics);
    if (ceiling) print_scores(study, *ceiling, winner.metrics);
}

void print_study(const search::Study& study) {
    const search::Trial* best = study.best();
    fmt::print("best trial: {} of {}, cross-validated {} {:.4f} (sd over {} folds {:.4f})\n",
               best->number + 1, study.numbered(), study.objective, best->score(), study.n_folds,
               best->cv_std());
    for (const search::Parameter* parameter : study.space.searched_at(best->point))
        fmt::print("  {:<20} {}\n", parameter->name,
                   printable(search::format_value(*parameter, best->point.at(parameter->name))));
    const std::string legend =
        fmt::format("[95% intervals; last, how much {} the winner has more{}]", study.objective,
                    study.minimize ? ", below 0 where it is ahead" : "");
    if (study.winner) {
        fmt::print("\nheld out: the best trained again, on {} {}\n",
                   counted(study.n_test_learners, "test learner"),
                   study.winner->intervals.empty() ? "(too few for intervals)" : legend);
        return print_all(study, *study.winner, study.baselines, study.ceiling);
    }
    fmt::print(
        "\ncross-validated, as no learner is held out: means over {} folds, on which the best was "
        "chosen {}\n",
        study.n_folds, legend);
    print_all(study,
              {.name = std::string(to_string(study.at(best->point).model)),
               .metrics = search::mean_over_folds(best->last_epochs())},
              study.baselines_cv, study.ceiling_cv);
}

/// What is trained and searched.
void choose_space(SweepOptions& options) {
    if (options.model != search::auto_name && std::ranges::count(model_names(), options.model) == 0)
        throw InputError(fmt::format("--model={}: expected one of {}, {}", options.model,
                                     fmt::join(model_names(), ", "), search::auto_name));
    std::vector<std::string> chosen;
    for (const std::string& assignment : options.assignments)
        chosen.push_back(assigned_name(assignment));
    search::choose_space(
        options.config, options.model, options.space, chosen, [&](ModelKind model) {
            return hyperparameters_from(std::string(to_string(model)), options.assignments);
        });
}

/// What mpirun, srun or an array of Slurm's started side by side shares the study: each process
/// trains on its part of the machine.
void take_rank(SweepOptions& options, const Rank& rank) {
    search::SweepConfig& config = options.config;
    if (config.workers == 0) config.workers = rank.workers();
    if (config.jobs == 0)
        config.jobs =
            default_threads(rank, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)), default_jobs());
    if (rank.count > 1 && options.device.name == "auto") {
        const std::vector<std::string> gpus = kernels::device_names();
        if (!gpus.empty())
            options.device.name =
                gpus[static_cast<std::size_t>(gpu_of(rank, static_cast<int>(gpus.size())))];
    }
    options.speaks = rank.speaks();
    if (options.speaks) return;
    options.quiet = true;
    options.serve.reset();
}

/// Where the study is kept.
void choose_study(SweepOptions& options) {
    search::SweepConfig& config = options.config;
    config.study =
        options.study.empty() ? fs::path(options.out) / "study.journal" : fs::path(options.study);
    if (!search::is_database(config.study)) {
        if (!config.study_name.empty())
            throw InputError(
                "--study-name: is of a database's studies; expected it beside --study "
                "postgresql://...");
        return ensure_writable_file(config.study);
    }
    if (config.study_name.size() > longest_study_name)
        throw InputError(fmt::format("--study-name: has {} bytes; expected at most {}",
                                     config.study_name.size(), longest_study_name));
}

int run(SweepOptions& options) {
    search::SweepConfig& config = options.config;
    take_rank(options, this_rank());
    choose_space(options);
    // Made only for its complaint about a space that it can't search, before anything is read.
    search::make_sampler(config.sampler, config.space, config.seed);
    std::vector<ModelKind> models;
    for (const Hyperparameters& base : config.bases())
        models.push_back(base.model);
    if (options.speaks) tell_of_no_effect(options.assignments, models);
    expect_choice(options.device);
    if (is_gpu(options.device)) search::expect_runs_on_gpu(config.space, config.bases());
    const Dataset dataset = read_data(options.data, options.quiet);
    if (options.speaks) tell(dataset.notices);
    try {
        objective_metric(config.objective, dataset.n_categories);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: --{}", options.data, error.what()));
    }
    for (const Hyperparameters& base : config.bases())
        if (const auto line = check_lengths(dataset, base.model, options.data);
            line && options.speaks)
            tell({*line});
    expect_folds(options.data,
                 dataset.train.size() + (config.cv_on == "all" ? dataset.test.size() : 0),
                 config.n_folds);
    choose_study(options);
    const std::string study = search::storage_name(config.study);
    const fs::path weights = fs::path(options.out) / "best.safetensors";
    expect_writable_apart_from({options.data}, weights);
    config.weights = weights;
    if (options.keep_folds) {
        config.fold_weights = options.out;
        for (const fs::path& file : search::fold_files(config.fold_weights, config.n_folds))
            expect_writable_apart_from({options.data}, file);
    }
    for (const fs::path& file :
         report::report_files(config.model_name(), dataset.name, options.out))
        expect_writable_apart_from({options.data}, file);

    const std::string left =
        fmt::format("interrupted; {} has all so far, and the same command goes on with it", study);
    Interruption interruption("manygpcm: " + printable(left));
    config.stop = interruption.requested();
    Progress progress(options.quiet);
    search::SweepProgress last;
    const search::SweepResult result = run_with_progress(options, dataset, progress, last);
    if (result.stopped) {
        finish(progress, last, true);
        if (options.speaks) tell({left});
        return interruption.pass_on();
    }
    if (!options.speaks) return 0;
    interruption.end_at_once();  // all is on record: the report is made of it
    std::vector<fs::path> files;
    if (result.best) {
        files.push_back(weights);
        if (options.keep_folds)
            std::ranges::copy(search::fold_files(config.fold_weights, config.n_folds),
                              std::back_inserter(files));
    }
    const auto note = [&](const std::string& line) { progress.notice(line); };
    const auto show = [&](const WorkState& state) {
        progress.show_left(state.seconds_left, writing_the_report);
    };
    for (const fs::path& file :
         report::write_report(result.study, options.out, note, nullptr, show))
        files.push_back(file);
    last.trials_done = result.trials_done;  // others may have ended some after our last epoch
    finish(progress, last, false);          // not before: a signal may end the report's making
    files.emplace_back(study);
    expect_success(result.study, files.front());

    print_study(result.study);
    fmt::print("\n");
    for (const fs::path& file : files)
        fmt::print("{}\n", printable(file.string()));
    return 0;
}

std::vector<std::string> objectives() {
    std::vector<std::string> names;
    for (const Metric& metric : metric_table())
        names.emplace_back(metric.name);
    return names;
}

}  // namespace

Command add_sweep(CLI::App& program) {
    const auto options = std::make_shared<SweepOptions>();
    search::SweepConfig& config = options->config;
    config.workers = 0;  // as many as the environment tells of
    CLI::App* command = add_command(
        program, "sweep",
        "Search hyperparameters with cross-validation; leaves a report and the best model.",
        options->quiet);
    command->footer(fmt::format("{}\n{}", about_trial_numbers, about_topics));
    add_data_option(*command, options->data);
    add_model_option(*command, options->model, {search::auto_name});
    add_set_option(*command, options->assignments);
    command->add_option("--trials", config.trials, "Points of the search space to try")
        ->check(whole_number(1, max_trials))
        ->capture_default_str()
        ->type_name("N");
    command->add_option("--folds", config.n_folds, "Parts of the learners, each validated on once")
        ->check(whole_number(2, max_folds))
        ->capture_default_str()
        ->type_name("F");
    command->add_option("--epochs", config.epochs, "Passes over the training learners, per model")
        ->check(whole_number(1, max_epochs))
        ->capture_default_str()
        ->type_name("E");
    expect_one_of(*command->add_option("--sampler", config.sampler, "How points are chosen")
                       ->capture_default_str(),
                  {search::sampler_names().begin(), search::sampler_names().end()});
    add_path_option(*command, "--space", options->space, Dash::input, "FILE",
                    "TOML file of what is searched, or published")
        ->required(false);
    expect_one_of(*command
                       ->add_option("--scheduler", config.scheduler,
                                    "How long trials are trained: longer the better they are, or "
                                    "all alike")
                       ->capture_default_str(),
                  {search::scheduler_names().begin(), search::scheduler_names().end()});
    expect_one_of(
        *command
             ->add_option("--objective", config.objective, "The metric that trials are compared by")
             ->capture_default_str(),
        objectives());
    command
        ->add_option("--patience", config.patience,
                     "Trials in a row without a gain that end the search; 0: none do")
        ->check(whole_number(0, max_trials))
        ->capture_default_str()
        ->type_name("N");
    add_seed_option(*command, config.seed);
    add_jobs_option(
        *command, config.jobs,
        "Threads, one a model at a time; results don't depend on it up to 8, and beyond "
        "on that of the study's first command");
    command
        ->add_option("--workers", config.workers,
                     "Processes that will train for the study, those of other machines included")
        ->check(whole_number(1, max_workers))
        ->default_str("what mpirun, srun or an array of Slurm's started")
        ->type_name("N");
    add_device_options(*command, options->device);
    add_path_option(*command, "--study", options->study, Dash::nothing, "FILE",
                    "The study's file or postgresql://user@host/database, an existing one is "
                    "continued; default: DIR/study.journal")
        ->required(false);
    command
        ->add_option("--study-name", config.study_name,
                     "Which study of the database; default: named after model and dataset")
        ->type_name("NAME");
    command
        ->add_option(
            "--serve", options->serve,
            "Show the report so far on this port of 127.0.0.1 while the sweep runs; 0: any")
        ->expected(0, 1)
        ->default_str(default_port)  // of --serve alone; without it nothing is served
        ->check(whole_number(0, 65535))
        ->type_name("PORT");
    command->add_flag("--keep-folds", options->keep_folds,
                      "Leave the winner's fold models, too, and score their average");
    expect_one_of(*command
                       ->add_option("--cv-on", config.cv_on,
                                    "Learners to cross-validate on; all: with no learner held out")
                       ->capture_default_str(),
                  {"train", "all"});
    add_path_option(*command, "--out", options->out, Dash::nothing, "DIR",
                    "Directory for the study, the report and best.safetensors");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
