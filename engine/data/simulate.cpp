// Draws learners, items and answers from a generalized partial credit model.
#include "manygpcm/engine/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "data/data_files.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/engine/responses_of.h"

namespace manygpcm {
namespace {

struct Item {
    double discrimination;
    std::vector<double> thresholds;  ///< K-1, ascending
};

void check(const SimulationConfig& config) {
    const auto expect_integer = [](std::string_view name, int value, Limits limits) {
        if (value < limits.low || value > limits.high)
            throw InputError(fmt::format("{}={}: expected an integer from {} to {}", name, value,
                                         limits.low, limits.high));
    };
    expect_integer("learners", config.learners, learner_limits);
    expect_integer("questions", config.questions, question_limits);
    expect_integer("categories", config.categories, category_limits);
    expect_integer("min_length", config.min_length, length_limits);
    expect_integer("max_length", config.max_length, {config.min_length, length_limits.high});
    const auto expect_deviation = [](std::string_view name, double value) {
        if (!(value >= 0 && value <= largest_deviation))
            throw InputError(fmt::format("{}={}: expected a number x with 0 <= x <= {}", name,
                                         value, largest_deviation));
    };
    expect_deviation("base_deviation", config.base_deviation);
    expect_deviation("threshold_deviation", config.threshold_deviation);
    expect_deviation("discrimination_deviation", config.discrimination_deviation);
    expect_deviation("drift", config.motion.drift);
    if (!(std::abs(config.motion.growth) <= largest_deviation))
        throw InputError(fmt::format("growth={}: expected a number x with -{} <= x <= {}",
                                     config.motion.growth, largest_deviation, largest_deviation));
    if (!config.repeat && config.max_length > config.questions)
        throw InputError(
            fmt::format("max_length={}: expected at most the {} questions, as none is "
                        "asked again",
                        config.max_length, config.questions));
    if (!(config.test_fraction > 0 && config.test_fraction < 1))
        throw InputError(fmt::format("test_fraction={}: expected a number x with 0 < x < 1",
                                     config.test_fraction));
}

std::vector<Item> draw_items(const SimulationConfig& config, RandomStream random) {
    std::vector<Item> items(static_cast<std::size_t>(config.questions));
    for (Item& item : items) {
        item.discrimination = std::exp(config.discrimination_deviation * random.normal());
        const double base = config.base_deviation * random.normal();
        for (int k = 1; k < config.categories; ++k)
            item.thresholds.push_back(base + config.threshold_deviation * random.normal());
        std::ranges::sort(item.thresholds);
    }
    return items;
}

/// A category drawn with probability proportional to exp of sum over j < k of alpha (theta -
/// beta_j).
std::int32_t draw_category(double ability, const Item& item, RandomStream& random) {
    std::vector<double> logits = {0.0};
    for (const double threshold : item.thresholds)
        logits.push_back(logits.back() + item.discrimination * (ability - threshold));
    const double highest = std::ranges::max(logits);
    double total = 0;
    for (double& x : logits)
        total += x = std::exp(x - highest);
    double left = random.uniform() * total;
    std::size_t category = 0;
    while (category + 1 < logits.size() && left >= logits[category])
        left -= logits[category++];
    return static_cast<std::int32_t>(category);
}

/// @param ability the learner's before the first response; after the call, at the last one
Learner draw_learner(const SimulationConfig& config, double& ability,
                     const std::vector<Item>& items, RandomStream& random) {
    Learner learner;
    const auto spread = static_cast<std::uint64_t>(config.max_length - config.min_length) + 1;
    const auto steps = static_cast<std::uint64_t>(config.min_length) + random.below(spread);
    std::vector<int> not_asked(config.repeat ? 0 : items.size());
    std::iota(not_asked.begin(), not_asked.end(), 0);
    const auto next_question = [&] {
        if (config.repeat) return random.below(items.size());
        std::swap(not_asked[random.below(not_asked.size())], not_asked.back());
        const auto question = static_cast<std::uint64_t>(not_asked.back());
        not_asked.pop_back();
        return question;
    };
    for (std::uint64_t step = 0; step < steps; ++step) {
        if (step > 0) ability += config.motion.growth;
        if (step > 0 && config.motion.drift > 0) ability += config.motion.drift * random.normal();
        const std::uint64_t question = next_question();
        learner.questions.push_back(static_cast<std::int32_t>(question));
        learner.responses.push_back(draw_category(ability, items[question], random));
    }
    return learner;
}

/// What the true items score on the learners from `first` on, each one's ability inferred from the
/// past: no causal model does better but by luck.
Metrics ceiling(const SimulationConfig& config, const std::vector<Item>& items,
                const std::vector<Learner>& learners, int first) {
    std::vector<double> alpha, beta;
    for (const Item& item : items) {
        alpha.push_back(item.discrimination);
        beta.insert(beta.end(), item.thresholds.begin(), item.thresholds.end());
    }
    const std::vector<int> which = numbers_from(first, static_cast<int>(learners.size()));
    const ClassicalGpcm model = gpcm_with_thresholds(config.categories, alpha, beta);
    const Predictions predictions =
        ClassicalPredictor(model).predict(learners, which, nullptr, config.motion);
    return compute_metrics(predictions.probabilities, responses_of(learners, which),
                           config.categories);
}

nlohmann::json truth(const SimulationConfig& config, const std::vector<double>& abilities,
                     const std::vector<Item>& items, const Metrics& ceiling) {
    nlohmann::json json = {
        {"n_learners", config.learners},
        {"n_questions", config.questions},
        {"n_categories", config.categories},
        {"seed", config.seed},
        {"growth", config.motion.growth},
        {"drift", config.motion.drift},
        {"ceiling", {{"qwk", ceiling["qwk"]}, {"cross_entropy", ceiling["cross_entropy"]}}},
        {"ability", abilities},
        {"discrimination", nlohmann::json::array()},
        {"threshold", nlohmann::json::array()}};
    for (const Item& item : items) {
        json["discrimination"].push_back(item.discrimination);
        json["threshold"].push_back(item.thresholds);
    }
    return json;
}

/// Whether simulate() wrote it: a truth.json of others has no seed and no ceiling.
bool is_own_truth(const std::filesystem::path& file) {
    const nlohmann::json found = nlohmann::json::parse(read_file(file), nullptr, false);
    return found.is_object() && found.contains("seed") && found.contains("ceiling");
}

/// @throws InputError where what is in the directory is somebody's: it would be lost, or there
/// would be two files to train on
void expect_nothing_of_others(const std::filesystem::path& directory) {
    const std::filesystem::path truth = "truth.json";
    std::vector<std::string> found = data_files_in(directory);
    std::error_code error;
    const bool has_truth = std::filesystem::exists(directory / truth, error);
    if (has_truth && is_own_truth(directory / truth))
        std::erase_if(found, [](const std::string& name) {
            return name == "train.txt" || name == "test.txt";
        });
    else if (has_truth)
        found.push_back(truth.string());
    if (!found.empty())
        throw InputError(
            fmt::format("{}: is there already, and no simulation wrote it; expected a directory "
                        "without data, or with a simulation's train.txt, test.txt and truth.json",
                        (directory / found.front()).string()));
}

}  // namespace

void simulate(const SimulationConfig& config, const std::filesystem::path& out) {
    check(config);
    ensure_writable_directory(out);
    expect_nothing_of_others(out);
    // Stream 0 draws the items, stream i+1 learner i: more learners leave the first ones as they
    // were.
    const auto random = [&](int stream) {
        return RandomStream(config.seed, RandomUse::simulation, static_cast<std::uint64_t>(stream));
    };
    const std::vector<Item> items = draw_items(config, random(0));
    std::vector<double> abilities;
    std::vector<Learner> learners;
    for (int i = 0; i < config.learners; ++i) {
        RandomStream stream = random(i + 1);
        double& ability = abilities.emplace_back(stream.normal());
        learners.push_back(draw_learner(config, ability, items, stream));
    }
    const int n_test =
        std::clamp(static_cast<int>(std::lround(config.test_fraction * config.learners)), 1,
                   config.learners - 1);
    const auto first_test = learners.end() - n_test;
    const Metrics most = ceiling(config, items, learners, config.learners - n_test);
    // First, as it says whose the others are.
    write_file(out / "truth.json", truth(config, abilities, items, most).dump() + "\n");
    write_sequence_text(out / "train.txt", {learners.begin(), first_test});
    write_sequence_text(out / "test.txt", {first_test, learners.end()});
}

}  // namespace manygpcm
