// manygpcm train: trains one model on all training learners and, with --folds, cross-validates it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "device_option.h"
#include "help_topics.h"
#include "interruption.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/context.h"
#include "manygpcm/engine/cut_points.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/dataset_fingerprint.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/expect_trained.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/gpu_limits.h"
#include "manygpcm/engine/judge_model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/replicas_progress.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/running_metrics.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/shown_metrics.h"
#include "manygpcm/engine/statistics.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/engine/training_checkpoints.h"
#include "manygpcm/engine/work.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "reading.h"
#include "time_left.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
    std::string data, model, out;
    std::vector<std::string> assignments;
    int epochs = 0;  ///< 0: until the best is found
    int folds = 0;   ///< 0: no cross-validation
    std::uint64_t seed = 42;
    int jobs = default_jobs();
    DeviceChoice device;
    bool restart = false, quiet = false;
};

/// The model to keep comes first, as fold 0: --folds then changes nothing about it. They are
/// validated on the learners that are not theirs, numbers in all_learners().
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

/// @param before what commands that were interrupted have trained
/// @param trained_in_all  becomes what is to be said of it
/// @throws Interrupted where `stop` is set
std::vector<ReplicaResult> train_with_progress(const TrainOptions& options, const Dataset& dataset,
                                               Learners learners,
                                               const std::vector<ReplicaSpec>& replicas,
                                               const TrainingLength& length, StopFlag stop,
                                               const TrainingCheckpoints& checkpoints,
                                               const ReplicasProgress& before, Progress& progress,
                                               std::string& trained_in_all) {
    ReplicasProgress replicas_progress = before;
    const auto counts = [&] {
        const std::int64_t done = replicas_progress.epochs_done();
        return fmt::format("models {}/{}, epochs {}/{}", replicas_progress.over(), replicas.size(),
                           done, done + replicas_progress.most_left());
    };
    progress.begin(counts());
    std::mutex telling;  // of what follows
    // Epochs since this command began, as far as they are, validation being a part of each; and
    // after the first step, before which a classical model may have been fitted.
    double trained = 0, first_step = 0, first_step_at = 0;
    std::string loss;  // of the last epoch
    const auto show = [&] {
        const auto now = static_cast<double>(replicas_progress.epochs_done());
        const auto earlier = static_cast<double>(before.epochs_done());
        trained = std::max(trained, now - earlier);
        if (!progress.due()) return;                   // steps may be shorter than making the text
        const double begun = earlier + trained - now;  // of epochs that aren't over
        const double most = static_cast<double>(replicas_progress.most_left()) - begun;
        std::string left;
        if (trained > first_step) {
            const double each =
                (progress.seconds_elapsed() - first_step_at) / (trained - first_step);
            const auto least = static_cast<double>(replicas_progress.least_left());
            left = ", " + time_left(each * most, each * (least - begun), each * most);
        }
        progress.show((earlier + trained) / (earlier + trained + most), counts() + left + loss);
    };
    const auto observer = [&](int replica, const EpochResult& epoch, EpochsLeft left) {
        const std::lock_guard lock(telling);
        replicas_progress.trained(replica, 1, left);
        loss = ", loss " + number_field(epoch.train_loss, 0, 4);
        show();
    };
    const Context context{
        .jobs = options.jobs,
        .device =
            device_training(options.device, [&](const std::string& plan) { progress.note(plan); }),
        .stop = stop,
        .trained = [&](double part) {
            const std::lock_guard lock(telling);
            trained += part;
            if (first_step_at == 0) {
                first_step = trained;
                first_step_at = progress.seconds_elapsed();
            }
            show();
        }};
    auto results = train_replicas({learners, dataset.n_questions, dataset.n_categories}, replicas,
                                  length, context, observer, &checkpoints);
    trained_in_all = counts();
    return results;
}

