// manygpcm simulate: draws a dataset whose abilities and items are known.
#include "manygpcm/engine/simulate.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string>

#include "commands.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

struct SimulateOptions {
    SimulationConfig config;
    std::string length = "100:200";
    std::string out;
    bool quiet = false;
};

CLI::Validator within(Limits limits) {
    return whole_number(static_cast<std::uint64_t>(limits.low),
                        static_cast<std::uint64_t>(limits.high));
}

/// "MIN:MAX" into two numbers; false if it isn't that.
bool parse_length(const std::string& text, int& min, int& max) {
    const char* end = text.data() + text.size();
    const auto low = std::from_chars(text.data(), end, min);
    if (low.ec != std::errc() || low.ptr == end || *low.ptr != ':') return false;
    const auto high = std::from_chars(low.ptr + 1, end, max);
    return high.ec == std::errc() && high.ptr == end && min >= length_limits.low && min <= max &&
           max <= length_limits.high;
}

CLI::Validator length_range() {
    return CLI::Validator(
        [](const std::string& text) {
            int min = 0, max = 0;
            if (parse_length(text, min, max)) return std::string();
            return fmt::format("expected MIN:MAX with {} <= MIN <= MAX <= {}, found '{}'",
                               length_limits.low, length_limits.high, text);
        },
        "");
}

int run(SimulateOptions& options) {
    SimulationConfig& config = options.config;
    parse_length(options.length, config.min_length, config.max_length);
    if (!config.repeat && config.max_length > config.questions)
        throw InputError(fmt::format(
            "--length {}: more than the {} of --questions, none of which --no-repeats asks twice; "
            "expected MAX <= {}",
            options.length, config.questions, config.questions));
    simulate(config, options.out);
    fmt::print("{} learners, {} questions, {} categories: {}/train.txt, test.txt, truth.json\n",
               config.learners, config.questions, config.categories, printable(options.out));
    return 0;
}

}  // namespace

Command add_simulate(CLI::App& program) {
    const auto options = std::make_shared<SimulateOptions>();
    SimulationConfig& config = options->config;
    CLI::App* command =
        add_command(program, "simulate",
                    "Draw a dataset from a generalized partial credit model with known parameters.",
                    options->quiet);
    command->add_option("--learners", config.learners, "Learners, a fifth of them for testing")
        ->check(within(learner_limits))
        ->capture_default_str()
        ->type_name("N");
    command->add_option("--questions", config.questions, "Questions")
        ->check(within(question_limits))
        ->capture_default_str()
        ->type_name("Q");
    command->add_option("--categories", config.categories, "Ordered categories of an answer")
        ->check(within(category_limits))
        ->capture_default_str()
        ->type_name("K");
    command->add_option("--length", options->length, "Shortest and longest sequence of a learner")
        ->check(length_range())
        ->capture_default_str()
        ->type_name("MIN:MAX");
    const auto deviation = [&](const char* name, double& value, const char* help) {
        command->add_option(name, value, help)
            ->check(number_within(0, largest_deviation))
            ->capture_default_str()
            ->type_name("SD");
    };
    deviation("--base-sd", config.base_deviation, "Deviation of the questions' difficulties");
    deviation("--threshold-sd", config.threshold_deviation,
              "Deviation of a question's thresholds about its difficulty");
    deviation("--discrimination-sd", config.discrimination_deviation,
              "Deviation of the logarithm of discriminations");
    command
        ->add_option("--growth", config.motion.growth,
                     "What ability gains from one response to the next")
        ->check(number_within(-largest_deviation, largest_deviation))
        ->capture_default_str()
        ->type_name("X");
    deviation("--drift", config.motion.drift,
              "Deviation of the steps that ability takes from one response to the next");
    command->add_flag("!--no-repeats", config.repeat, "Ask no learner a question twice");
    add_seed_option(*command, config.seed);
    add_path_option(*command, "--out", options->out, Dash::nothing, "DIR",
                    "Directory for train.txt, test.txt and truth.json");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
