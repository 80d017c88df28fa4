// manygpcm items: what a trained model says of the questions: discrimination and thresholds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/csv_field.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/search/portrait.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

struct ItemsOptions {
    std::string weights, out;
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

std::string items_csv(const Model& model, std::span<const float> thresholds) {
    std::vector<double> threshold_error = model.threshold_error;
    if (!threshold_error.empty())
        blank_unidentified(model.category_counts, model.config.n_categories,
                           std::span(threshold_error));
    const int n_thresholds = model.config.n_categories - 1;
    std::string csv = "question,alpha";
    for (int j = 1; j <= n_thresholds; ++j)
        csv += fmt::format(",beta{}", j);
    if (!model.alpha_error.empty()) {
        csv += ",alpha_error";
        for (int j = 1; j <= n_thresholds; ++j)
            csv += fmt::format(",beta{}_error", j);
    }
    csv += '\n';

    for (int question = 0; question < model.config.n_questions; ++question) {
        // What training never saw has the weights it was born with, which say nothing.
        const double alpha = model.mean_alpha[question];
        const auto field = [&](double value) {
            return std::isnan(alpha) || std::isnan(value) ? "," : fmt::format(",{:.9g}", value);
        };
        csv += csv_field(question_name(model.question_ids, question)) + field(alpha);
        for (int j = 0; j < n_thresholds; ++j)
            csv += field(thresholds[question * n_thresholds + j]);
        if (!model.alpha_error.empty()) {
            csv += field(model.alpha_error[question]);
            for (int j = 0; j < n_thresholds; ++j)
                csv += field(threshold_error[question * n_thresholds + j]);
        }
        csv += '\n';
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
    return fmt::format(
        "Pearson's r with the classical model inside: discrimination {}, thresholds {}\n",
        number_field(agreement.discrimination, 0, 3), number_field(agreement.threshold, 0, 3));
}

int run(const ItemsOptions& options) {
    const Model model = load_model(options.weights);
    const std::vector<float> thresholds = known_thresholds(model, options.weights);
    expect_writable_apart_from({options.weights}, options.out);
    write_file(options.out, items_csv(model, thresholds));
    fmt::print(told_beside(options.out), "{} questions\n{}{}\n", model.config.n_questions,
               classical_agreement(model, thresholds), printable(options.out));
    return 0;
}

}  // namespace

Command add_items(CLI::App& program) {
    const auto options = std::make_shared<ItemsOptions>();
    CLI::App* command = add_command(
        program, "items", "Write every question's discrimination and thresholds.", options->quiet);
    add_path_option(*command, "--weights,--model", options->weights, "FILE",
                    "A model.safetensors that train or a best.safetensors that sweep wrote");
    add_path_option(*command, "--out", options->out, "FILE",
                    "The CSV file to write, one row a question");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
