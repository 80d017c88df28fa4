// What is wrong with the arguments of a command, told before its parser takes them: options that
// it hasn't, options without their values, words that belong to none.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "commands.h"

namespace manygpcm::cli {

/// Those for users, in the order of help.
std::vector<std::string> names_of(const std::vector<Command>& commands);

/// What stands behind `help`: nothing, a topic, or a command and perhaps one of its options.
/// @return the text to print @throws InputError for anything else
std::string help_on(const CLI::App& program, const std::vector<Command>& commands,
                    std::span<const std::string> words);

/// @throws InputError: `first`, which stands in a command's place, is none
[[noreturn]] void refuse_command(const std::vector<Command>& commands, const std::string& first);

/// @param arguments behind the command's name
/// @throws InputError for the first of them that can't be one of the command's options or its
/// value, else where an option is missing without which there is no command
void expect_usable(const CLI::App& command, std::span<const std::string> arguments);

/// " (see manygpcm COMMAND --help)"
std::string see_help(const CLI::App& command);

}  // namespace manygpcm::cli
