// manygpcm predict: what a trained model, or several on average, says of every answer in a file,
// step by step.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
    std::vector<std::string> weights;
    std::string data, out;
    bool quiet = false;
};

/// What one or several models say.
struct Consensus {
    Predictions mean;
    /// [steps] standard deviation over the models of the expected category; empty of one model.
    std::vector<double> spread;
};

/// @throws InputError for models that aren't of the same questions and categories
std::vector<Model> load_models(const std::vector<std::string>& files) {
    std::vector<Model> models;
    for (const std::string& file : files) {
        models.push_back(load_model(file));
        const Model &first = models.front(), &last = models.back();
        if (last.config.n_questions != first.config.n_questions ||
            last.config.n_categories != first.config.n_categories ||
            last.question_ids != first.question_ids)
            throw InputError(fmt::format(
                "{}: {} questions and {} categories; expected those of {}, {} and {}, by the same "
                "names",
                file, last.config.n_questions, last.config.n_categories, files.front(),
                first.config.n_questions, first.config.n_categories));
    }
    return models;
}

double expected_category(const Predictions& predictions, std::size_t step) {
    double sum = 0;
    for (int k = 1; k < predictions.n_categories; ++k)
        sum += k * double{predictions.probabilities[step * predictions.n_categories + k]};
    return sum;
}

Consensus average(const std::vector<Predictions>& of_models) {
    Consensus consensus{of_models.front(), {}};
    if (of_models.size() == 1) return consensus;
    const auto n = static_cast<double>(of_models.size());
    const auto mean = [&](std::vector<float> Predictions::*values) {
        for (std::size_t i = 0; i < (consensus.mean.*values).size(); ++i) {
            double sum = 0;
            for (const Predictions& predictions : of_models)
                sum += (predictions.*values)[i];
            (consensus.mean.*values)[i] = static_cast<float>(sum / n);
        }
    };
    for (const auto values : {&Predictions::probabilities, &Predictions::theta, &Predictions::alpha,
                              &Predictions::beta})
        mean(values);
    for (std::size_t t = 0; t < consensus.mean.theta.size(); ++t) {
        const double of_mean = expected_category(consensus.mean, t);
        double squares = 0;
        for (const Predictions& predictions : of_models)
            squares += std::pow(expected_category(predictions, t) - of_mean, 2);
        consensus.spread.push_back(std::sqrt(squares / (n - 1)));
    }
    return consensus;
}

std::string predictions_csv(const Consensus& consensus, const std::vector<Learner>& learners,
                            const Model& model) {
    const Predictions& predictions = consensus.mean;
    const int n_categories = predictions.n_categories, n_thresholds = n_categories - 1;
    std::string csv = "learner,step,question,response";
    for (int k = 0; k < n_categories; ++k)
        csv += fmt::format(",p{}", k);
    csv += ",theta,alpha";
    for (int j = 1; j <= n_thresholds; ++j)
        csv += fmt::format(",beta{}", j);
    csv += consensus.spread.empty() ? "\n" : ",spread\n";

    std::size_t row = 0;
    const auto append = std::back_inserter(csv);
    for (const Learner& learner : learners) {
        const std::string id = csv_field(learner.id);
        for (std::size_t step = 0; step < learner.questions.size(); ++step, ++row) {
            const std::string question =
                csv_field(question_name(model.question_ids, learner.questions[step]));
            fmt::format_to(append, "{},{},{},{}", id, step + 1, question, learner.responses[step]);
            for (int k = 0; k < n_categories; ++k)
                fmt::format_to(append, ",{:.9g}",
                               predictions.probabilities[row * n_categories + k]);
            fmt::format_to(append, ",{:.9g},{:.9g}", predictions.theta[row],
                           predictions.alpha[row]);
            for (int j = 0; j < n_thresholds; ++j)
                fmt::format_to(append, ",{:.9g}", predictions.beta[row * n_thresholds + j]);
            if (!consensus.spread.empty()) fmt::format_to(append, ",{:.9g}", consensus.spread[row]);
            csv += '\n';
        }
    }
    return csv;
}

/// @throws InputError where a prediction isn't finite, as absurd weights have it.
void expect_finite(const Predictions& predictions, const std::vector<Learner>& learners,
                   const std::string& weights) {
    for (std::size_t i = 0; i < learners.size(); ++i)
        for (auto t = predictions.offsets[i]; t < predictions.offsets[i + 1]; ++t) {
            const auto finite = [&](const std::vector<float>& values, int width) {
                const auto first = values.begin() + std::ptrdiff_t{t} * width;
                return std::all_of(first, first + width, [](float x) { return std::isfinite(x); });
            };
            if (!finite(predictions.probabilities, predictions.n_categories) ||
                !finite(predictions.theta, 1) || !finite(predictions.alpha, 1) ||
                !finite(predictions.beta, predictions.n_categories - 1))
                throw InputError(fmt::format(
                    "{}: its prediction of learner {}, step {} isn't finite; expected a model "
                    "that was trained",
                    weights, shown(learners[i].id), t - predictions.offsets[i] + 1));
        }
}

int run(const PredictOptions& options) {
    if (fs::is_directory(options.data))
        throw InputError(fmt::format("{}: is a directory; expected one file", options.data));
    const std::vector<Model> models = load_models(options.weights);
    const Model& model = models.front();
    const Dataset dataset = read_dataset_for_model(options.data, model.config.n_questions,
                                                   model.config.n_categories, model.question_ids);
    tell(dataset.notices);
    for (const Model& one : models)
        if (const auto line =
                check_lengths(dataset, one.config.hyperparameters.model, options.data))
            tell({*line});
    std::vector<fs::path> inputs(options.weights.begin(), options.weights.end());
    inputs.emplace_back(options.data);
    expect_writable_apart_from(inputs, options.out);

    const std::vector<int> which = numbers_from(0, static_cast<int>(dataset.train.size()));
    std::vector<Predictions> of_models;
    for (std::size_t i = 0; i < models.size(); ++i) {
        of_models.push_back(predict(models[i], dataset.train, which));
        expect_finite(of_models.back(), dataset.train, options.weights[i]);
    }
    const Consensus consensus = average(of_models);
    write_file(options.out, predictions_csv(consensus, dataset.train, model));

    const Metrics metrics =
        compute_metrics(consensus.mean.probabilities, responses_of(dataset.train, which),
                        consensus.mean.n_categories);
    fmt::print("{} steps of {} learners\n{}\n{}\n", metrics.n, dataset.train.size(),
               metrics_table(metrics), printable(options.out));
    return 0;
}

}  // namespace

Command add_predict(CLI::App& program) {
    const auto options = std::make_shared<PredictOptions>();
    CLI::App* command =
        add_command(program, "predict",
                    "Predict every answer in a file from the answers before it.", options->quiet);
    add_path_option(*command, "--weights", options->weights, "FILE",
                    "A model.safetensors that train or a best.safetensors that sweep wrote; may be "
                    "repeated: several are averaged");
    add_path_option(*command, "--data", options->data, "FILE", "One file of learners");
    add_path_option(*command, "--out", options->out, "FILE",
                    "The CSV file to write, one row a step");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
