// Man pages, in the macros of man(7).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <utility>

#include "command_texts.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

/// As roff sets it: hyphens that can be copied, no character with a meaning of its own; between
/// alternatives a line may end.
std::string roff(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\')
            result += "\\e";
        else if (c == '-')
            result += "\\-";
        else if (c == '|')
            result += "|\\:";
        else
            result += c;
    }
    if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
    return result;
}

std::string upper(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::string head(const std::string& name, const std::string& description) {
    return fmt::format(
        ".TH {} 1 \"\" \"{}\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
        roff(upper(name)), version_line, roff(name), roff(description));
}

/// ", required", ", default: ..": what is to be known of it beside what it does.
std::string remark(const OptionText& option) {
    if (option.required) return " Required.";
    if (option.value.empty() || option.default_value.empty()) return {};
    return fmt::format(" Default: {}.", option.default_value);
}

std::string entry(const OptionText& option) {
    std::string names;
    for (const std::string& name : option.names)
        names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
    if (!option.value.empty()) {
        const std::string value = fmt::format("\\fI{}\\fR", roff(option.value));
        names += option.value_optional ? fmt::format(" [{}]", value) : " " + value;
    }
    if (option.several) names += " ...";
    std::string description = option.description;
    if (!description.empty() && !description.ends_with('.')) description += '.';
    return fmt::format(".TP\n{}\n{}\n", names, roff(description + remark(option)));
}

constexpr const char* ending =
    ".SH EXIT STATUS\n"
    "0: done. 2: wrong usage or bad input, said in one line on stderr. 1: anything else. 130, "
    "143: ended by Ctrl\\-C or SIGTERM.\n";

std::string page_of(const CommandText& command) {
    std::string page = head("manygpcm-" + command.name, command.description);
    page += fmt::format("\\fBmanygpcm {}\\fR", roff(command.name));
    for (const OptionText& option : command.options)
        if (option.required)
            page += fmt::format(" \\fB{}\\fR \\fI{}\\fR", roff(option.names.front()),
                                roff(option.value));
    page += " [\\fIoptions\\fR]\n.SH OPTIONS\n";
    for (const OptionText& option : command.options)
        page += entry(option);
    if (!command.footer.empty()) page += fmt::format(".SH NOTES\n{}\n", roff(command.footer));
    return page + ending + ".SH SEE ALSO\n.BR manygpcm (1)\n";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> man_pages(
    const std::string& about, const std::vector<CommandText>& commands) {
    std::string first = head("manygpcm", about);
    first +=
        "\\fBmanygpcm\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n.br\n"
        "\\fBmanygpcm help\\fR [\\fIcommand\\fR or \\fItopic\\fR]\n.SH COMMANDS\n";
    std::vector<std::string> see;
    std::vector<std::pair<std::string, std::string>> pages(1);
    for (const CommandText& command : commands) {
        const std::string name = "manygpcm-" + command.name;
        first += fmt::format(".TP\n.BR {} (1)\n{}\n", roff(name), roff(command.description));
        pages.emplace_back(name + ".1", page_of(command));
    }
    pages.front() = {"manygpcm.1", first + ending};
    return pages;
}

}  // namespace manygpcm::cli
