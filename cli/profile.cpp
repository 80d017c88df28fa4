// manygpcm profile: where the time of training a model goes, and how near that is to what the
// machine can do.
#include "manygpcm/engine/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "help_topics.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/kernels/checks/timing.h"
#include "manygpcm/kernels/cpu.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

namespace checks = kernels::checks;

struct ProfileOptions {
    std::string data, model;
    std::vector<std::string> assignments;
    int epochs = 3;
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

void print(const TrainingProfile& profile, int epochs, const checks::MachineRates& rates) {
    const double total = profile.seconds / epochs;
    fmt::print("{:<30} {:>8} {:>7} {:>7} {:>8} {:>9} {:>8}  {}\n", "seconds an epoch", "", "share",
               "calls", "GFLOP", "MB", "of bound", "bound");
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

int run(const ProfileOptions& options) {
    const Hyperparameters chosen = hyperparameters_from(options.model, options.assignments);
    tell_of_no_effect(options.assignments, {chosen.model});
    const Dataset dataset = read_dataset(options.data);
    tell(dataset.notices);
    if (const auto line = check_lengths(dataset, chosen.model, options.data)) tell({*line});
    const int n_learners = static_cast<int>(dataset.train.size());
    const TrainingProfile profile =
        profile_training({dataset.train, dataset.n_questions, dataset.n_categories},
                         {.hyperparameters = chosen,
                          .train = numbers_from(0, n_learners),
                          .validation = {},
                          .seed = options.seed,
                          .keep_model = false},
                         options.epochs);
    const kernels::WorkerThread prepared;
    const checks::MachineRates rates = checks::machine_rates(checks::cpu_target());
    fmt::print(
        "{} on {}: {} learners, {} responses, {} epochs after one that isn't counted\n"
        "one thread, {}: product {:.1f} GFLOP/s, copy {:.1f} GB/s, functions {:.2f} G/s\n\n",
        options.model, printable(dataset.name), n_learners, profile.responses / options.epochs,
        options.epochs, kernels::instruction_set(), 1e-9 * rates.product, 1e-9 * rates.copy,
        1e-9 * rates.functions);
    print(profile, options.epochs, rates);
    return 0;
}

}  // namespace

Command add_profile(CLI::App& program) {
    const auto options = std::make_shared<ProfileOptions>();
    CLI::App* command = add_command(
        program, "profile", "Show where the time of training goes on this machine, by operation.",
        options->quiet);
    command->footer(about_topics);
    add_data_option(*command, options->data);
    add_model_option(*command, options->model);
    add_set_option(*command, options->assignments);
    command
        ->add_option("--epochs", options->epochs,
                     "Passes over the training learners, after one that isn't counted")
        ->check(whole_number(1, max_epochs))
        ->capture_default_str()
        ->type_name("E");
    add_seed_option(*command, options->seed);
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
