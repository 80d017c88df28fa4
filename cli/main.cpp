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
#include <vector>

#include "commands.h"
#include "interruption.h"
#include "manygpcm/engine/error.h"
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

/// The names of all commands, for whoever names another.
std::string command_names(const std::vector<Command>& commands) {
    std::vector<std::string> names;
    for (const Command& command : commands)
        names.push_back(command.options->get_name());
    return fmt::format("{}", fmt::join(names, ", "));
}

int run(int argc, char** argv) {
    CLI::App program("Trains many small Deep-GPCM models at once and reports on their search.",
                     "manygpcm");
    program.set_version_flag("--version", version_line, "Print the version and exit");
    const std::vector<Command> commands = {
        add_simulate(program), add_convert(program), add_train(program),  add_predict(program),
        add_items(program),    add_sweep(program),   add_report(program), add_doctor(program)};
    const auto chosen = std::ranges::find_if(commands, [&](const Command& command) {
        return argc > 1 && command.options->get_name() == argv[1];
    });
    const bool option_first = argc > 1 && argv[1][0] == '-';
    if (chosen == commands.end() && !option_first)
        return fail(fmt::format("{}: expected one of {} (see manygpcm --help)",
                                argc > 1 ? fmt::format("no command '{}'", argv[1]) : "no command",
                                command_names(commands)),
                    exit_bad_input);
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& help_or_version) {
        return program.exit(help_or_version);
    } catch (const CLI::ParseError& error) {
        const std::string command =
            chosen == commands.end() ? "" : " " + chosen->options->get_name();
        return fail(fmt::format("{} (see manygpcm{} --help)", error.what(), command),
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
        return cli::run(argc, argv);
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
