// manygpcm report: makes the report of a study again, from its journal alone.
#include "manygpcm/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "commands.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/search/read_study.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

struct ReportOptions {
    std::string study, name, out;
    bool quiet = false;
};

int run(const ReportOptions& options) {
    const auto note = [](const std::string& line) { tell({line}); };
    std::filesystem::path journal = options.study;
    if (std::filesystem::is_directory(journal)) journal /= "study.journal";  // as sweep leaves it
    const search::Study study = search::read_study(journal, options.name, note);
    ensure_writable_directory(options.out);
    const auto files = report::write_report(study, options.out, note);
    if (const search::Trial* best = study.best())
        fmt::print("best trial: {} of {}, {} {}\n", best->number + 1, study.numbered(),
                   printable(study.objective), report::score_text(study, best->score()));
    else
        fmt::print("no trial of {} {}\n", study.numbered(),
                   std::ranges::any_of(study.trials, &search::Trial::unfinished)
                       ? "is trained fully yet"
                       : "succeeded");
    for (const auto& file : files)
        fmt::print("{}\n", printable(file.string()));
    return 0;
}

}  // namespace

Command add_report(CLI::App& program) {
    const auto options = std::make_shared<ReportOptions>();
    CLI::App* command = add_command(
        program, "report", "Make the report again from a study's journal, ours or Optuna's.",
        options->quiet);
    command->footer(about_trial_numbers);
    add_path_option(*command, "--study", options->study, "FILE",
                    "A study.journal that sweep wrote, or its directory, or a journal file of "
                    "Optuna's");
    command->add_option("--study-name", options->name, "Which study, where the journal has several")
        ->type_name("NAME");
    add_path_option(*command, "--out", options->out, "DIR", "Directory for the report");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
