// manygpcm predict: what a trained model, or several on average, says of every answer in a file,
// step by step; or of every question as the next one; and of ability after the last answer.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "help_topics.h"
#include "manygpcm/engine/consensus.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/cut_points.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/training_cost.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/next_question.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/running_metrics.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/work.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "reading.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
    std::vector<std::string> weights;
    std::string data, out, abilities, decision = "argmax";
    bool next = false, quiet = false;
};

/// @throws InputError for models that aren't of the same questions and categories
std::vector<Model> load_models(const std::vector<std::string>& files) {
    std::vector<Model> models;
    for (const std::string& file : files) {
        expect_no_directory(file, "a model file, such as model.safetensors in it");
        models.push_back(load_model(file));
        const Model &first = models.front(), &last = models.back();
        if (last.config.n_questions != first.config.n_questions ||
            last.config.n_categories != first.config.n_categories)
            throw InputError(fmt::format("{}: {} and {}; expected those of {}, {} and {}", file,
                                         counted(last.config.n_questions, "question"),
                                         counted(last.config.n_categories, "category"),
                                         files.front(), first.config.n_questions,
                                         first.config.n_categories));
        for (int q = 0; q < first.config.n_questions; ++q) {
            const std::string name = question_name(last.question_ids, q),
                              of_first = question_name(first.question_ids, q);
            if (name != of_first)
                throw InputError(fmt::format(
                    "{}: its question {} is {}, but that of {} is {}; expected models of the same "
                    "questions",
                    file, q + 1, shown(name), files.front(), shown(of_first)));
        }
    }
    return models;
}

const std::string fitted = "fitted";
constexpr std::array decisions = {std::pair{"argmax", Decision::argmax},
                                  std::pair{"median", Decision::median},
                                  std::pair{"expected", Decision::expected}};

std::vector<std::string> decision_names() {
    std::vector<std::string> names;
    for (const auto& [name, decision] : decisions)
        names.emplace_back(name);
    names.push_back(fitted);
    return names;
}

/// How a distribution becomes the category that is predicted.
class Decider {
  public:
    /// Of several models the mean cut points decide.
    /// @throws InputError for fitted ones of a model that has none
    Decider(const PredictOptions& options, const std::vector<Model>& models) {
        if (options.decision != fitted) {
            const auto named = std::ranges::find(decisions, options.decision,
                                                 [](const auto& one) { return one.first; });
            decision_ = named->second;
            return;
        }
        cut_points_.resize(static_cast<std::size_t>(models.front().config.n_categories - 1));
        for (std::size_t m = 0; m < models.size(); ++m) {
            if (models[m].cut_points.empty())
                throw InputError(fmt::format(
                    "--decision fitted: {} has no cut points, since an earlier version wrote it; "
                    "expected a model with them, or --decision argmax, median or expected",
                    options.weights[m]));
            for (std::size_t j = 0; j < cut_points_.size(); ++j)
                cut_points_[j] += models[m].cut_points[j] / static_cast<double>(models.size());
        }
    }

    int operator()(std::span<const float> probabilities) const {
        return cut_points_.empty() ? decide(probabilities, decision_)
                                   : decide(probabilities, cut_points_);
    }
    /// Empty but for fitted ones.
    const std::vector<double>& cut_points() const { return cut_points_; }

  private:
    Decision decision_ = Decision::argmax;
    std::vector<double> cut_points_;
};

/// Begins with a comma, as the values that follow do.
std::string probability_columns(int n_categories) {
    std::string columns;
    for (int k = 0; k < n_categories; ++k)
        columns += fmt::format(",p{}", k);
    return columns;
}

void append_probabilities(std::string& csv, const Predictions& predictions, std::size_t step) {
    for (const float p : distribution(predictions, step))
        fmt::format_to(std::back_inserter(csv), ",{:.9g}", p);
}

/// Nothing where there is no number.
std::string number_or_empty(double value) {
    return std::isnan(value) ? "" : fmt::format("{:.9g}", value);
}

