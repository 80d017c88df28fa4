// What the commands' options have in common: --quiet and --version, checked numbers, paths,
// --set, --model.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/search/study.h"

namespace manygpcm::cli {

constexpr const char* version_line = "manygpcm " MANYGPCM_VERSION;

/// How help writes an assignment to a hyperparameter.
constexpr const char* assignment_value = "NAME=VALUE";

/// Below the help of the commands that name trials.
constexpr const char* about_trial_numbers =
    "Trials are numbered from 1, as in the report; Optuna's tools number them from 0.";

// Bounds that no useful run comes near; beyond them is a slip of the hand.
constexpr std::uint64_t max_trials = 100'000;
constexpr std::uint64_t max_folds = 1'000;
constexpr std::uint64_t max_epochs = 100'000;
constexpr std::uint64_t max_jobs = 1'024;

/// A new command with the options that every command has.
CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& description,
                      bool& quiet);

/// What `-` is as a path: the standard input, the standard output, or nothing, as of a directory.
enum class Dash { input, output, nothing };

/// Options that several commands have, declared alike. A path is required, unless its option is
/// told otherwise.
CLI::Option* add_path_option(CLI::App& command, const std::string& name, std::string& path,
                             Dash dash, const std::string& type, const std::string& description);
/// The same, and it may be repeated.
void add_path_option(CLI::App& command, const std::string& name, std::vector<std::string>& paths,
                     Dash dash, const std::string& type, const std::string& description);
/// To be called when it has been parsed. @throws InputError where two of its paths are the standard
/// input, or the standard output
void expect_each_stream_once(const CLI::App& command);
/// --data: what is trained on.
void add_data_option(CLI::App& command, std::string& data);
/// What --study and --study-name name: a journal or its directory, as sweep leaves it, or a
/// database. @param name empty: the only one
search::Study read_study_option(const std::string& where, const std::string& name);
void add_set_option(CLI::App& command, std::vector<std::string>& assignments);
/// @param also  what the command takes beside the models
CLI::Option* add_model_option(CLI::App& command, std::string& model,
                              const std::vector<std::string>& also = {});
void add_seed_option(CLI::App& command, std::uint64_t& seed);
/// @param text  help
void add_jobs_option(CLI::App& command, int& jobs, const std::string& text);

/// Accepts a whole number from `low` to `high`.
CLI::Validator whole_number(std::uint64_t low,
                            std::uint64_t high = std::numeric_limits<std::uint64_t>::max());

/// Accepts a number from `low` to `high`.
CLI::Validator number_within(double low, double high);

/// The same as manygpcm::did_you_mean().
std::string did_you_mean(std::string_view word, const std::vector<std::string>& words);

/// Lets an option accept one of `words`, which help shows.
void expect_one_of(CLI::Option& option, const std::vector<std::string>& words);

/// The name in an assignment "name=value".
std::string assigned_name(const std::string& assignment);

/// The defaults of `model` changed by `assignments`, each "name=value". @throws InputError.
Hyperparameters hyperparameters_from(const std::string& model,
                                     const std::vector<std::string>& assignments);

/// Tells of those assignments that change nothing about any of `models`.
void tell_of_no_effect(const std::vector<std::string>& assignments,
                       const std::vector<ModelKind>& models);

/// As many threads as this process may use cores.
int default_jobs();

}  // namespace manygpcm::cli
