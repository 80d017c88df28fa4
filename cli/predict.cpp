// manygpcm predict: what a trained model says of every answer in a file, step by step.
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
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
    std::string weights, data, out;
    bool quiet = false;
};

std::string predictions_csv(const Predictions& predictions, const std::vector<Learner>& learners,
                            const Model& model) {
    const int n_categories = predictions.n_categories, n_thresholds = n_categories - 1;
    std::string csv = "learner,step,question,response";
    for (int k = 0; k < n_categories; ++k)
        csv += fmt::format(",p{}", k);
    csv += ",theta,alpha";
    for (int j = 1; j <= n_thresholds; ++j)
        csv += fmt::format(",beta{}", j);
    csv += '\n';

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
            csv += '\n';
        }
    }
    return csv;
}

Metrics score(const Predictions& predictions, const std::vector<Learner>& learners) {
    std::vector<std::int32_t> responses;
    for (const Learner& learner : learners)
        responses.insert(responses.end(), learner.responses.begin(), learner.responses.end());
    return compute_metrics(predictions.probabilities, responses, predictions.n_categories);
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
    const Model model = load_model(options.weights);
    const Dataset dataset = read_dataset_for_model(options.data, model.config.n_questions,
                                                   model.config.n_categories, model.question_ids);
    tell(dataset.notices);
    if (const auto line = check_lengths(dataset, model.config.hyperparameters.model, options.data))
        tell({*line});
    expect_writable_apart_from({options.weights, options.data}, options.out);

    const std::vector<int> which = numbers_from(0, static_cast<int>(dataset.train.size()));
    const Predictions predictions = predict(model, dataset.train, which);
    expect_finite(predictions, dataset.train, options.weights);
    write_file(options.out, predictions_csv(predictions, dataset.train, model));

    const Metrics metrics = score(predictions, dataset.train);
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
                    "A model.safetensors that train or a best.safetensors that sweep wrote");
    add_path_option(*command, "--data", options->data, "FILE", "One file of learners");
    add_path_option(*command, "--out", options->out, "FILE",
                    "The CSV file to write, one row a step");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
