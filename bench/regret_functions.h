// Functions on which samplers are compared; bench/regret_optuna.py has the same.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm::bench {

struct TestFunction {
    search::Space space;
    std::function<double(const search::Point&)> score;  ///< higher is better
    double best_score;
};

inline search::Parameter real(std::string name, double low, double high, bool log = false) {
    return {.name = std::move(name), .low = low, .high = high, .log = log, .choices = {}};
}

inline search::Parameter integer(std::string name, double low, double high, bool log = false) {
    search::Parameter parameter = real(std::move(name), low, high, log);
    parameter.kind = search::Parameter::Kind::integer;
    return parameter;
}

inline search::Parameter choice(std::string name, std::vector<double> choices,
                                std::vector<std::string> labels = {}) {
    return {.name = std::move(name),
            .kind = search::Parameter::Kind::choice,
            .choices = std::move(choices),
            .labels = std::move(labels)};
}

/// Two dimensions, three equal optima (Dixon, Szego 1978).
inline TestFunction branin() {
    return {search::Space({real("x", -5, 10), real("y", 0, 15)}),
            [](const search::Point& point) {
                const double x = point.at("x"), pi = std::numbers::pi;
                const double a = point.at("y") - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
                return -(a * a + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10);
            },
            -0.39788735772973816};
}

inline std::vector<search::Parameter> reals(int dimensions, double low, double high) {
    std::vector<search::Parameter> parameters;
    for (int d = 0; d < dimensions; ++d)
        parameters.push_back(real("x" + std::to_string(d), low, high));
    return parameters;
}

inline std::vector<double> values_of(const search::Point& point, int dimensions) {
    std::vector<double> x;
    for (int d = 0; d < dimensions; ++d)
        x.push_back(point.at("x" + std::to_string(d)));
    return x;
}

/// Six dimensions, one global and several local optima (Dixon, Szego 1978).
inline TestFunction hartmann6() {
    const auto score = [](const search::Point& point) {
        constexpr double alpha[4] = {1, 1.2, 3, 3.2};
        constexpr double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                    {0.05, 10, 17, 0.1, 8, 14},
                                    {3, 3.5, 1.7, 10, 17, 8},
                                    {17, 8, 0.05, 10, 0.1, 14}};
        constexpr double p[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                    {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                    {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                    {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
        const std::vector<double> x = values_of(point, 6);
        double sum = 0;
        for (int i = 0; i < 4; ++i) {
            double exponent = 0;
            for (std::size_t d = 0; d < x.size(); ++d) {
                const double difference = x[d] - p[i][d];
                exponent += a[i][d] * difference * difference;
            }
            sum += alpha[i] * std::exp(-exponent);
        }
        return sum;
    };
    return {search::Space(reals(6, 0, 1)), score, 3.32236801141551};
}

/// Ten dimensions, many local optima around a sharp one (Ackley 1987); its range is off the centre.
inline TestFunction ackley10() {
    constexpr int n = 10;
    return {search::Space(reals(n, -10, 15)),
            [](const search::Point& point) {
                double squares = 0, cosines = 0;
                for (const double x : values_of(point, n)) {
                    squares += x * x;
                    cosines += std::cos(2 * std::numbers::pi * x);
                }
                return 20 * std::exp(-0.2 * std::sqrt(squares / n)) + std::exp(cosines / n) - 20 -
                       std::numbers::e;
            },
            0};
}

/// Eight dimensions, a bent valley (Rosenbrock 1960).
inline TestFunction rosenbrock8() {
    constexpr int n = 8;
    return {search::Space(reals(n, -5, 10)),
            [](const search::Point& point) {
                const std::vector<double> x = values_of(point, n);
                double sum = 0;
                for (std::size_t d = 0; d + 1 < x.size(); ++d)
                    sum += 100 * std::pow(x[d + 1] - x[d] * x[d], 2) + std::pow(1 - x[d], 2);
                return -sum;
            },
            0};
}

/// Six dimensions, waves along each (Levy, Montalvo 1985).
inline TestFunction levy6() {
    constexpr int n = 6;
    return {
        search::Space(reals(n, -10, 10)),
        [](const search::Point& point) {
            const auto square = [](double x) { return x * x; };
            std::vector<double> w;
            for (const double x : values_of(point, n))
                w.push_back(1 + (x - 1) / 4);
            double sum = square(std::sin(std::numbers::pi * w.front()));
            for (std::size_t d = 0; d + 1 < w.size(); ++d)
                sum += square(w[d] - 1) * (1 + 10 * square(std::sin(std::numbers::pi * w[d] + 1)));
            sum += square(w.back() - 1) * (1 + square(std::sin(2 * std::numbers::pi * w.back())));
            return -sum;
        },
        0};
}

/// Fifteen parameters of every kind, as a model's are: some interact, one is best at its edge, some
/// hardly matter. The best is off the centre, where CMA-ES starts. Best score 0.
inline TestFunction mixed15() {
    search::Space space({real("lr", 1e-4, 1e-1, true), real("weight_decay", 1e-6, 1e-2, true),
                         real("dropout", 0, 0.5), real("momentum", 0.8, 1),
                         real("smoothing", 0, 0.2), real("mix", -1, 1), integer("layers", 1, 6),
                         integer("batch", 8, 256, true), integer("cycles", 1, 3),
                         choice("heads", {1, 2, 4, 8}), choice("width", {32, 64, 128, 256}),
                         choice("memory", {20, 50, 100, 200}), choice("key", {32, 64, 128}),
                         choice("activation", {0, 1, 2}, {"relu", "tanh", "gelu"}),
                         choice("optimizer", {0, 1}, {"adam", "sgd"})});
    const auto score = [](const search::Point& p) {
        const auto square = [](double x) { return x * x; };
        const bool sgd = p.at("optimizer") == 1;
        const double lr = std::log10(p.at("lr") / (sgd ? 5e-2 : 1.2e-2));
        const double decay = std::log10(p.at("weight_decay") / 2e-5);
        const double activation[] = {0.1, 0.2, 0};
        return -(square(lr) + 0.1 * square(decay + lr) + 2 * square(p.at("dropout") - 0.1) +
                 20 * square(p.at("momentum") - 0.95) + p.at("smoothing") +
                 0.01 * square(p.at("mix")) + 0.05 * std::abs(p.at("layers") - 3) +
                 0.05 * square(std::log2(p.at("batch")) - 6 + lr) +
                 0.02 * std::abs(std::log2(p.at("width") / p.at("heads")) - 5) +
                 0.05 * square(std::log2(p.at("width")) - 7) +
                 0.03 * std::abs(std::log(p.at("memory") / 50)) +
                 activation[static_cast<int>(p.at("activation"))] + (sgd ? 0.3 : 0));
    };
    return {std::move(space), score, 0};
}

/// Real trials, recorded: deep_gpcm over its published space, as a random forest of the trials of
/// recorded_trials.csv predicts them. docs/search.md says how they were recorded, and why not the
/// nearest trial's score.
TestFunction recorded_trials();

/// The same of three models, each with parameters of its own (recorded_conditions.toml).
TestFunction recorded_conditions();

inline const std::map<std::string, TestFunction (*)()> test_functions = {
    {"ackley10", ackley10},
    {"branin", branin},
    {"hartmann6", hartmann6},
    {"levy6", levy6},
    {"mixed15", mixed15},
    {"rosenbrock8", rosenbrock8},
    {"recorded_conditions", recorded_conditions},
    {"recorded_trials", recorded_trials}};

}  // namespace manygpcm::bench