/// @param spread  whether there is one
std::string predictions_header(int n_categories, bool spread) {
    std::string header =
        "learner,step,question,response" + probability_columns(n_categories) + ",theta,alpha";
    for (int j = 1; j < n_categories; ++j)
        header += fmt::format(",beta{}", j);
    return header + (spread ? ",spread,predicted\n" : ",predicted\n");
}

/// The rows of the learners `which`, of whom `consensus` is.
std::string predictions_csv(const Consensus& consensus, const std::vector<Learner>& learners,
                            std::span<const int> which, const Model& model,
                            const Decider& decided) {
    const Predictions& predictions = consensus.mean;
    const int n_thresholds = predictions.n_categories - 1;
    std::string csv;
    std::size_t row = 0;
    const auto append = std::back_inserter(csv);
    for (const int i : which) {
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        const std::string id = csv_field(learner.id);
        for (std::size_t step = 0; step < learner.questions.size(); ++step, ++row) {
            const std::string question =
                csv_field(question_name(model.question_ids, learner.questions[step]));
            fmt::format_to(append, "{},{},{},", id, step + 1, question);
            if (step < learner.responses.size()) csv += std::to_string(learner.responses[step]);
            append_probabilities(csv, predictions, row);
            fmt::format_to(append, ",{:.9g},{:.9g}", predictions.theta[row],
                           predictions.alpha[row]);
            for (int j = 0; j < n_thresholds; ++j)
                fmt::format_to(append, ",{:.9g}", predictions.beta[row * n_thresholds + j]);
            if (!consensus.spread.empty()) fmt::format_to(append, ",{:.9g}", consensus.spread[row]);
            fmt::format_to(append, ",{}\n", decided(distribution(predictions, row)));
        }
    }
    return csv;
}

/// @throws InputError where a prediction isn't finite, as absurd weights have it.
void expect_finite(const Predictions& predictions, const std::vector<Learner>& learners,
                   std::span<const int> which, const std::string& weights) {
    for (std::size_t i = 0; i < which.size(); ++i)
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
                    weights, shown(learners[static_cast<std::size_t>(which[i])].id),
                    t - predictions.offsets[i] + 1));
        }
}

/// The probabilities of the steps that have a response.
std::vector<float> of_answered(const Predictions& predictions, const std::vector<Learner>& learners,
                               std::span<const int> which) {
    std::vector<float> answered;
    for (std::size_t i = 0; i < which.size(); ++i) {
        const std::size_t n = learners[static_cast<std::size_t>(which[i])].responses.size();
        const auto first = predictions.probabilities.begin() +
                           std::ptrdiff_t{predictions.offsets[i]} * predictions.n_categories;
        answered.insert(answered.end(), first,
                        first + static_cast<std::ptrdiff_t>(n) * predictions.n_categories);
    }
    return answered;
}

/// Writes and judges what is said of every step. @return the judgement
std::string predict_steps(const PredictOptions& options, const std::vector<Model>& models,
                          const Decider& decided, const std::vector<Learner>& learners,
                          const WorkObserver& observer) {
    const int n_categories = models.front().config.n_categories;
    const std::vector<int> all = numbers_from(0, static_cast<int>(learners.size()));
    RunningMetrics metrics(n_categories, decided.cut_points());
    std::size_t answered = 0, unanswered = 0, done = 0;
    PartedFile out(options.out);
    out.append(predictions_header(n_categories, models.size() > 1));
    for (const std::span<const int> part : parts_of(learners, all)) {
        std::vector<Predictions> of_models;
        for (std::size_t i = 0; i < models.size(); ++i) {
            of_models.push_back(predict(models[i], learners, part));
            expect_finite(of_models.back(), learners, part, options.weights[i]);
        }
        const Consensus consensus = average(std::move(of_models));
        out.append(predictions_csv(consensus, learners, part, models.front(), decided));
        const std::vector<std::int32_t> responses = responses_of(learners, part);
        metrics.add(of_answered(consensus.mean, learners, part), responses);
        answered += responses.size();
        unanswered += consensus.mean.theta.size() - responses.size();
        done += part.size();
        observer(static_cast<double>(done) / static_cast<double>(learners.size()));
    }
    out.finish();

    std::string counts = fmt::format(
        "{} of {}{}\n", counted(answered, "step"), counted(std::ssize(learners), "learner"),
        unanswered == 0 ? "" : fmt::format(", and {} without a score", unanswered));
    if (answered == 0) return counts;
    std::optional<double> fitted_kappa;
    if (!decided.cut_points().empty()) fitted_kappa = metrics.kappa_of_cut_points();
    return fmt::format("{}{}\n", counts, metrics_table(metrics.metrics(), fitted_kappa));
}