/// What a model is worth on learners that are not its own; n = 0 where there are none.
struct Scores {
    Metrics all;
    Metrics without_first;  ///< without each learner's first response, of which nothing is known
    double qwk_fitted = 0;  ///< of the model's cut points
};

Scores score(const Model& model, Learners learners, std::span<const int> which, StopFlag stop,
             const WorkObserver& observer) {
    if (which.empty()) return {};
    const int n_categories = model.config.n_categories;
    RunningMetrics all(n_categories, model.cut_points), later(n_categories);
    std::size_t done = 0;
    for (const std::span<const int> part : parts_of(learners, which)) {
        const Predictions predictions = predict(model, learners, part, stop);
        const std::vector<std::int32_t> responses = responses_of(learners, part);
        all.add(predictions.probabilities, responses);
        later.add_without_first(predictions.probabilities, responses, predictions.offsets);
        done += part.size();
        observer(static_cast<double>(done) / static_cast<double>(which.size()));
    }
    return {all.metrics(), later.metrics(), all.kappa_of_cut_points()};
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
    std::vector<MetricSpread> spread;
    for (const Metric& metric : metric_table()) {
        if (!metric.defined(n_categories(folds.front()))) continue;
        Moments moments;
        for (const Metrics& fold : folds)
            moments.add(fold[metric]);
        spread.push_back({&metric, moments.mean, moments.sample_deviation()});
    }
    return spread;
}

/// Those of the folds, which follow the model that is kept.
std::vector<Metrics> fold_metrics(const std::vector<Scores>& scores) {
    std::vector<Metrics> metrics;
    for (auto fold = std::next(scores.begin()); fold != scores.end(); ++fold)
        metrics.push_back(fold->all);
    return metrics;
}

void print_folds(const std::vector<Metrics>& folds) {
    fmt::print("\nfold{}\n", brief_titles(n_categories(folds.front())));
    int number = 0;
    for (const Metrics& fold : folds)
        fmt::print("{:>4}{}\n", ++number, brief_values(fold));
    fmt::print("\nover the folds:                   mean      sd\n");
    const std::vector<MetricSpread> spread = spread_over_folds(folds);
    for (const Metric* metric : shown_metrics(n_categories(folds.front()))) {
        const MetricSpread& one = *std::ranges::find(spread, metric, &MetricSpread::metric);
        fmt::print("  {:<28}{}{}\n", metric->name, number_field(one.mean, 8, 4),
                   number_field(one.standard_deviation, 8, 4));
    }
}

void print_epochs(const std::vector<EpochResult>& epochs, bool validated) {
    fmt::print("\nepoch  train_loss        lr  seconds{}\n",
               validated ? brief_titles(n_categories(epochs.front().validation)) : "");
    for (const EpochResult& epoch : epochs) {
        fmt::print("{:>5} {} {:>9.6f} {:>8.2f}", epoch.epoch, number_field(epoch.train_loss, 11, 4),
                   epoch.lr, epoch.seconds);
        if (validated) fmt::print("{}", brief_values(epoch.validation));
        if (epoch.skipped_steps > 0)
            fmt::print("  {} skipped: loss or gradient not finite",
                       counted(epoch.skipped_steps, "step"));
        fmt::print("\n");
    }
}

/// @param scored whose scores the epoch has: "test" or, where a tenth of the training learners
/// tells the best epoch, "stopping"
nlohmann::json epoch_json(const EpochResult& epoch, const char* scored) {
    nlohmann::json json{{"epoch", epoch.epoch},
                        {"train_loss", epoch.train_loss},
                        {"lr", epoch.lr},
                        {"seconds", epoch.seconds},
                        {"skipped_steps", epoch.skipped_steps}};
    if (epoch.validation.n > 0) json[scored] = scalars_to_json(epoch.validation);
    return json;
}

