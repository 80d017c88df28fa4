#include "command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "command_texts.h"
#include "help_format.h"
#include "help_topics.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/engine/shown.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

constexpr std::string_view see_program = " (see manygpcm --help)";

bool is_hyperparameter(std::string_view name) {
    return std::ranges::count(hyperparameter_names().subspan(1), name) > 0;
}

std::vector<std::string> long_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

/// `word` without what stands for the hyphens of an option: one alone, or the dash that editors
/// make of two.
std::string_view without_dashes(std::string_view word) {
    for (const std::string_view dash : {"—", "–", "-"})
        while (word.starts_with(dash))
            word.remove_prefix(dash.size());
    return word;
}

bool looks_like_option(std::string_view argument) {
    return argument.starts_with("--") || argument == "-h";
}

/// An argument in an option's place that is none of the command's.
std::string stray(const CLI::App& command, const std::string& argument) {
    const std::string name = argument.substr(0, argument.find('='));
    std::string hyperparameter(without_dashes(name));
    std::ranges::replace(hyperparameter, '-', '_');
    if (command.get_option_no_throw("--set") != nullptr && is_hyperparameter(hyperparameter))
        return fmt::format("{}: no such option; expected --set {}=VALUE, as it is a hyperparameter",
                           argument, hyperparameter);
    const std::string meant =
        did_you_mean(fmt::format("--{}", without_dashes(name)), long_names(command));
    if (name.starts_with('-') || without_dashes(name).size() < name.size())
        return fmt::format("{}: no such option{}", argument, meant);
    return fmt::format("{}: expected an option before it{}", shown(argument), meant);
}

/// A walk over the arguments as the parser will go.
class Walk {
  public:
    Walk(const CLI::App& command, std::span<const std::string> arguments)
        : command_(command), left_(arguments) {}

    /// What is wrong, in one line; empty where nothing is.
    std::string complaint() {
        while (!left_.empty()) {
            const std::string argument = take();
            const std::string name = argument.substr(0, argument.find('='));
            const CLI::Option* option = name.starts_with('-') && name.size() > 1
                                            ? command_.get_option_no_throw(name)
                                            : nullptr;
            std::string wrong =
                option == nullptr ? stray(command_, argument) : wrong_with(*option, name, argument);
            if (!wrong.empty()) return wrong;
        }
        return missing();
    }

  private:
    std::string take() {
        std::string argument = left_.front();
        left_ = left_.subspan(1);
        return argument;
    }

    /// @param argument "NAME" or "NAME=VALUE"; takes the values behind it
    std::string wrong_with(const CLI::Option& option, const std::string& name,
                           const std::string& argument) {
        const OptionText text = option_text(option);
        const bool has_value = argument.size() > name.size();
        if (text.value.empty()) {
            return has_value ? fmt::format("{}: takes no value; expected {} alone", argument, name)
                             : "";
        }
        std::string value;
        if (has_value) {
            value = argument.substr(name.size() + 1);
            if (value.empty())
                return fmt::format("{}: expected {} behind it", argument, text.value);
        } else if (!left_.empty() && !looks_like_option(left_.front())) {
            value = take();
        } else if (!text.value_optional) {
            return fmt::format("{}: expected {} behind it{}", name, text.value,
                               left_.empty() ? ""
                                             : fmt::format(", found {} ({}={} if that is it)",
                                                           left_.front(), name, left_.front()));
        }
        while (text.several && !left_.empty() && !left_.front().starts_with('-'))
            take();
        const bool repeatable = option.get_items_expected_max() > 1;
        const auto [first, is_first] = values_.try_emplace(&option, value);
        if (!is_first && !repeatable)
            return fmt::format("{} {}: is given before, as {}; expected it once", name, value,
                               shown(first->second));
        return "";
    }

    std::string missing() const {
        std::vector<std::string> names;
        for (const CLI::Option* option : command_.get_options())
            if (option->get_required() && !values_.contains(option)) {
                const OptionText text = option_text(*option);
                names.push_back(text.choices.empty()
                                    ? fmt::format("{} {}", text.names.front(), text.value)
                                    : text.names.front());
            }
        return names.empty() ? "" : fmt::format("missing: {}", fmt::join(names, ", "));
    }

