// manygpcm profile: where the time of training a model goes, or of a whole search, and how near
// that is to what the machine can do.
#include "manygpcm/engine/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.h"
#include "help_topics.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/dataset_fingerprint.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/kernels/checks/timing.h"
#include "manygpcm/kernels/cpu.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "reading.h"

namespace manygpcm::cli {
namespace {

namespace checks = kernels::checks;

struct ProfileOptions {
    std::string data, model;
    std::vector<std::string> assignments;
    std::string study, study_name;
    std::optional<int> epochs;
    std::uint64_t seed = 42;
    bool quiet = false;
};

kernels::Work work_of(const OperationProfile& operation) {
    return {.operations = operation.operations,
            .functions = operation.functions,
            .read = operation.bytes / kernels::Work{.read = 1}.bytes()};
}

/// What the operation can't be faster than, in one word.
std::string_view bound_of(const kernels::Work& work, const checks::MachineRates& rates) {
    const double products = work.operations / rates.product,
                 functions = work.functions / rates.functions;
    if (work.bytes() / rates.copy > products + functions) return "copy";
    return functions > products ? "functions" : "product";
}

void print_row(std::string_view name, double seconds, double of, std::string_view rest = {}) {
    fmt::print("{:<30} {:>8.4f} {:>5.1f} %{}\n", name, seconds, 100 * seconds / of, rest);
}

void print(const TrainingProfile& profile, std::string_view unit, int epochs) {
    const kernels::WorkerThread prepared;
    const checks::MachineRates rates = checks::machine_rates(checks::cpu_target());
    fmt::print("one thread, {}: product {:.1f} GFLOP/s, copy {:.1f} GB/s, functions {:.2f} G/s\n\n",
               kernels::instruction_set(), 1e-9 * rates.product, 1e-9 * rates.copy,
               1e-9 * rates.functions);
    const double total = profile.seconds / epochs;
    fmt::print("{:<30} {:>8} {:>7} {:>7} {:>8} {:>9} {:>8}  {}\n", unit, "", "share", "calls",
               "GFLOP", "MB", "of bound", "bound");
    double least = 0, booked = 0;
    for (const OperationProfile& operation : profile.operations) {
        const kernels::Work work = work_of(operation);
        const double bound = checks::least_seconds(work, rates);
        least += bound / epochs;
        booked += operation.seconds / epochs;
        print_row(operation.name, operation.seconds / epochs, total,
                  fmt::format(" {:>7} {:>8.3f} {:>9.1f} {:>6.0f} %  {}", operation.calls / epochs,
                              1e-9 * operation.operations / epochs, 1e-6 * operation.bytes / epochs,
                              100 * bound / operation.seconds, bound_of(work, rates)));
    }
    print_row("batches, optimizer, the rest", total - booked, total);
    print_row("all", total, total, fmt::format("{:>34.0f} %", 100 * least / total));
    fmt::print("\n{:.0f} responses a second; {} parameters, {:.1f} MB of tensors\n",
               static_cast<double>(profile.responses) / profile.seconds, profile.parameters,
               1e-6 * static_cast<double>(profile.arena_bytes));
}

int profile_model(const ProfileOptions& options) {
    const Hyperparameters chosen = hyperparameters_from(options.model, options.assignments);
    tell_of_no_effect(options.assignments, {chosen.model});
    const Dataset dataset = read_data(options.data, options.quiet);
    tell(dataset.notices);
    if (const auto line = check_lengths(dataset, chosen.model, options.data)) tell({*line});
    const int n_learners = static_cast<int>(dataset.train.size());
    const int epochs = options.epochs.value_or(3);
    const TrainingProfile profile =
        profile_training({dataset.train, dataset.n_questions, dataset.n_categories},
                         {.hyperparameters = chosen,
                          .train = numbers_from(0, n_learners),
                          .validation = {},
                          .seed = options.seed,
                          .keep_model = false},
                         epochs);
    fmt::print("{} on {}: {}, {}, {} after one that isn't counted\n", options.model,
               printable(dataset.name), counted(n_learners, "learner"),
               counted(profile.responses / epochs, "response"), counted(epochs, "epoch"));
    print(profile, "seconds an epoch", epochs);
    return 0;
}

/// The search of a study: of every trial one fold is trained for some epochs, which stand for all
/// that it had.
int profile_search(const ProfileOptions& options) {
    const search::Study study = read_study_option(options.study, options.study_name);
    if (study.foreign)
        throw InputError(
            fmt::format("--study {}: was written by Optuna; expected a study of "
                        "manygpcm sweep",
                        printable(options.study)));
    const Dataset dataset = read_data(options.data, options.quiet);
    tell(dataset.notices);
    if (!study.dataset_fingerprint.empty() && fingerprint(dataset) != study.dataset_fingerprint)
        throw InputError(
            fmt::format("--data {}: isn't the data of the study, '{}'; expected what "
                        "it was searched on",
                        printable(options.data), printable(study.dataset)));
    const Learners learners = study.cv_on == "all" ? all_learners(dataset) : dataset.train;
    const std::vector<int> fold =
        k_fold(static_cast<int>(learners.size()), study.n_folds, study.seed).front().train;

    Progress progress(options.quiet);
    const int epochs = options.epochs.value_or(1);
    TrainingProfile sum;
    int trials = 0, trained = 0;
    for (const search::Trial& trial : study.trials) {
        const int of_trial = trial.fold_epochs();
        const Hyperparameters hyperparameters = study.at(trial.point);
        if (of_trial == 0 || !is_trained(hyperparameters.model)) continue;
        progress.show(static_cast<double>(trials) / static_cast<double>(study.trials.size()),
                      fmt::format("trial {} of {}", trial.number + 1, study.numbered()));
        sum.add(profile_training({learners, dataset.n_questions, dataset.n_categories},
                                 {.hyperparameters = hyperparameters,
                                  .train = fold,
                                  .validation = {},
                                  .seed = study.seed,
                                  .keep_model = false},
                                 epochs),
                of_trial);
        ++trials;
        trained += of_trial;
    }
    progress.finish(counted(trials, "trial"));
    if (trials == 0)
        throw InputError(fmt::format("--study {}: no trial was trained; expected one or more",
                                     printable(options.study)));
    fmt::print(
        "the search for {} on {}: {} of {} by {}, counted from {} of "
        "each trial after one that isn't counted\n",
        study.model_name(), printable(study.dataset), counted(trained, "epoch"),
        counted(std::ssize(fold), "learner"), counted(trials, "trial"), epochs);
    print(sum, "seconds of the search", epochs);
    return 0;
}

int run(const ProfileOptions& options) {
    if (options.study.empty()) {
        if (options.model.empty()) throw InputError("--model or --study is required");
        return profile_model(options);
    }
    return profile_search(options);
}

}  // namespace

Command add_profile(CLI::App& program) {
    const auto options = std::make_shared<ProfileOptions>();
    CLI::App* command = add_command(
        program, "profile", "Show where the time of training goes on this machine, by operation.",
        options->quiet);
    command->footer(about_topics);
    add_data_option(*command, options->data);
    CLI::Option* model = add_model_option(*command, options->model)->required(false);
    add_set_option(*command, options->assignments);
    add_seed_option(*command, options->seed);
    CLI::Option* study =
        add_path_option(*command, "--study", options->study, Dash::nothing, "FILE",
                        "A study.journal that sweep wrote, or its directory, or a database, as of "
                        "sweep: profile what its trials trained, instead of one model")
            ->required(false)
            ->excludes(model)
            ->excludes("--set")
            ->excludes("--seed");
    command->add_option("--study-name", options->study_name, "Which study, where there are several")
        ->needs(study)
        ->type_name("NAME");
    command
        ->add_option("--epochs", options->epochs,
                     "Passes over the training learners, after one that isn't counted; with "
                     "--study 1 of each trial unless said otherwise")
        ->check(whole_number(1, max_epochs))
        ->default_str("3")
        ->type_name("E");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
