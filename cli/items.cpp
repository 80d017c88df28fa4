// manygpcm items: what a trained model says of the questions: discrimination and thresholds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
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
#include "manygpcm/engine/item_rest.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/work.h"
#include "manygpcm/search/item_table.h"
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

/// @param weights the file that has the model
search::ItemTable table_of(const Model& model, const std::string& weights) {
    try {
        return search::item_table(model);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", weights, error.what()));
    }
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

std::string items_csv(const Model& model, const search::ItemTable& table,
                      const std::optional<OfAnswers>& answers) {
    std::string csv = "question";
    for (const search::ItemColumn& column : table.columns)
        csv += "," + column.name;
    csv += answers ? ",answers,item_rest,outfit,z_outfit,infit,z_infit,marks\n" : ",marks\n";
    const auto add = [&](double value) {
        csv += std::isfinite(value) ? fmt::format(",{:.9g}", value) : ",";
    };
    for (std::size_t q = 0; q < table.marks.size(); ++q) {
        csv += csv_field(question_name(model.question_ids, static_cast<int>(q)));
        for (const search::ItemColumn& column : table.columns)
            if (column.name.starts_with('n'))  // counts, whole however large
                csv += fmt::format(",{:.0f}", column.values[q]);
            else
                add(column.values[q]);
        if (answers) {
            csv += fmt::format(",{}", answers->responses[q]);
            add(answers->item_rest[q]);
            const ItemFit& fit = answers->fit[q];
            for (const double value : {fit.outfit, fit.z_outfit, fit.infit, fit.z_infit})
                add(value);
        }
        csv += fmt::format(",{}\n", fmt::join(table.marks[q], "; "));
    }
    return csv;
}

/// How a model that has a classical one inside agrees with it, a line; empty of other models.
std::string classical_agreement(const Model& model, const search::ItemTable& table) {
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
        item.winner.alpha = alpha;
        for (std::size_t j = 1; j <= n_thresholds; ++j)  // behind alpha
            item.winner.beta.push_back(table.columns[j].values[q]);
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
    const search::ItemTable table = table_of(model, options.weights);
    std::vector<std::filesystem::path> inputs = {options.weights};
    if (!options.data.empty()) inputs.emplace_back(options.data);
    expect_writable_apart_from(inputs, options.out);
    std::optional<OfAnswers> answers;
    if (!options.data.empty()) answers = of_answers(model, options.data, options.quiet);
    write_file(options.out, items_csv(model, table, answers));
    print_beside({options.out},
                 fmt::format("{}\n{}{}\n", counted(model.config.n_questions, "question"),
                             classical_agreement(model, table), printable(options.out)));
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