/// Writes what is said of every question as the next one. @return how much that is
std::string predict_next(const PredictOptions& options, const std::vector<Model>& models,
                         const Decider& decided, const std::vector<Learner>& learners,
                         const WorkObserver& observer) {
    const Model& model = models.front();
    PartedFile out(options.out);
    out.append("learner,step,question" + probability_columns(model.config.n_categories) +
               ",expected,theta,theta_sd" +
               (models.size() > 1 ? ",spread,predicted\n" : ",predicted\n"));
    for_next_questions(models, learners, [&](const NextQuestions& next) {
        const Predictions& said = next.consensus->mean;
        const Learner& learner = learners[static_cast<std::size_t>(next.learner)];
        const std::string id = csv_field(learner.id);
        std::string csv;
        for (int i = 0; i < next.n_questions; ++i) {
            const std::size_t step = next.first_step + static_cast<std::size_t>(i);
            const std::string question =
                csv_field(question_name(model.question_ids, next.first_question + i));
            const double expected = expected_score(said, step);
            if (!std::isfinite(expected) || !std::isfinite(said.theta[step]))
                throw InputError(fmt::format(
                    "{}: the prediction of learner {} and question {} isn't finite; expected "
                    "models that were trained",
                    fmt::join(options.weights, ", "), shown(learner.id), question));
            fmt::format_to(std::back_inserter(csv), "{},{},{}", id, learner.responses.size() + 1,
                           question);
            append_probabilities(csv, said, step);
            fmt::format_to(
                std::back_inserter(csv), ",{:.9g},{:.9g},{}", expected, said.theta[step],
                said.theta_deviation.empty() ? "" : number_or_empty(said.theta_deviation[step]));
            if (models.size() > 1)
                fmt::format_to(std::back_inserter(csv), ",{:.9g}", next.consensus->spread[step]);
            fmt::format_to(std::back_inserter(csv), ",{}\n", decided(distribution(said, step)));
        }
        out.append(csv);
        observer(next.learner / static_cast<double>(learners.size()));
    });
    out.finish();
    return fmt::format("{} of {}\n", counted(model.config.n_questions, "question"),
                       counted(std::ssize(learners), "learner"));
}

void write_abilities(const PredictOptions& options, const std::vector<Model>& models,
                     const std::vector<Learner>& learners, const WorkObserver& observer) {
    const std::vector<Ability> abilities = abilities_after(models, learners, nullptr, observer);
    std::string csv = "learner,responses,theta,theta_sd\n";
    for (std::size_t i = 0; i < learners.size(); ++i) {
        if (!std::isfinite(abilities[i].mean))
            throw InputError(
                fmt::format("{}: the ability of learner {} isn't finite; expected "
                            "models that were trained",
                            fmt::join(options.weights, ", "), shown(learners[i].id)));
        fmt::format_to(std::back_inserter(csv), "{},{},{:.9g},{}\n", csv_field(learners[i].id),
                       learners[i].responses.size(), abilities[i].mean,
                       number_or_empty(abilities[i].deviation));
    }
    write_file(options.abilities, csv);
}

/// Of the models' walk through the responses, on an AMD EPYC of the fourth generation: what is said
/// of the time left begins with it.
double usual_seconds_to_walk(const std::vector<Model>& models,
                             const std::vector<Learner>& learners) {
    constexpr double forward = 0.3;  // of what training takes
    double seconds = 0;
    for (const Model& model : models)
        seconds +=
            forward * epoch_cost({learners, model.config.n_questions, model.config.n_categories},
                                 model.config.hyperparameters);
    return seconds;
}

