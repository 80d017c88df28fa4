// The commands and their options as text, taken from what parses them: what man pages and shells'
// completions are made of.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace manygpcm::cli {

struct OptionText {
    std::vector<std::string> names;    ///< "--weights", "--model": words for the same
    std::string value;                 ///< what stands for it in help; empty: a flag
    std::vector<std::string> choices;  ///< the words that it may be, where they are known
    std::string description, default_value;
    bool required = false;
    bool several = false;         ///< takes several values, one behind the other
    bool value_optional = false;  ///< may stand alone
};

struct CommandText {
    std::string name, description, footer;
    std::vector<OptionText> options;
};

OptionText option_text(const CLI::Option& option);

/// Those that help names, in its order.
std::vector<CommandText> command_texts(const CLI::App& program);

/// Each page by its file's name, in section 1: manygpcm.1, manygpcm-train.1, ..
std::vector<std::pair<std::string, std::string>> man_pages(
    const std::string& about, const std::vector<CommandText>& commands);

/// Scripts that complete what is typed, by shell.
std::string bash_completion(const std::vector<CommandText>& commands);
std::string zsh_completion(const std::vector<CommandText>& commands);
std::string fish_completion(const std::vector<CommandText>& commands);

}  // namespace manygpcm::cli
