// manygpcm_regret FUNCTION SAMPLER TRIALS SEEDS [NOISE [BATCH]]: how far the best of the first n
// trials is from the function's optimum. NOISE is the deviation of what is added to a score, of the
// function's range (0 unless said); the best trial is then the one that seems so, and its regret
// the true one. BATCH trials are asked at once (1 unless said). Prints one JSON line;
// bench/regret_optuna.py prints the same of Optuna's samplers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/random.h"
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

/// From the worst of many points to the best.
double range_of(const bench::TestFunction& function) {
    constexpr int n_points = 10'000;
    const auto points = search::make_sampler("random", function.space, 0)->ask(n_points);
    double worst = function.best_score;
    for (const search::Point& point : points)
        worst = std::min(worst, function.score(point));
    return function.best_score - worst;
}

struct Settings {
    std::string sampler;
    int trials = 0, batch = 1;
    double noise = 0;  ///< deviation, as scores are
};

Run run_once(const bench::TestFunction& function, const Settings& settings, std::uint64_t seed) {
    const auto sampler = search::make_sampler(settings.sampler, function.space, seed);
    RandomStream random(seed, RandomUse::sampler, stream_id({1}));
    Run run;
    double seems_best = -std::numeric_limits<double>::infinity(), best = 0;
    while (std::ssize(run.regret) < settings.trials) {
        const double start = seconds();
        const std::vector<search::Point> points = sampler->ask(
            std::min(settings.batch, settings.trials - static_cast<int>(run.regret.size())));
        run.last_ask_seconds = (seconds() - start) / static_cast<double>(points.size());
        for (const search::Point& point : points) {
            const double score = function.score(point);
            const double seen = score + settings.noise * random.normal();
            sampler->tell({.point = point, .score = seen});
            if (seen > seems_best) {
                seems_best = seen;
                best = score;
            }
            run.regret.push_back(function.best_score - best);
        }
    }
    return run;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() < 4 || arguments.size() > 6)
        throw InputError("usage: manygpcm_regret FUNCTION SAMPLER TRIALS SEEDS [NOISE [BATCH]]");
    const auto found = bench::test_functions.find(arguments[0]);
    if (found == bench::test_functions.end()) {
        std::vector<std::string> names;
        for (const auto& [name, make] : bench::test_functions)
            names.push_back(name);
        throw InputError(fmt::format("function '{}' is unknown: expected {}", arguments[0],
                                     fmt::join(names, ", ")));
    }
    const bench::TestFunction function = found->second();
    const auto number = [&](std::size_t i, double otherwise) {
        return arguments.size() > i ? std::atof(arguments[i].c_str()) : otherwise;
    };
    const double share = number(4, 0);
    const Settings settings{.sampler = arguments[1],
                            .trials = static_cast<int>(number(2, 0)),
                            .batch = static_cast<int>(number(5, 1)),
                            .noise = share > 0 ? share * range_of(function) : 0};
    const int seeds = static_cast<int>(number(3, 0)), trials = settings.trials;
    if (trials < 1 || seeds < 1 || settings.batch < 1 || share < 0)
        throw InputError("TRIALS, SEEDS and BATCH: expected numbers from 1 up, NOISE from 0 up");

    std::vector<Run> runs;
    for (int seed = 0; seed < seeds; ++seed)
        runs.push_back(run_once(function, settings, static_cast<std::uint64_t>(seed)));

    nlohmann::ordered_json out = {{"function", arguments[0]},
                                  {"sampler", settings.sampler},
                                  {"noise", share},
                                  {"batch", settings.batch}};
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
