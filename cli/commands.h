// The commands of the program, one file each. Every add_ function declares a command's options;
// run() then does what they ask.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace manygpcm::cli {

struct Command {
    CLI::App* options = nullptr;
    std::function<int()>
        run;  ///< returns the exit code; throws InputError for what is worth exit code 2
};

Command add_simulate(CLI::App& program);
Command add_train(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_items(CLI::App& program);
Command add_convert(CLI::App& program);
Command add_sweep(CLI::App& program);
Command add_report(CLI::App& program);
Command add_doctor(CLI::App& program);
Command add_profile(CLI::App& program);
/// Of all the others; added last.
Command add_generate(CLI::App& program);

}  // namespace manygpcm::cli
