// Completions: the commands, their options, and the words that options take; where those aren't
// known, names of files.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "command_texts.h"
#include "help_topics.h"

namespace manygpcm::cli {
namespace {

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
    std::vector<std::string> names = {"help"};
    for (const CommandText& command : commands)
        names.push_back(command.name);
    return names;
}

/// What may follow `help`.
std::vector<std::string> helped(const std::vector<CommandText>& commands) {
    std::vector<std::string> names = names_of(commands);
    names.erase(names.begin());
    for (const std::string_view topic : help_topics())
        names.emplace_back(topic);
    return names;
}

/// In single quotes, whatever it holds.
std::string quoted(std::string_view text, std::string_view single_quote) {
    std::string result = "'";
    for (const char c : text)
        result += c == '\'' ? std::string(single_quote) : std::string(1, c);
    return result + "'";
}

/// The first sentence, as a menu has it: without its full stop.
std::string brief(const std::string& description) {
    const std::string first = description.substr(0, description.find("; "));
    return first.ends_with('.') ? first.substr(0, first.size() - 1) : first;
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands) {
    std::string options, values;
    for (const CommandText& command : commands) {
        std::vector<std::string> names;
        for (const OptionText& option : command.options) {
            names.insert(names.end(), option.names.begin(), option.names.end());
            if (option.choices.empty()) continue;
            for (const std::string& name : option.names)
                values += fmt::format("        '{} {}') words='{}' ;;\n", command.name, name,
                                      fmt::join(option.choices, " "));
        }
        options += fmt::format("        {}) words='{}' ;;\n", command.name, fmt::join(names, " "));
    }
    return fmt::format(R"(# Completes what is typed of manygpcm in bash; made by the program itself.
_manygpcm() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} words= option= i
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W '{0} --help --version' -- "$word"))
        return
    fi
    if [[ $command == help ]]; then
        COMPREPLY=($(compgen -W '{1}' -- "$word"))
        return
    fi
    if [[ $word == -* ]]; then
        case $command in
{2}        esac
    else
        # --set takes several values: it is the last option before that counts.
        for ((i = COMP_CWORD - 1; i > 1; --i)); do
            [[ ${{COMP_WORDS[i]}} == --* ]] && option=${{COMP_WORDS[i]}} && break
        done
        ((COMP_CWORD - i > 1)) && [[ $option != --set ]] && return
        [[ ${{COMP_WORDS[COMP_CWORD - 1]}} == = || $word == = ]] && return
        case "$command $option" in
{3}        esac
    fi
    [[ $words ]] || return  # a number, or the name of a file, which readline completes
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [[ ${{#COMPREPLY[@]}} -eq 1 && ${{COMPREPLY[0]}} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}}
complete -o bashdefault -o default -F _manygpcm manygpcm
)",
                       fmt::join(names_of(commands), " "), fmt::join(helped(commands), " "),
                       options, values);
}

std::string zsh_completion(const std::vector<CommandText>& commands) {
    // What _arguments takes apart: brackets in a description, colons anywhere.
    const auto escaped = [](const std::string& text) {
        std::string result;
        for (const char c : text) {
            if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
            result += c;
        }
        return result;
    };
    constexpr std::string_view single_quote = "'\\''";
    std::string described, options;
    for (const CommandText& command : commands) {
        described +=
            "        " +
            quoted(command.name + ":" + escaped(brief(command.description)), single_quote) + "\n";
        options += fmt::format("        {})\n            _arguments \\\n", command.name);
        for (const OptionText& option : command.options)
            for (const std::string& name : option.names) {
                std::string spec = fmt::format("{}{}[{}]", option.several ? "*" : "", name,
                                               escaped(brief(option.description)));
                if (!option.value.empty())
                    spec += fmt::format("{}{}:{}", option.value_optional ? "::" : ":",
                                        option.choices.empty() ? escaped(option.value) : "value",
                                        option.choices.empty()
                                            ? "_files"
                                            : fmt::format("({})", fmt::join(option.choices, " ")));
                options += "                " + quoted(spec, single_quote) + " \\\n";
            }
        options += "            ;;\n";
    }
    return fmt::format(R"(#compdef manygpcm
# Completes what is typed of manygpcm in zsh; made by the program itself.
local -a commands
commands=(
        'help:Describe a command or a topic'
{0})
if ((CURRENT == 2)); then
    _describe command commands
    return
fi
local command=$words[2]
shift words
((CURRENT--))
case $command in
        help)
            compadd {1}
            ;;
{2}esac
)",
                       described, fmt::join(helped(commands), " "), options);
}

std::string fish_completion(const std::vector<CommandText>& commands) {
    constexpr std::string_view single_quote = "\\'";
    std::string script =
        "# Completes what is typed of manygpcm in fish; made by the program itself.\n"
        "complete -c manygpcm -n __fish_use_subcommand -f -a help -d 'Describe a command or a "
        "topic'\n";
    script += fmt::format("complete -c manygpcm -n '__fish_seen_subcommand_from help' -f -a '{}'\n",
                          fmt::join(helped(commands), " "));
    for (const CommandText& command : commands) {
        script += fmt::format("complete -c manygpcm -n __fish_use_subcommand -f -a {} -d {}\n",
                              command.name, quoted(brief(command.description), single_quote));
        for (const OptionText& option : command.options)
            for (const std::string& name : option.names) {
                if (!name.starts_with("--")) continue;
                script += fmt::format(
                    "complete -c manygpcm -n '__fish_seen_subcommand_from {}' -l {} -d {}{}\n",
                    command.name, name.substr(2), quoted(brief(option.description), single_quote),
                    option.value.empty() || option.value_optional ? " -f"
                    : option.choices.empty()
                        ? " -rF"
                        : fmt::format(" -x -a '{}'", fmt::join(option.choices, " ")));
            }
    }
    return script;
}

}  // namespace manygpcm::cli
