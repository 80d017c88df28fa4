// manygpcm: parses the command line, runs one command, turns every failure into one line and an
// exit code (0 done, 2 wrong usage or bad input, 1 anything else).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.h"
#include "help_topics.h"
#include "interruption.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/kernels/cpu.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

constexpr int exit_failure = 1, exit_bad_input = 2;

/// What libraries say has several lines at times.
int fail(std::string message, int code) {
    std::ranges::replace(message, '\n', ' ');
    fmt::print(stderr, "manygpcm: error: {}\n", printable(message));
    return code;
}

/// ": expected one of ..." for whoever names another command, or another topic of help.
std::string expected_command(const std::vector<Command>& commands, std::string_view named,
                             bool of_help = false) {
    std::vector<std::string> names;
    if (of_help)
        names.assign(help_topics().begin(), help_topics().end());
    else
        names.emplace_back("help");
    for (const Command& command : commands)
        if (!command.options->get_group().empty()) names.push_back(command.options->get_name());
    return fmt::format("{}: expected one of {} (see manygpcm --help)", did_you_mean(named, names),
                       fmt::join(names, ", "));
}

/// What a command has no use for: an option misspelt, a hyperparameter given as one, a stray word.
std::string unexpected(const CLI::App& command, const std::string& argument) {
    const std::string name = argument.substr(0, argument.find('='));
    if (!name.starts_with("--")) return fmt::format("{}: expected an option before it", argument);
    std::string hyperparameter = name.substr(2);
    std::ranges::replace(hyperparameter, '-', '_');
    if (command.get_option_no_throw("--set") != nullptr &&
        std::ranges::count(hyperparameter_names(), hyperparameter) > 0)
        return fmt::format("{}: no such option; expected --set {}=VALUE, as it is a hyperparameter",
                           argument, hyperparameter);
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& one : option->get_lnames())
            names.push_back("--" + one);
    return fmt::format("{}: no such option{}", argument, did_you_mean(name, names));
}

/// Prints what `help TOPIC` asks for. @return whether it does
bool printed_topic(const std::vector<std::string>& arguments) {
    if (arguments.size() != 2 || arguments[0] != "help") return false;
    const std::string text = help_topic(arguments[1]);
    fmt::print("{}", text);
    return !text.empty();
}

/// `help COMMAND` and `help` alone are words for COMMAND --help and --help.
std::vector<std::string> without_help(std::vector<std::string> arguments) {
    if (arguments.empty() || arguments.front() != "help") return arguments;
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
    return arguments;
}

int run(std::vector<std::string> arguments) {
    if (printed_topic(arguments)) return 0;
    const bool asks_help = !arguments.empty() && arguments.front() == "help";
    arguments = without_help(std::move(arguments));
    CLI::App program("Trains many small Deep-GPCM models at once and reports on their search.",
                     "manygpcm");
    program.set_version_flag("--version", version_line, "Print the version and exit");
    program.footer("manygpcm help COMMAND describes a command; " + std::string(about_topics));
    const std::vector<Command> commands = {
        add_simulate(program), add_convert(program), add_train(program),
        add_predict(program),  add_items(program),   add_sweep(program),
        add_report(program),   add_doctor(program),  add_generate(program)};
    const auto chosen = std::ranges::find_if(commands, [&](const Command& command) {
        return !arguments.empty() && command.options->get_name() == arguments.front();
    });
    const bool option_first = !arguments.empty() && arguments.front().starts_with('-');
    if (chosen == commands.end() && !option_first)
        return fail(arguments.empty()
                        ? "no command" + expected_command(commands, "")
                        : fmt::format("no command '{}'", arguments.front()) +
                              expected_command(commands, arguments.front(), asks_help),
                    exit_bad_input);
    try {
        std::ranges::reverse(arguments);  // as CLI11 takes them
        program.parse(std::move(arguments));
    } catch (const CLI::Success& help_or_version) {
        return program.exit(help_or_version);
    } catch (const CLI::ParseError& error) {
        if (chosen == commands.end())
            return fail(fmt::format("{} (see manygpcm --help)", error.what()), exit_bad_input);
        // Where what is required is missing, its name may be among what was misspelt.
        const std::vector<std::string> stray = chosen->options->remaining();
        return fail(fmt::format("{} (see manygpcm {} --help)",
                                stray.empty() ? std::string(error.what())
                                              : unexpected(*chosen->options, stray.front()),
                                chosen->options->get_name()),
                    exit_bad_input);
    }
    if (chosen == commands.end())
        return fail("options follow the command (see manygpcm --help)", exit_bad_input);
    try {
        kernels::instruction_set();
    } catch (const std::invalid_argument& error) {
        return fail(error.what(), exit_bad_input);
    }
    const int code = chosen->run();
    if (std::fflush(stdout) != 0) return fail("standard output can't be written", exit_failure);
    return code;
}

}  // namespace
}  // namespace manygpcm::cli

int main(int argc, char** argv) {
    using namespace manygpcm;
    cli::ignore_file_size_signal();
    try {
        return cli::run({argv + std::min(argc, 1), argv + argc});
    } catch (const InputError& error) {
        return cli::fail(error.what(), cli::exit_bad_input);
    } catch (const std::filesystem::filesystem_error& error) {
        // Of a path from outside: too long, or links that go round in circles.
        return cli::fail(fmt::format("{}: {}", error.path1().string(), error.code().message()),
                         cli::exit_bad_input);
    } catch (const std::bad_alloc&) {
        return cli::fail("not enough memory", cli::exit_failure);
    } catch (const std::exception& error) {
        return cli::fail(error.what(), cli::exit_failure);
    }
}