/// How well a model that is fitted explains its training learners; gives it its standard errors.
nlohmann::json judge(Model& model, const Dataset& dataset, StopFlag stop,
                     const WorkObserver& observer) {
    const ClassicalFit fit =
        judge_model(model, dataset.train, numbers_from(0, static_cast<int>(dataset.train.size())),
                    stop, observer);
    return {{"log_likelihood", fit.log_likelihood},
            {"parameters", fit.parameters},
            {"aic", fit.aic},
            {"bic", fit.bic},
            {"reliability", fit.reliability},
            {"joint_errors", errors_are_joint(dataset.n_questions, dataset.n_categories)}};
}

nlohmann::json training_json(const TrainOptions& options, const Hyperparameters& chosen,
                             const Dataset& dataset, const std::vector<ReplicaResult>& results,
                             const std::vector<Scores>& scores, bool stopping) {
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
        json["epochs"].push_back(epoch_json(epoch, stopping ? "stopping" : "test"));
    json["epoch"] = results.front().epoch;
    json["cut_points"] = results.front().model.cut_points;
    if (!dataset.test.empty()) {
        json["test"] = to_json(scores.front().all);
        json["test"]["qwk_fitted"] = scores.front().qwk_fitted;
        if (scores.front().without_first.n > 0)
            json["test_without_first"] = to_json(scores.front().without_first);
    }
    if (options.folds > 0) {
        const std::vector<Metrics> folds = fold_metrics(scores);
        json["folds"] = nlohmann::json::array();
        for (const Metrics& fold : folds)
            json["folds"].push_back(to_json(fold));
        for (const MetricSpread& one : spread_over_folds(folds))
            json["over_folds"][std::string(one.metric->name)] = {{"mean", one.mean},
                                                                 {"sd", one.standard_deviation}};
    }
    return json;
}

/// What the model depends on, by the options that say it.
nlohmann::json settings_of(const TrainOptions& options, const Hyperparameters& chosen,
                           const Dataset& dataset) {
    return {{"--data", fingerprint(dataset)}, {"--model", to_string(chosen.model)},
            {"--set", to_json(chosen)},       {"--epochs", options.epochs},
            {"--folds", options.folds},       {"--seed", options.seed}};
}

/// An option of a setting, as it was and is: "--epochs 20", "no --folds", "--set lr=0.01".
std::string setting_text(const std::string& option, const nlohmann::json& value,
                         const nlohmann::json& other) {
    if (option == "--data") return "the data that it began with";
    if ((option == "--epochs" || option == "--folds") && value == 0) return "no " + option;
    std::string text = option;
    if (!value.is_object()) return fmt::format("{} {}", option, value_text(value));
    for (const auto& [name, one] : value.items())
        if (other.value(name, nlohmann::json()) != one)
            text += fmt::format(" {}={}", name, value_text(one));
    return text;
}

/// What an interrupted training has left, to go on with.
/// @throws InputError where it is of other settings
ReplicasProgress trained_before(const TrainingCheckpoints& checkpoints, int n_replicas,
                                const TrainingLength& length) {
    const nlohmann::json now = nlohmann::json::parse(checkpoints.settings);
    ReplicasProgress trained(static_cast<std::size_t>(n_replicas), epochs_left(length));
    for (const KeptReplica& kept : kept_replicas(checkpoints.directory, n_replicas)) {
        if (kept.settings.empty()) {
            tell(
                {fmt::format("{}: is damaged or of a newer program; what it was of is trained "
                             "from its beginning",
                             kept.file.string())});
            continue;
        }
        trained.trained(kept.replica, kept.epochs, epochs_left(length, kept.epochs, kept.best));
        nlohmann::json then = nlohmann::json::parse(kept.settings);
        if (then.contains("--set")) fill_in_missing(then["--set"]);
        if (then == now) continue;
        std::vector<std::string> before, asked;
        for (const auto& [option, value] : now.items()) {
            const nlohmann::json was = then.value(option, nlohmann::json());
            // Of another model other values say nothing.
            if (was == value || (option == "--set" && then.value("--model", "") != now["--model"]))
                continue;
            before.push_back(setting_text(option, was, value));
            if (option != "--data") asked.push_back(setting_text(option, value, was));
        }
        if (before.empty()) before.emplace_back("the program that began it");
        throw InputError(fmt::format(
            "{}: has an interrupted training{}; expected {} to go on with it, --restart to begin "
            "anew, or another --out",
            checkpoints.directory.string(),
            asked.empty() ? "" : fmt::format(" of other settings than {}", fmt::join(asked, ", ")),
            fmt::join(before, ", ")));
    }
    if (trained.epochs_done() > 0)
        tell({fmt::format("{}: going on with the {} there", checkpoints.directory.string(),
                          counted(trained.epochs_done(), "epoch"))});
    return trained;
}

