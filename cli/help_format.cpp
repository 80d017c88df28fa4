#include "help_format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "command_texts.h"

namespace manygpcm::cli {
namespace {

constexpr std::size_t line_width = 100, indent = 30;  // columns; the latter of descriptions

/// `text` in lines of at most `width`, broken at blanks, the further ones behind `first` blanks.
std::string wrapped(std::string_view text, std::size_t width, std::size_t first = 0) {
    std::string lines;
    while (text.size() > width) {
        std::size_t end = text.rfind(' ', width);
        if (end == text.npos || end == 0) end = std::min(text.find(' ', 1), text.size());
        lines += text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!text.empty()) lines += "\n" + std::string(first, ' ');
    }
    return lines + std::string(text);
}

/// Every line of `text`, wrapped.
std::string paragraphs(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        result += wrapped(text.substr(0, end), line_width) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

/// A name and what is to be said of it, beside each other or, of a long name, below.
std::string entry(const std::string& name, std::string_view description) {
    constexpr std::size_t gap = 2;
    std::string text = std::string(gap, ' ') + name;
    if (description.empty()) return text + "\n";
    if (text.size() + gap > indent)
        text += "\n" + std::string(indent, ' ');
    else
        text.resize(indent, ' ');
    return text + wrapped(description, line_width - indent, indent) + "\n";
}

/// Many choices take several lines, each begun below the first.
std::string choices_in_lines(const std::string& name, const std::vector<std::string>& choices) {
    std::string text = name + " ";
    const std::size_t first = text.size() + 2;  // where entry() puts it
    std::size_t column = first;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::string word = choices[i] + (i + 1 < choices.size() ? "|" : "");
        if (column > first && column + word.size() > line_width) {
            text += "\n" + std::string(first, ' ');
            column = first;
        }
        text += word;
        column += word.size();
    }
    return text;
}

}  // namespace

HelpFormat::HelpFormat() {
    label("SUBCOMMAND", "COMMAND");
}

std::string HelpFormat::make_usage(const CLI::App* command, std::string name) const {
    return fmt::format("Usage: {}{} [OPTIONS]\n", name,
                       command->get_subcommands({}).empty() ? "" : " COMMAND");
}

std::string HelpFormat::make_description(const CLI::App* command) const {
    return paragraphs(command->get_description());
}

std::string HelpFormat::make_footer(const CLI::App* command) const {
    return paragraphs(command->get_footer());
}

std::string HelpFormat::make_option(const CLI::Option* option, bool) const {
    const OptionText text = option_text(*option);
    // The short name first.
    std::string name = fmt::format("{}", fmt::join(text.names.rbegin(), text.names.rend(), ","));
    if (option->get_snames().empty()) name = fmt::format("{}", fmt::join(text.names, ","));
    const bool choices = text.value.find('|') != text.value.npos;
    if (choices)
        name = choices_in_lines(name, text.choices);
    else if (!text.value.empty())
        name += text.value_optional ? fmt::format(" [{}]", text.value) : " " + text.value;
    if (text.several) name += " ...";
    std::string description = text.description;
    if (text.required)
        description += " (required)";
    else if (!text.value.empty() && !text.default_value.empty())
        description += fmt::format(" (default: {})", text.default_value);
    return entry(name, description);
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
    return entry(command->get_name(), command->get_description());
}

}  // namespace manygpcm::cli
