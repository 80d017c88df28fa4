#include "command_texts.h"

#include <algorithm>
#include <string_view>

#include "help_topics.h"
#include "manygpcm/engine/hyperparameters.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

std::vector<std::string> choices_in(const std::string& value) {
    std::vector<std::string> choices;
    if (value == assignment_value) {
        for (const std::string_view name : hyperparameter_names().subspan(1))
            choices.push_back(std::string(name) + "=");
        return choices;
    }
    if (value.find('|') == value.npos) return choices;
    for (std::size_t begin = 0, end = 0; end != value.npos; begin = end + 1) {
        end = value.find('|', begin);
        choices.push_back(value.substr(begin, end - begin));
    }
    return choices;
}

}  // namespace

OptionText option_text(const CLI::Option& option) {
    OptionText text;
    text.description = option.get_description();
    text.default_value = option.get_default_str();
    text.required = option.get_required();
    for (const std::string& name : option.get_lnames())
        text.names.push_back("--" + name);
    for (const std::string& name : option.get_snames())
        text.names.push_back("-" + name);
    if (option.get_items_expected_max() == 0) return text;
    text.value = option.get_type_name();
    text.choices = choices_in(text.value);
    text.several = option.get_items_expected_max() > 1 && option.get_allow_extra_args();
    text.value_optional = option.get_items_expected_min() == 0;
    return text;
}

std::vector<CommandText> command_texts(const CLI::App& program) {
    std::vector<CommandText> commands;
    for (const CLI::App* command : program.get_subcommands({})) {
        if (command->get_group().empty()) continue;
        CommandText& text = commands.emplace_back();
        text.name = command->get_name();
        text.description = command->get_description();
        text.footer = command->get_footer();
        for (const CLI::Option* option : command->get_options())
            text.options.push_back(option_text(*option));
    }
    return commands;
}

}  // namespace manygpcm::cli
