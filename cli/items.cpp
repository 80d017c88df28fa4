// manygpcm items: what a trained model says of the questions: discrimination and thresholds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "help_topics.h"
#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/engine/item_rest.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/work.h"
#include "manygpcm/search/portrait.h"
#include "manygpcm/search/psychometrics.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "reading.h"

namespace manygpcm::cli {
namespace {

struct ItemsOptions {
    std::string weights, data, out;
    bool quiet = false;
};

/// The thresholds [Q x (K-1)], NaN where training tells of none.
std::vector<float> known_thresholds(const Model& model, const std::string& weights) {
    std::vector<float> thresholds = item_thresholds(model);
    const auto bad = std::ranges::find_if_not(thresholds, [](float x) { return std::isfinite(x); });
    if (bad != thresholds.end())
        throw InputError(fmt::format(
            "{}: the thresholds of question {} aren't finite; expected a model that was trained",
            weights,
            shown(question_name(
                model.question_ids,
                static_cast<int>((bad - thresholds.begin()) / (model.config.n_categories - 1))))));
    blank_unidentified(model.category_counts, model.config.n_categories, std::span(thresholds));
    return thresholds;
}

/// What given answers say of every question.
struct OfAnswers {
    std::vector<std::int64_t> responses;  ///< [Q]
    std::vector<double> item_rest;        ///< [Q]
    std::vector<ItemFit> fit;  ///< [Q] by what the model predicts of each from those before
};
OfAnswers of_answers(const Model& model, const std::string& data, bool quiet) {
    const ModelConfig& config = model.config;
    Dataset dataset = read_data_for(model, data, quiet);
    tell(dataset.notices);
    // A learner's last question may have no answer yet, which only predictions are about.
    for (Learner& learner : dataset.train)
        learner.questions.resize(learner.responses.size());
    std::erase_if(dataset.train, [](const Learner& learner) { return learner.responses.empty(); });
    if (dataset.train.empty())
        throw InputError(fmt::format("{}: no answer has a score; expected some", data));
    if (const auto line = check_lengths(dataset, config.hyperparameters.model, data)) tell({*line});
    const LearnerSet learners{dataset.train, config.n_questions, config.n_categories};
    const std::vector<int> all = numbers_from(0, static_cast<int>(dataset.train.size()));
    OfAnswers of;
    Progress progress(quiet);
    progress.begin("predicting the answers");
    Agenda agenda;
    agenda.add("fit", 1e-3 * static_cast<double>(all.size()), [&](const WorkObserver& observer) {
        of.fit = search::online_item_fit(model, learners, all, nullptr, observer);
    });
    agenda.run([&](const WorkState& state) {
        progress.show_left(state.seconds_left, "predicting the answers");
    });
    progress.clear();
    of.item_rest = item_rest_correlations(learners, all);
    const std::vector<std::int64_t> counts = count_categories(learners, all);
    for (auto at = counts.begin(); at != counts.end(); at += config.n_categories)
        of.responses.push_back(std::accumulate(at, at + config.n_categories, std::int64_t{0}));
    return of;
}

/// Names of columns from 1, or from 0, to `last`.
std::string numbered_columns(const char* name, int first, int last, const char* behind = "") {
    std::string columns;
    for (int j = first; j <= last; ++j)
        columns += fmt::format(",{}{}{}", name, j, behind);
    return columns;
}

std::string header(const Model& model, bool has_answers) {
    const int n_thresholds = model.config.n_categories - 1;
    std::string columns = "question,alpha" + numbered_columns("beta", 1, n_thresholds);
    if (!model.alpha_error.empty())
        columns += ",alpha_error" + numbered_columns("beta", 1, n_thresholds, "_error");
    columns += ",information,information_at";
    if (!model.category_counts.empty()) columns += ",n" + numbered_columns("n", 0, n_thresholds);
    if (has_answers) columns += ",answers,item_rest,outfit,z_outfit,infit,z_infit";
    return columns + ",marks\n";
}

std::string items_csv(const Model& model, std::span<const float> thresholds,
                      const std::optional<OfAnswers>& answers) {
    std::vector<double> threshold_error = model.threshold_error;
    if (!threshold_error.empty())
        blank_unidentified(model.category_counts, model.config.n_categories,
                           std::span(threshold_error));
    const auto n_categories = static_cast<std::size_t>(model.config.n_categories);
    const std::size_t n_thresholds = n_categories - 1;
    std::string csv = header(model, answers.has_value());
    for (std::size_t q = 0; q < static_cast<std::size_t>(model.config.n_questions); ++q) {
        // What training never saw has the weights it was born with, which say nothing.
        const double alpha = model.mean_alpha[q];
        const bool known = !std::isnan(alpha);
        const auto add = [&](double value) {
            csv += std::isfinite(value) ? fmt::format(",{:.9g}", value) : ",";
        };
        const auto add_known = [&](double value) {
            add(known ? value : std::numeric_limits<double>::quiet_NaN());
        };
        csv += csv_field(question_name(model.question_ids, static_cast<int>(q)));
        add(alpha);
        std::vector<double> beta;
        for (std::size_t j = 0; j < n_thresholds; ++j)
            add_known(beta.emplace_back(double{thresholds[q * n_thresholds + j]}));
        if (!model.alpha_error.empty()) {
            add_known(model.alpha_error[q]);
            for (std::size_t j = 0; j < n_thresholds; ++j)
                add_known(threshold_error[q * n_thresholds + j]);
        }
        const MostInformation most = most_information(alpha, beta);
        add(most.information);
        add(most.theta);
        std::span<const std::int64_t> counts;
        if (!model.category_counts.empty()) {
            counts = std::span(model.category_counts).subspan(q * n_categories, n_categories);
            csv += fmt::format(",{},{}",
                               std::accumulate(counts.begin(), counts.end(), std::int64_t{0}),
                               fmt::join(counts, ","));
        }
        if (answers) {
            csv += fmt::format(",{}", answers->responses[q]);
            add(answers->item_rest[q]);
            const ItemFit& fit = answers->fit[q];
            for (const double value : {fit.outfit, fit.z_outfit, fit.infit, fit.z_infit})
                add(value);
        }
        const std::span<const double> beta_error =
            threshold_error.empty()
                ? std::span<const double>()
                : std::span(threshold_error).subspan(q * n_thresholds, n_thresholds);
        csv += fmt::format(
            ",{}\n",
            fmt::join(search::item_marks(counts, alpha,
                                         model.alpha_error.empty() ? 0 : model.alpha_error[q], beta,
                                         beta_error),
                      "; "));
    }
    return csv;
}

/// How a model that has a classical one inside agrees with it, a line; empty of other models.
std::string classical_agreement(const Model& model, std::span<const float> thresholds) {
    const std::optional<ClassicalGpcm> classical = classical_part(model);
    if (!classical || !is_trained(model.config.hyperparameters.model)) return "";
    const auto n_thresholds = static_cast<std::size_t>(model.config.n_categories - 1);
    const std::vector<double> classical_beta = classical->beta();
    const auto of_question = [&](const auto& values, std::size_t q) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(q * n_thresholds);
        return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(n_thresholds));
    };
    std::vector<search::ItemPortrait> items;
    for (std::size_t q = 0; q < model.mean_alpha.size(); ++q) {
        const double alpha = model.mean_alpha[q];
        if (std::isnan(alpha)) continue;  // training never saw it
        search::ItemPortrait& item = items.emplace_back();
        item.responses = 1;  // at least
        item.winner = {alpha, of_question(thresholds, q)};
        item.classical = {classical->alpha[q], of_question(classical_beta, q)};
    }
    const search::Agreement agreement = search::agreement_with_classical(items);
    const auto text = [](const Likeness& of) {
        return fmt::format("{} ({})", number_field(of.r, 0, 3), number_field(of.slope, 0, 2));
    };
    return fmt::format(
        "Pearson's r with the classical model inside (slope of the line): discriminations {}, "
        "intercepts {}\n",
        text(agreement.discrimination), text(agreement.intercept));
}

