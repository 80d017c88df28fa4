// manygpcm report: makes the report of a study again, from its journal alone, or sets several
// studies side by side.
#include "manygpcm/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "commands.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/report/side_by_side.h"
#include "manygpcm/search/read_study.h"
#include "options.h"
#include "output.h"
#include "progress.h"

namespace manygpcm::cli {
namespace {

struct ReportOptions {
    std::vector<std::string> studies, names;
    std::string out;
    bool quiet = false;
};

// The name of the study's directory, or of its file where that isn't named by sweep; of a database
// its URI.
std::string short_name(const std::filesystem::path& path) {
    if (search::is_database(path)) return search::storage_name(path);
    std::filesystem::path named = std::filesystem::absolute(path).lexically_normal();
    if (!named.has_filename()) named = named.parent_path();  // DIR/
    if (named.filename() == "study.journal") named = named.parent_path();
    return named.stem().string();
}

// Names that tell the studies apart: as short as they can be.
std::vector<report::NamedStudy> read_all(const ReportOptions& options) {
    std::vector<report::NamedStudy> studies;
    std::set<std::string> known;
    for (std::size_t i = 0; i < options.studies.size(); ++i) {
        const std::string name = options.names.empty() ? "" : options.names[i];
        studies.push_back({name.empty() ? short_name(options.studies[i]) : name,
                           read_study_option(options.studies[i], name)});
        known.insert(studies.back().name);
    }
    if (known.size() < studies.size())
        for (std::size_t i = 0; i < studies.size(); ++i)
            studies[i].name = fmt::format(
                "{}. {}", i + 1,
                options.names.empty() ? search::storage_name(options.studies[i])
                                      : fmt::format("{} of {}", options.names[i],
                                                    search::storage_name(options.studies[i])));
    return studies;
}

int set_side_by_side(const ReportOptions& options) {
    if (options.studies.size() > report::most_side_by_side)
        throw InputError(fmt::format("--study: {} studies; expected at most {} side by side",
                                     options.studies.size(), report::most_side_by_side));
    if (!options.names.empty() && options.names.size() != options.studies.size())
        throw InputError(fmt::format("--study-name: {}; expected one for each of {} studies",
                                     counted(std::ssize(options.names), "name"),
                                     options.studies.size()));
    const std::vector<report::NamedStudy> studies = read_all(options);
    if (options.out.empty()) {
        fmt::print("{}", report::side_by_side_markdown(studies));
        return 0;
    }
    for (const auto& file : report::write_side_by_side(studies, options.out, tell_line))
        fmt::print("{}\n", printable(file.string()));
    return 0;
}

int run(const ReportOptions& options) {
    if (options.studies.size() > 1) return set_side_by_side(options);
    if (options.out.empty()) throw InputError("--out is required with one study");
    if (options.names.size() > 1)
        throw InputError(fmt::format("--study-name: {} names; expected one, for one study",
                                     options.names.size()));
    const search::Study study = read_study_option(
        options.studies.front(), options.names.empty() ? "" : options.names.front());
    ensure_writable_directory(options.out);
    Progress progress(options.quiet);
    progress.begin("writing the report");
    const auto files = report::write_report(
        study, options.out, [&](const std::string& line) { progress.notice(line); }, nullptr,
        [&](const WorkState& state) {
            progress.show_left(state.seconds_left, "writing the report");
        });
    progress.clear();
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
        program, "report",
        "Make the report again from a study's journal, ours or Optuna's; or set studies side by "
        "side.",
        options->quiet);
    command->footer(about_trial_numbers);
    add_path_option(*command, "--study", options->studies, Dash::nothing, "FILE",
                    "A study.journal that sweep wrote, or its directory, or a journal file of "
                    "Optuna's, or postgresql://user@host/database; of several, each with a "
                    "--study, what compares is set side by side");
    command
        ->add_option("--study-name", options->names,
                     "Which study, where there are several; of several, each with its own")
        ->type_name("NAME")
        ->allow_extra_args(false);
    add_path_option(*command, "--out", options->out, Dash::nothing, "DIR",
                    "Directory for the report; without it, studies side by side are printed")
        ->required(false);
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
