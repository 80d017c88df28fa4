// How help is set: options with what stands for their values, lines that fit a terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace manygpcm::cli {

class HelpFormat : public CLI::Formatter {
  public:
    HelpFormat();
    std::string make_usage(const CLI::App* command, std::string name) const override;
    std::string make_description(const CLI::App* command) const override;
    std::string make_footer(const CLI::App* command) const override;
    std::string make_option(const CLI::Option* option, bool is_positional) const override;
    std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace manygpcm::cli
