// manygpcm_regret FUNCTION SAMPLER TRIALS SEEDS: how far the best of the first n trials is from the
// function's optimum. Prints one JSON line; bench/regret_optuna.py prints the same of Optuna's
// samplers.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/statistics.h"
#include "manygpcm/search/sampler.h"
#include "regret_functions.h"

namespace manygpcm {
namespace {

// Of processor time.
double seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Run {
    std::vector<double> regret;  // [trials]
    double last_ask_seconds = 0;
};

Run run_once(const bench::TestFunction& function, const std::string& sampler_name, int trials,
             std::uint64_t seed) {
    const auto sampler = search::make_sampler(sampler_name, function.space, seed);
    Run run;
    double best = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < trials; ++i) {
        const double start = seconds();
        const search::Point point = sampler->ask(1).front();
        run.last_ask_seconds = seconds() - start;
        const double score = function.score(point);
        sampler->tell({.point = point, .score = score});
        best = std::max(best, score);
        run.regret.push_back(function.best_score - best);
    }
    return run;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 4)
        throw InputError("usage: manygpcm_regret FUNCTION SAMPLER TRIALS SEEDS");
    const auto found = bench::test_functions.find(arguments[0]);
    if (found == bench::test_functions.end())
        throw InputError(fmt::format(
            "function '{}' is unknown: expected branin, hartmann6, mixed15, recorded_trials",
            arguments[0]));
    const bench::TestFunction function = found->second();
    const int trials = std::atoi(arguments[2].c_str()), seeds = std::atoi(arguments[3].c_str());
    if (trials < 1 || seeds < 1) throw InputError("TRIALS and SEEDS: expected numbers from 1 up");

    std::vector<Run> runs;
    for (int seed = 0; seed < seeds; ++seed)
        runs.push_back(run_once(function, arguments[1], trials, static_cast<std::uint64_t>(seed)));

    nlohmann::ordered_json out = {{"function", arguments[0]}, {"sampler", arguments[1]}};
    for (const int n : {10, 25, 50, trials}) {
        if (n > trials) continue;
        std::vector<double> regret;
        for (const Run& one : runs)
            regret.push_back(one.regret[static_cast<std::size_t>(n - 1)]);
        out["regret"][std::to_string(n)] = {quantile(regret, 0.25), quantile(regret, 0.5),
                                            quantile(regret, 0.75)};
    }
    std::vector<double> seconds;
    for (const Run& one : runs)
        seconds.push_back(one.last_ask_seconds);
    out["last_ask_seconds"] = quantile(seconds, 0.5);
    std::cout << out.dump() << '\n';
    return 0;
}

}  // namespace
}  // namespace manygpcm

int main(int argc, char** argv) {
    try {
        return manygpcm::run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "manygpcm_regret: " << error.what() << '\n';
        return 2;
    }
}
