// manygpcm items: what a trained model says of the questions: discrimination and thresholds.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

struct ItemsOptions {
    std::string weights, out;
    bool quiet = false;
};

std::string items_csv(const Model& model) {
    const int n_thresholds = model.config.n_categories - 1;
    std::string csv = "question,alpha";
    for (int j = 1; j <= n_thresholds; ++j)
        csv += fmt::format(",beta{}", j);
    csv += '\n';

    const std::vector<float> thresholds = item_thresholds(model);
    for (int question = 0; question < model.config.n_questions; ++question) {
        const double alpha = model.mean_alpha[question];
        csv += csv_field(question_name(model.question_ids, question));
        csv += std::isnan(alpha) ? "," : fmt::format(",{:.9g}", alpha);  // empty: never seen
        for (int j = 0; j < n_thresholds; ++j)
            csv += fmt::format(",{:.9g}", thresholds[question * n_thresholds + j]);
        csv += '\n';
    }
    return csv;
}

int run(const ItemsOptions& options) {
    const Model model = load_model(options.weights);
    ensure_writable_directory(std::filesystem::absolute(options.out).parent_path());
    write_file(options.out, items_csv(model));
    fmt::print("{} questions\n{}\n", model.config.n_questions, options.out);
    return 0;
}

}  // namespace

Command add_items(CLI::App& program) {
    const auto options = std::make_shared<ItemsOptions>();
    CLI::App* command = add_command(
        program, "items", "Write every question's discrimination and thresholds.", options->quiet);
    command->add_option("--weights", options->weights, "A model.safetensors that train wrote")
        ->required()
        ->type_name("FILE");
    command->add_option("--out", options->out, "The CSV file to write, one row a question")
        ->required()
        ->type_name("FILE");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