/// Predicts what is asked for, with a bar. @return what is to be said of it
std::string predict_all(const PredictOptions& options, const std::vector<Model>& models,
                        const Decider& decided, const std::vector<Learner>& learners) {
    constexpr double seconds_a_row = 1.2e-6, seconds_a_question = 1e-7;
    const double to_walk = usual_seconds_to_walk(models, learners);
    const auto asked = static_cast<double>(learners.size()) * models.front().config.n_questions;
    double steps = 0;
    for (const Learner& learner : learners)
        steps += static_cast<double>(learner.questions.size());
    std::string said, doing = "predicting";
    Agenda agenda;
    agenda.add("predict", to_walk + seconds_a_row * (options.next ? asked : steps),
               [&](const WorkObserver& observer) {
                   said = (options.next ? predict_next : predict_steps)(options, models, decided,
                                                                        learners, observer);
                   said += printable(options.out) + "\n";
               });
    if (!options.abilities.empty())
        agenda.add("abilities", to_walk + seconds_a_question * asked,
                   [&](const WorkObserver& observer) {
                       doing = "abilities";
                       write_abilities(options, models, learners, observer);
                       said += printable(options.abilities) + "\n";
                   });
    Progress progress(options.quiet);
    progress.begin(doing);
    agenda.run([&](const WorkState& state) { progress.show_left(state.seconds_left, doing); });
    progress.clear();
    return said;
}

int run(const PredictOptions& options) {
    expect_no_directory(options.data, "one file");
    const std::vector<Model> models = load_models(options.weights);
    const Model& model = models.front();
    const Decider decided(options, models);
    const Dataset dataset = read_data_for(model, options.data, options.quiet);
    tell(dataset.notices);
    for (const Model& one : models)
        if (const auto line =
                check_lengths(dataset, one.config.hyperparameters.model, options.data))
            tell({*line});
    std::vector<fs::path> inputs(options.weights.begin(), options.weights.end());
    inputs.emplace_back(options.data);
    expect_writable_apart_from(inputs, options.out);
    if (!options.abilities.empty()) {
        expect_writable_apart_from(inputs, options.abilities, "--abilities");
        if (is_same_file(options.abilities, options.out))
            throw InputError(fmt::format("--abilities {}: is --out, too; expected another file",
                                         options.abilities));
    }

    std::vector<fs::path> outs = {options.out};
    if (!options.abilities.empty()) outs.emplace_back(options.abilities);
    const std::string said = predict_all(options, models, decided, dataset.train);
    print_beside(outs, said);
    return 0;
}

}  // namespace

Command add_predict(CLI::App& program) {
    const auto options = std::make_shared<PredictOptions>();
    CLI::App* command = add_command(
        program, "predict",
        "Predict every answer in a file from the answers before it, or, with --next, to "
        "every question that may come next.",
        options->quiet);
    command->footer(about_data);
    add_path_option(*command, "--weights,--model", options->weights, Dash::input, "FILE",
                    "A model.safetensors that train or a best.safetensors that sweep wrote; may be "
                    "repeated: several are averaged");
    add_path_option(*command, "--data", options->data, Dash::input, "FILE", "One file of learners");
    add_path_option(*command, "--out", options->out, Dash::output, "FILE",
                    "The CSV file to write, one row a step, or a question with --next");
    command->add_flag("--next", options->next,
                      "Predict the answer to every question, each as a learner's next one");
    expect_one_of(*command
                       ->add_option("--decision", options->decision,
                                    "How a distribution becomes the category predicted; fitted: by "
                                    "the cut points fitted in training")
                       ->capture_default_str(),
                  decision_names());
    add_path_option(*command, "--abilities", options->abilities, Dash::output, "FILE",
                    "A CSV file to write as well: ability after the last answer of each learner")
        ->required(false);
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