int run(const ItemsOptions& options) {
    expect_no_directory(options.weights, "a model file, such as model.safetensors in it");
    if (!options.data.empty()) expect_no_directory(options.data, "one file");
    const Model model = load_model(options.weights);
    const std::vector<float> thresholds = known_thresholds(model, options.weights);
    std::vector<std::filesystem::path> inputs = {options.weights};
    if (!options.data.empty()) inputs.emplace_back(options.data);
    expect_writable_apart_from(inputs, options.out);
    std::optional<OfAnswers> answers;
    if (!options.data.empty()) answers = of_answers(model, options.data, options.quiet);
    write_file(options.out, items_csv(model, thresholds, answers));
    print_beside({options.out},
                 fmt::format("{}\n{}{}\n", counted(model.config.n_questions, "question"),
                             classical_agreement(model, thresholds), printable(options.out)));
    return 0;
}

}  // namespace

Command add_items(CLI::App& program) {
    const auto options = std::make_shared<ItemsOptions>();
    CLI::App* command = add_command(
        program, "items", "Write every question's discrimination and thresholds.", options->quiet);
    command->footer(about_data);
    add_path_option(*command, "--weights,--model", options->weights, Dash::input, "FILE",
                    "A model.safetensors that train or a best.safetensors that sweep wrote");
    add_path_option(*command, "--data", options->data, Dash::input, "FILE",
                    "Answers to say of how the questions fit them: one file")
        ->required(false);
    add_path_option(*command, "--out", options->out, Dash::output, "FILE",
                    "The CSV file to write, one row a question");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