int run(const TrainOptions& options) {
    const Hyperparameters chosen = hyperparameters_from(options.model, options.assignments);
    tell_of_no_effect(options.assignments, {chosen.model});
    if (options.epochs > 0 && !is_trained(chosen.model))
        tell({fmt::format("--epochs {}: has no effect on {}, which is fitted, not trained",
                          options.epochs, options.model)});
    expect_choice(options.device);
    if (is_gpu(options.device)) expect_runs_on_gpu(chosen);
    const Dataset dataset = read_data(options.data, options.quiet);
    tell(dataset.notices);
    if (!is_trained(chosen.model) && dataset.train.size() < fewest_fitted)
        tell({fmt::format(
            "{}: {}; of fewer than {} parameters say more of their priors than of "
            "the questions",
            options.data, counted(std::ssize(dataset.train), "learner"), fewest_fitted)});
    if (const auto line = check_lengths(dataset, chosen.model, options.data)) tell({*line});
    if (options.folds > 0) expect_folds(options.data, dataset.train.size(), options.folds);
    const Learners learners = all_learners(dataset);
    std::vector<ReplicaSpec> replicas = replicas_of(options, chosen, dataset);
    std::vector<std::vector<int>> held_out;
    for (const ReplicaSpec& replica : replicas)
        held_out.push_back(replica.validation);
    const TrainingLength length = choose_length(
        options.epochs > 0 ? std::optional(options.epochs) : std::nullopt, options.seed, replicas);
    const fs::path weights = fs::path(options.out) / "model.safetensors";
    const fs::path metrics = fs::path(options.out) / "metrics.json";
    for (const fs::path& file : {weights, metrics})
        expect_writable_apart_from({options.data}, file);
    const TrainingCheckpoints checkpoints{.directory = weights.string() + ".checkpoints",
                                          .settings = settings_of(options, chosen, dataset).dump()};
    if (options.restart) remove_kept_replicas(checkpoints.directory);
    const ReplicasProgress before =
        trained_before(checkpoints, static_cast<int>(replicas.size()), length);

    std::vector<ReplicaResult> results;
    std::vector<Scores> scores;
    nlohmann::json fit;
    {
        const std::string left =
            fmt::format("interrupted; {} has all so far, and the same command goes on with it",
                        checkpoints.directory.string());
        const Interruption interruption("manygpcm: " + printable(left));
        const auto end = [&] {
            std::error_code error;
            const bool kept = std::filesystem::exists(checkpoints.directory, error);
            tell({kept ? left : "interrupted before an epoch was over; nothing was kept"});
            return interruption.pass_on();
        };
        try {
            Progress progress(options.quiet);
            std::string trained_in_all;
            results = train_with_progress(options, dataset, learners, replicas, length,
                                          interruption.requested(), checkpoints, before, progress,
                                          trained_in_all);
            constexpr double seconds_a_learner = 1e-3;  // where the estimates begin
            Agenda agenda;
            for (std::size_t i = 0; i < results.size(); ++i)
                agenda.add("score", seconds_a_learner * static_cast<double>(held_out[i].size()),
                           [&, i](const WorkObserver& observer) {
                               scores.push_back(score(results[i].model, learners, held_out[i],
                                                      interruption.requested(), observer));
                           });
            if (!is_trained(chosen.model))
                agenda.add("judge", seconds_a_learner * static_cast<double>(dataset.train.size()),
                           [&](const WorkObserver& observer) {
                               fit = judge(results.front().model, dataset, interruption.requested(),
                                           observer);
                           });
            agenda.run(
                [&](const WorkState& state) { progress.show_left(state.seconds_left, "scoring"); });
            progress.finish(fmt::format("{} in {}", trained_in_all,
                                        format_duration(progress.seconds_elapsed())));
        } catch (const Interrupted&) {
            return end();
        }
        if (is_set(interruption.requested())) return end();
    }
    // Of a model that is the best before its first epoch nothing was trained that could have
    // failed.
    std::vector<EpochResult> until_kept = results.front().epochs;
    until_kept.resize(static_cast<std::size_t>(results.front().epoch));
    try {
        if (!until_kept.empty()) expect_trained(until_kept);
    } catch (...) {
        remove_kept_replicas(checkpoints.directory);  // to go on from them is of no use
        throw;
    }
    Model& model = results.front().model;
    model.question_ids = dataset.question_ids;

    save_model(model, weights);
    nlohmann::json json =
        training_json(options, chosen, dataset, results, scores, finds_best(length));
    if (!fit.is_null()) json["fit"] = fit;
    write_file(metrics, json.dump(2) + '\n');
    remove_kept_replicas(checkpoints.directory);

    fmt::print("{} on {}: {}, {}, {}\n", options.model, printable(dataset.name),
               counted(std::ssize(dataset.train), "learner"),
               counted(dataset.n_questions, "question"), counted(dataset.n_categories, "category"));
    if (is_trained(chosen.model))
        print_epochs(results.front().epochs, results.front().epochs.back().validation.n > 0);
    if (finds_best(length))
        fmt::print(
            "\nkept: epoch {}, the best on {} of the training learners, which it wasn't "
            "trained on\n",
            results.front().epoch, replicas.front().validation.size());
    if (!fit.is_null())
        fmt::print("\nlog-likelihood {:.4f}, {}, AIC {:.2f}, BIC {:.2f}, reliability {:.3f}\n",
                   fit["log_likelihood"].get<double>(),
                   counted(fit["parameters"].get<std::int64_t>(), "parameter"),
                   fit["aic"].get<double>(), fit["bic"].get<double>(),
                   fit["reliability"].get<double>());
    if (options.folds > 0) print_folds(fold_metrics(scores));
    if (!dataset.test.empty()) {
        fmt::print("\non the {}:\n{}", counted(std::ssize(dataset.test), "test learner"),
                   metrics_table(scores.front().all, scores.front().qwk_fitted));
        if (!finds_best(length) && chosen.lr_patience > 0)
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
    command->footer(about_topics);
    add_data_option(*command, options->data);
    add_model_option(*command, options->model);
    add_set_option(*command, options->assignments);
    command
        ->add_option("--epochs", options->epochs,
                     "Passes over the training learners; not given: the best number on a tenth of "
                     "them, which isn't trained on")
        ->check(whole_number(1, max_epochs))
        ->type_name("E");
    command
        ->add_option("--folds", options->folds,
                     "Cross-validate as well; the model kept is the same without")
        ->check(whole_number(2, max_folds))
        ->type_name("F");
    add_seed_option(*command, options->seed);
    add_jobs_option(*command, options->jobs,
                    "Threads, one a model at a time; results don't depend on it");
    add_device_options(*command, options->device);
    command->add_flag("--restart", options->restart,
                      "Begin anew where the training in DIR was interrupted");
    add_path_option(*command, "--out", options->out, Dash::nothing, "DIR",
                    "Directory for the two files");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
