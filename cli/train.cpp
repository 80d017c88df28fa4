// manygpcm train: trains one model on all training learners and, with --folds, cross-validates it.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "device_option.h"
#include "interruption.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/gpu_limits.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/training.h"
#include "options.h"
#include "output.h"
#include "progress.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
    std::string data, model, out;
    std::vector<std::string> assignments;
    int epochs = 0;
    int folds = 0;  ///< 0: no cross-validation
    std::uint64_t seed = 42;
    int jobs = default_jobs();
    DeviceChoice device;
    bool quiet = false;
};

/// The model to keep comes first, as fold 0: --folds then changes nothing about it. Learners are
/// the training learners followed by the test learners.
std::vector<ReplicaSpec> replicas_of(const TrainOptions& options, const Hyperparameters& chosen,
                                     const Dataset& dataset) {
    const int n_train = static_cast<int>(dataset.train.size());
    std::vector<ReplicaSpec> replicas = {
        {.hyperparameters = chosen,
         .train = numbers_from(0, n_train),
         .validation = numbers_from(n_train, n_train + static_cast<int>(dataset.test.size())),
         .seed = options.seed}};
    if (options.folds == 0) return replicas;
    for (Fold& fold : k_fold(n_train, options.folds, options.seed))
        replicas.push_back({.hyperparameters = chosen,
                            .train = std::move(fold.train),
                            .validation = std::move(fold.validation),
                            .seed = options.seed,
                            .fold = static_cast<int>(replicas.size())});
    return replicas;
}

/// @param epochs_done counts those of all replicas
/// @throws Interrupted where `stop` is set
std::vector<ReplicaResult> train_with_progress(const TrainOptions& options, const Dataset& dataset,
                                               const std::vector<ReplicaSpec>& replicas,
                                               StopFlag stop, int& epochs_done) {
    std::vector<Learner> learners = dataset.train;
    learners.insert(learners.end(), dataset.test.begin(), dataset.test.end());

    Progress progress(options.quiet);
    const int n_replicas = static_cast<int>(replicas.size());
    const int epochs = options.epochs * n_replicas;
    int replicas_done = 0;
    const auto observer = [&](int, const EpochResult& epoch) {
        ++epochs_done;
        if (epoch.epoch == options.epochs) ++replicas_done;
        const double seconds_left =
            progress.seconds_elapsed() / epochs_done * (epochs - epochs_done);
        progress.show(static_cast<double>(epochs_done) / epochs,
                      fmt::format("models {}/{}, epochs {}/{}, {} left, loss {}", replicas_done,
                                  n_replicas, epochs_done, epochs, format_duration(seconds_left),
                                  number_field(epoch.train_loss, 0, 4)));
    };
    const auto device =
        device_training(options.device, [&](const std::string& plan) { progress.note(plan); });
    const auto train = [&](const auto& where) {
        return train_replicas({learners, dataset.n_questions, dataset.n_categories}, replicas,
                              options.epochs, where, observer, stop);
    };
    auto results = device ? train(*device) : train(options.jobs);
    progress.finish(fmt::format("models {}/{}, epochs {}/{} in {}", n_replicas, n_replicas, epochs,
                                epochs, format_duration(progress.seconds_elapsed())));
    return results;
}

/// Mean and sample standard deviation of every scalar metric over the folds' last epochs.
struct MetricSpread {
    const Metric* metric = nullptr;
    double mean = 0, standard_deviation = 0;
};

int n_categories(const Metrics& metrics) {
    return static_cast<int>(metrics.categories.size());
}

std::vector<MetricSpread> spread_over_folds(const std::vector<Metrics>& folds) {
    const double n = static_cast<double>(folds.size());
    std::vector<MetricSpread> spread;
    for (const Metric& metric : metric_table()) {
        if (!metric.defined(n_categories(folds.front()))) continue;
        MetricSpread& one = spread.emplace_back(MetricSpread{.metric = &metric});
        for (const Metrics& fold : folds)
            one.mean += fold[metric] / n;
        double squares = 0;
        for (const Metrics& fold : folds)
            squares += std::pow(fold[metric] - one.mean, 2);
        one.standard_deviation = std::sqrt(squares / (n - 1));
    }
    return spread;
}

std::vector<Metrics> fold_metrics(const std::vector<ReplicaResult>& results) {
    std::vector<Metrics> metrics;
    for (auto fold = std::next(results.begin()); fold != results.end(); ++fold)
        metrics.push_back(fold->epochs.back().validation);
    return metrics;
}

void print_folds(const std::vector<Metrics>& folds) {
    fmt::print("\nfold{}\n", brief_titles(n_categories(folds.front())));
    int number = 0;
    for (const Metrics& fold : folds)
        fmt::print("{:>4}{}\n", ++number, brief_values(fold));
    fmt::print("\nover the folds:                   mean      sd\n");
    for (const MetricSpread& one : spread_over_folds(folds))
        if (one.metric->shown(n_categories(folds.front())))
            fmt::print("  {:<28}{}{}\n", one.metric->name, number_field(one.mean, 8, 4),
                       number_field(one.standard_deviation, 8, 4));
}

void print_epochs(const std::vector<EpochResult>& epochs, bool validated) {
    fmt::print("\nepoch  train_loss        lr  seconds{}\n",
               validated ? brief_titles(n_categories(epochs.front().validation)) : "");
    for (const EpochResult& epoch : epochs) {
        fmt::print("{:>5} {} {:>9.6f} {:>8.2f}", epoch.epoch, number_field(epoch.train_loss, 11, 4),
                   epoch.lr, epoch.seconds);
        if (validated) fmt::print("{}", brief_values(epoch.validation));
        if (epoch.skipped_steps > 0)
            fmt::print("  {} steps skipped: loss or gradient not finite", epoch.skipped_steps);
        fmt::print("\n");
    }
}

