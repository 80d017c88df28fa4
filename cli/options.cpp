// The options that commands share, and the checks that turn bad values into one line each.
#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "manygpcm/engine/context.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/search/read_study.h"
#include "output.h"
#include "streams.h"

namespace manygpcm::cli {

CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& description,
                      bool& quiet) {
    CLI::App* command = program.add_subcommand(name, description);
    command->group("Commands")->footer("");  // not the program's
    command->set_version_flag("--version", version_line, "Print the version and exit");
    command->add_flag("--quiet", quiet, "Show no progress");
    return command;
}

void add_data_option(CLI::App& command, std::string& data) {
    add_path_option(command, "--data", data, Dash::input, "PATH",
                    "Directory with train and test file, or one file");
}

CLI::Option* add_model_option(CLI::App& command, std::string& model,
                              const std::vector<std::string>& also) {
    std::vector<std::string> names(model_names().begin(), model_names().end());
    names.insert(names.end(), also.begin(), also.end());
    // Whether it is one of them is asked beside its other options.
    return command.add_option("--model", model, "Which model")
        ->required()
        ->type_name(fmt::format("{}", fmt::join(names, "|")));
}

namespace {

CLI::Option* expect_path(CLI::Option& option, Dash dash, const std::string& type) {
    const auto take = [=](std::string& text) {
        const char* expected = type == "DIR" ? "a directory" : "a file";
        if (text.empty()) return fmt::format("expected {}, found ''", expected);
        if (text != "-") return std::string();
        if (dash == Dash::nothing)
            return fmt::format("expected {}, found '-' (./- if that is its name)", expected);
        text = dash == Dash::input ? standard_input : standard_output;
        return std::string();
    };
    return option.required()->transform(CLI::Validator(take, ""))->type_name(type);
}

}  // namespace

CLI::Option* add_path_option(CLI::App& command, const std::string& name, std::string& path,
                             Dash dash, const std::string& type, const std::string& description) {
    return expect_path(*command.add_option(name, path, description), dash, type);
}

void add_path_option(CLI::App& command, const std::string& name, std::vector<std::string>& paths,
                     Dash dash, const std::string& type, const std::string& description) {
    expect_path(*command.add_option(name, paths, description)->allow_extra_args(false), dash, type);
}

void expect_each_stream_once(const CLI::App& command) {
    for (const auto& [stream, refusal] :
         {std::pair(standard_input, "the standard input, which can be read only once"),
          {standard_output, "the standard output, where one would be mixed with the other"}}) {
        std::vector<std::string> named;
        for (const CLI::Option* option : command.get_options())
            for (const std::string& value : option->results())
                if (value == stream) named.push_back("--" + option->get_lnames().front());
        if (named.size() < 2) continue;
        std::ranges::sort(named);
        named.erase(std::unique(named.begin(), named.end()), named.end());
        throw InputError(
            fmt::format("{} {} {}; expected a file for one of them", fmt::join(named, " and "),
                        named.size() == 1 ? "is given twice as" : "are both", refusal));
    }
}

search::Study read_study_option(const std::string& where, const std::string& name) {
    if (search::is_database(where)) return search::read_study(where, name, tell_line);
    std::filesystem::path journal = where;
    if (std::filesystem::is_directory(journal)) journal /= "study.journal";
    return search::read_study(journal, name, tell_line);
}

void add_set_option(CLI::App& command, std::vector<std::string>& assignments) {
    command
        .add_option("--set", assignments,
                    "Choose hyperparameters, e.g. --set optimizer=adamw lr=0.002; may be repeated")
        ->type_name(assignment_value);
}

void add_seed_option(CLI::App& command, std::uint64_t& seed) {
    command.add_option("--seed", seed, "What all random numbers follow from")
        ->check(whole_number(0))
        ->capture_default_str()
        ->type_name("S");
}

void add_jobs_option(CLI::App& command, int& jobs, const std::string& text) {
    command.add_option("--jobs", jobs, text)
        ->check(whole_number(1, max_jobs))
        ->default_str("one per core")
        ->type_name("N");
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
    return CLI::Validator(
        [=](const std::string& text) {
            std::uint64_t value = 0;
            const char* end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            if (error == std::errc() && stop == end && value >= low && value <= high)
                return std::string();
            return fmt::format("expected a whole number from {} to {}, found '{}'", low, high,
                               text);
        },
        "");
}

CLI::Validator number_within(double low, double high) {
    return CLI::Validator(
        [=](const std::string& text) {
            double value = 0;
            const char* end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            if (error == std::errc() && stop == end && value >= low && value <= high)
                return std::string();
            return fmt::format("expected a number from {} to {}, found '{}'", low, high, text);
        },
        "");
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words) {
    return manygpcm::did_you_mean(word, std::vector<std::string_view>(words.begin(), words.end()));
}

void expect_one_of(CLI::Option& option, const std::vector<std::string>& words) {
    option.type_name(fmt::format("{}", fmt::join(words, "|")))
        ->check(CLI::Validator(
            [=](const std::string& text) {
                if (std::ranges::find(words, text) != words.end()) return std::string();
                return fmt::format("expected {}, found '{}'{}", fmt::join(words, " or "), text,
                                   did_you_mean(text, words));
            },
            ""));
}

std::string assigned_name(const std::string& assignment) {
    return assignment.substr(0, assignment.find('='));
}

namespace {

void assign(Hyperparameters& hyperparameters, const std::string& assignment) {
    const std::string name = assigned_name(assignment);
    if (name.size() == assignment.size())
        throw InputError(fmt::format("--set {}: expected NAME=VALUE, without blanks", assignment));
    if (name == "model")
        throw InputError(fmt::format("--set {}: the model is chosen by --model", assignment));
    try {
        hyperparameters.set(name, assignment.substr(name.size() + 1));
    } catch (const InputError& error) {
        throw InputError(fmt::format("--set {}", error.what()));
    }
}

}  // namespace

Hyperparameters hyperparameters_from(const std::string& model,
                                     const std::vector<std::string>& assignments) {
    Hyperparameters hyperparameters;
    try {
        hyperparameters = default_hyperparameters(parse_model(model));
    } catch (const InputError& error) {
        throw InputError(fmt::format("--{}", error.what()));
    }
    std::set<std::string> assigned;
    for (const std::string& assignment : assignments) {
        assign(hyperparameters, assignment);
        if (!assigned.insert(assigned_name(assignment)).second)
            throw InputError(fmt::format("--set {}: {} is set twice; expected once", assignment,
                                         assigned_name(assignment)));
    }
    hyperparameters.validate();
    return hyperparameters;
}

void tell_of_no_effect(const std::vector<std::string>& assignments,
                       const std::vector<ModelKind>& models) {
    for (const std::string& assignment : assignments) {
        const std::string name = assigned_name(assignment);
        if (std::ranges::any_of(models, [&](ModelKind model) { return has_effect(model, name); }))
            continue;
        tell({fmt::format(
            "--set {}: has no effect on {}{}", assignment,
            models.size() == 1 ? to_string(models.front()) : "any of the models that are searched",
            models.size() == 1 && !is_trained(models.front()) ? ", which is fitted, not trained"
                                                              : "")});
    }
}

int default_jobs() {
    return Context().threads();
}

}  // namespace manygpcm::cli