    const CLI::App& command_;
    std::span<const std::string> left_;
    std::map<const CLI::Option*, std::string> values_;  // the first of each
};

const Command* find(const std::vector<Command>& commands, std::string_view name) {
    const auto found = std::ranges::find_if(
        commands, [&](const Command& command) { return command.options->get_name() == name; });
    return found == commands.end() ? nullptr : &*found;
}

/// An option's entry in its command's help. @param word its name, with hyphens or without
std::string help_on_option(const CLI::App& command, const std::string& word) {
    const std::string name = word == "-h" ? word : fmt::format("--{}", without_dashes(word));
    const CLI::Option* option = command.get_option_no_throw(name);
    if (option == nullptr)
        throw InputError(fmt::format("{}: {} has no such option{}{}", word, command.get_name(),
                                     did_you_mean(name, long_names(command)), see_help(command)));
    return HelpFormat().make_option(option, false);
}

}  // namespace

std::string see_help(const CLI::App& command) {
    return fmt::format(" (see manygpcm {} --help)", command.get_name());
}

std::vector<std::string> names_of(const std::vector<Command>& commands) {
    std::vector<std::string> names;
    for (const Command& command : commands)
        if (!command.options->get_group().empty()) names.push_back(command.options->get_name());
    return names;
}

std::string help_on(const CLI::App& program, const std::vector<Command>& commands,
                    std::span<const std::string> words) {
    constexpr std::string_view on_help[] = {"help", "--help", "-h"};
    if (words.empty() || (words.size() == 1 && std::ranges::count(on_help, words.front()) > 0))
        return program.help();
    const std::string& word = words.front();
    const std::span<const std::string> behind = words.subspan(1);
    std::string topic = help_topic(word);
    const Command* command = find(commands, word);
    if (topic.empty() && command == nullptr) {
        std::vector<std::string> names(help_topics().begin(), help_topics().end());
        const std::vector<std::string> of_commands = names_of(commands);
        names.insert(names.end(), of_commands.begin(), of_commands.end());
        throw InputError(fmt::format("help {}: no command or topic {}{}: expected one of {}{}",
                                     word, shown(word),
                                     is_hyperparameter(word) ? ", but help hyperparameters has it"
                                                             : did_you_mean(word, names),
                                     fmt::join(names, ", "), see_program));
    }
    if (behind.size() > (command != nullptr ? 1U : 0U))
        throw InputError(fmt::format(
            "help {}: {} is too much; expected help, help TOPIC, help COMMAND or help COMMAND "
            "OPTION",
            fmt::join(words, " "), shown(behind.back())));
    if (command == nullptr) return topic;
    return behind.empty() ? command->options->help("manygpcm")
                          : help_on_option(*command->options, behind.front());
}

void refuse_command(const std::vector<Command>& commands, const std::string& first) {
    const std::vector<std::string> names = names_of(commands);
    std::vector<std::string> known = {"help", "--help", "--version"};
    known.insert(known.end(), names.begin(), names.end());
    const std::string name = first.substr(0, first.find('='));
    if (name.starts_with('-')) {
        for (const Command& command : commands)
            if (command.options->get_option_no_throw(name) != nullptr)
                throw InputError(fmt::format("{}: expected a command before it, one of {}{}", first,
                                             fmt::join(names, ", "), see_program));
        throw InputError(fmt::format("{}: no such option{}; expected a command, one of {}{}", first,
                                     did_you_mean(name, known), fmt::join(names, ", "),
                                     see_program));
    }
    throw InputError(fmt::format("no command{}{}: expected one of help, {}{}",
                                 first.empty() ? "" : " " + shown(first),
                                 did_you_mean(first, known), fmt::join(names, ", "), see_program));
}

void expect_usable(const CLI::App& command, std::span<const std::string> arguments) {
    const std::string wrong = Walk(command, arguments).complaint();
    if (!wrong.empty()) throw InputError(wrong + see_help(command));
}

}  // namespace manygpcm::cli
