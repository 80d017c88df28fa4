// manygpcm: takes the command line, runs one command, turns every failure into one line and an
// exit code (0 done, 2 wrong usage or bad input, 1 anything else).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "command_line.h"
#include "commands.h"
#include "help_format.h"
#include "help_topics.h"
#include "interruption.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/kernels/cpu.h"
#include "options.h"
#include "output.h"
#include "streams.h"

namespace manygpcm::cli {
namespace {

constexpr int exit_failure = 1, exit_bad_input = 2;

/// What libraries say has several lines at times.
int fail(std::string message, int code) {
    std::ranges::replace(message, '\n', ' ');
    print_stderr(fmt::format("manygpcm: error: {}\n", printable(with_streams_named(message))));
    return code;
}

int print(std::string_view text) {
    fmt::print("{}", text);
    finish_stdout();
    return 0;
}

bool has_any(std::span<const std::string> arguments, std::span<const std::string_view> words) {
    return std::ranges::any_of(arguments, [&](const std::string& argument) {
        return std::ranges::count(words, argument) > 0;
    });
}

/// Lets the parser have the arguments, which it takes backwards.
void parse(CLI::App& program, const CLI::App& command, std::vector<std::string> arguments) {
    std::ranges::reverse(arguments);
    try {
        program.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        throw InputError(error.what() + see_help(command));
    }
}

int run(const std::vector<std::string>& arguments) {
    constexpr std::string_view for_help[] = {"--help", "-h"}, for_version[] = {"--version"};
    CLI::App program("Trains many small Deep-GPCM models at once and reports on their search.",
                     "manygpcm");
    program.formatter(std::make_shared<HelpFormat>());
    program.set_version_flag("--version", version_line, "Print the version and exit");
    program.footer(
        fmt::format("manygpcm help COMMAND describes a command, help COMMAND OPTION an option.\n{}",
                    about_topics));
    const std::vector<Command> commands = {
        add_simulate(program), add_convert(program), add_train(program),  add_predict(program),
        add_items(program),    add_sweep(program),   add_report(program), add_doctor(program),
        add_profile(program),  add_generate(program)};
    if (arguments.empty()) refuse_command(commands, "");
    const std::string& first = arguments.front();
    const std::span<const std::string> behind = std::span(arguments).subspan(1);
    if (first == "help" || std::ranges::count(for_help, first) > 0)
        return print(help_on(program, commands, behind));
    if (std::ranges::count(for_version, first) > 0) return print(version_line + std::string("\n"));
    const auto chosen = std::ranges::find_if(
        commands, [&](const Command& command) { return command.options->get_name() == first; });
    if (chosen == commands.end()) refuse_command(commands, first);
    if (has_any(behind, for_help)) return print(chosen->options->help("manygpcm"));
    if (has_any(behind, for_version)) return print(version_line + std::string("\n"));
    expect_usable(*chosen->options, behind);
    parse(program, *chosen->options, arguments);
    expect_each_stream_once(*chosen->options);
    try {
        kernels::instruction_set();
    } catch (const std::invalid_argument& error) {
        throw InputError(error.what());
    }
    const int code = chosen->run();
    finish_stdout();
    return code;
}

}  // namespace
}  // namespace manygpcm::cli

int main(int argc, char** argv) {
    using namespace manygpcm;
    cli::open_missing_streams();
    cli::ignore_file_size_signal();
    cli::leave_nothing_unfinished();
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
    } catch (const std::system_error& error) {
        // What is printed is written by fmt, which throws of a stream that takes no more.
        if (std::ferror(stdout) != 0)
            return cli::fail("standard output: cannot write: " + error.code().message(),
                             cli::exit_bad_input);
        return cli::fail(error.what(), cli::exit_failure);
    } catch (const std::exception& error) {
        return cli::fail(error.what(), cli::exit_failure);
    }
}