nlohmann::json epoch_json(const EpochResult& epoch) {
    nlohmann::json json{{"epoch", epoch.epoch},
                        {"train_loss", epoch.train_loss},
                        {"lr", epoch.lr},
                        {"seconds", epoch.seconds},
                        {"skipped_steps", epoch.skipped_steps}};
    if (epoch.validation.n > 0) json["test"] = scalars_to_json(epoch.validation);
    return json;
}

nlohmann::json training_json(const TrainOptions& options, const Hyperparameters& chosen,
                             const Dataset& dataset, const std::vector<ReplicaResult>& results) {
    const std::vector<EpochResult>& epochs = results.front().epochs;
    nlohmann::json json{{"schema_version", 1},
                        {"program", version_line},
                        {"dataset", dataset.name},
                        {"n_questions", dataset.n_questions},
                        {"n_categories", dataset.n_categories},
                        {"n_learners", dataset.train.size()},
                        {"n_test_learners", dataset.test.size()},
                        {"seed", options.seed},
                        {"hyperparameters", to_json(chosen)},
                        {"epochs", nlohmann::json::array()}};
    for (const EpochResult& epoch : epochs)
        json["epochs"].push_back(epoch_json(epoch));
    if (!dataset.test.empty()) json["test"] = to_json(epochs.back().validation);
    if (options.folds > 0) {
        const std::vector<Metrics> folds = fold_metrics(results);
        json["folds"] = nlohmann::json::array();
        for (const Metrics& fold : folds)
            json["folds"].push_back(to_json(fold));
        for (const MetricSpread& one : spread_over_folds(folds))
            json["over_folds"][std::string(one.metric->name)] = {{"mean", one.mean},
                                                                 {"sd", one.standard_deviation}};
    }
    return json;
}

int run(const TrainOptions& options) {
    const Hyperparameters chosen = hyperparameters_from(options.model, options.assignments);
    expect_choice(options.device);
    if (is_gpu(options.device)) expect_runs_on_gpu(chosen);
    const Dataset dataset = read_dataset(options.data);
    tell(dataset.notices);
    if (const auto line = check_lengths(dataset, chosen.model, options.data)) tell({*line});
    const std::vector<ReplicaSpec> replicas = replicas_of(options, chosen, dataset);
    const fs::path weights = fs::path(options.out) / "model.safetensors";
    const fs::path metrics = fs::path(options.out) / "metrics.json";
    for (const fs::path& file : {weights, metrics})
        ensure_writable_file(file);

    std::vector<ReplicaResult> results;
    {
        const std::string nothing = fmt::format("interrupted; {} and {} weren't written",
                                                weights.string(), metrics.filename().string());
        const Interruption interruption("manygpcm: " + nothing);
        int epochs_done = 0;
        try {
            results = train_with_progress(options, dataset, replicas, interruption.requested(),
                                          epochs_done);
        } catch (const Interrupted&) {
            tell({fmt::format("{}: they take all {} epochs, of which {} were trained", nothing,
                              options.epochs * std::ssize(replicas), epochs_done)});
            return interruption.pass_on();
        }
        if (is_set(interruption.requested())) {
            tell({nothing});
            return interruption.pass_on();
        }
    }
    expect_trained(results.front().epochs);
    Model& model = results.front().model;
    model.question_ids = dataset.question_ids;

    save_model(model, weights);
    write_file(metrics, training_json(options, chosen, dataset, results).dump(2) + '\n');

    const bool validated = !dataset.test.empty();
    fmt::print("{} on {}: {} learners, {} questions, {} categories\n", options.model,
               printable(dataset.name), dataset.train.size(), dataset.n_questions,
               dataset.n_categories);
    print_epochs(results.front().epochs, validated);
    if (options.folds > 0) print_folds(fold_metrics(results));
    if (validated) {
        fmt::print("\non the {} test learners:\n{}", dataset.test.size(),
                   metrics_table(results.front().epochs.back().validation));
        if (chosen.lr_patience > 0)
            fmt::print("lr_patience let these scores steer the learning rate: a little too good\n");
    }
    fmt::print("\n{}\n{}\n", printable(weights.string()), printable(metrics.string()));
    return 0;
}

}  // namespace

Command add_train(CLI::App& program) {
    const auto options = std::make_shared<TrainOptions>();
    CLI::App* command =
        add_command(program, "train", "Train one model; leaves model.safetensors and metrics.json.",
                    options->quiet);
    add_path_option(*command, "--data", options->data, "PATH",
                    "Directory with train and test file, or one file");
    add_model_option(*command, options->model);
    add_set_option(*command, options->assignments);
    command->add_option("--epochs", options->epochs, "Passes over the training learners")
        ->required()
        ->check(whole_number(1, max_epochs))
        ->type_name("E");
    command
        ->add_option("--folds", options->folds,
                     "Cross-validate as well; the model kept is trained on all training learners")
        ->check(whole_number(2, max_folds))
        ->type_name("F");
    add_seed_option(*command, options->seed);
    add_jobs_option(*command, options->jobs);
    add_device_options(*command, options->device);
    add_path_option(*command, "--out", options->out, "DIR", "Directory for the two files");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
