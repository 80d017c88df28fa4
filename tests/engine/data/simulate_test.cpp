// Simulated datasets: readable, fixed by their seed, and drawn from the truth they come with.
#include "manygpcm/engine/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/numbers_from.h"

namespace manygpcm {
namespace {

TEST(Simulate, WritesADatasetAndItsTruth) {
    const TestDirectory directory;
    const SimulationConfig config{
        .learners = 50, .questions = 20, .min_length = 10, .max_length = 30};
    const auto out = directory.path() / "new" / "data";
    simulate(config, out);
    const Dataset dataset = read_dataset(out);
    EXPECT_EQ(dataset.train.size(), 40u);
    EXPECT_EQ(dataset.test.size(), 10u);
    EXPECT_EQ(dataset.n_questions, 20);
    EXPECT_EQ(dataset.n_categories, 4);
    std::size_t shortest = 1000, longest = 0;
    for (const Learner& learner : dataset.train) {
        shortest = std::min(shortest, learner.questions.size());
        longest = std::max(longest, learner.questions.size());
    }
    EXPECT_GE(shortest, 10u);
    EXPECT_LE(longest, 30u);
    EXPECT_GT(longest, shortest + 5);

    const auto truth = nlohmann::json::parse(read_file(out / "truth.json"));
    const auto published =
        nlohmann::json::parse(read_file(MANYGPCM_DATA "/synthetic_500_200_4/truth.json"));
    for (const auto& [name, value] : published.items())
        EXPECT_TRUE(truth.contains(name)) << name;
    EXPECT_EQ(truth["growth"], 0);
    EXPECT_EQ(truth["drift"], 0);
    EXPECT_EQ(truth["ability"].size(), 50u);
    EXPECT_EQ(truth["discrimination"].size(), 20u);
    ASSERT_EQ(truth["threshold"].size(), 20u);
    for (const auto& thresholds : truth["threshold"]) {
        EXPECT_EQ(thresholds.size(), 3u);
        EXPECT_TRUE(std::ranges::is_sorted(thresholds.get<std::vector<double>>()));
    }
}

TEST(Simulate, DependsOnTheSeedAlone) {
    const TestDirectory directory;
    SimulationConfig config{.learners = 5, .questions = 4, .min_length = 5, .max_length = 9};
    simulate(config, directory.path() / "a");
    simulate(config, directory.path() / "b");
    config.seed = 43;
    simulate(config, directory.path() / "c");
    for (const char* name : {"train.txt", "test.txt", "truth.json"}) {
        EXPECT_EQ(read_file(directory.path() / "a" / name),
                  read_file(directory.path() / "b" / name));
        EXPECT_NE(read_file(directory.path() / "a" / name),
                  read_file(directory.path() / "c" / name));
    }
}

double deviation(const std::vector<double>& x) {
    double mean = 0, squares = 0;
    for (const double value : x)
        mean += value / static_cast<double>(x.size());
    for (const double value : x)
        squares += (value - mean) * (value - mean) / static_cast<double>(x.size());
    return std::sqrt(squares);
}

TEST(Simulate, DrawsItemsWithTheDeviationsAsked) {
    const TestDirectory directory;
    simulate({.learners = 2,
              .questions = 4000,
              .min_length = 1,
              .max_length = 1,
              .base_deviation = 2,
              .threshold_deviation = 0.25,
              .discrimination_deviation = 0.1},
             directory.path());
    const auto truth = nlohmann::json::parse(read_file(directory.path() / "truth.json"));
    std::vector<double> base, within, logarithm;
    for (const auto& thresholds : truth["threshold"]) {
        const auto of_question = thresholds.get<std::vector<double>>();
        base.push_back((of_question[0] + of_question[1] + of_question[2]) / 3);
        within.push_back(deviation(of_question) * std::sqrt(3.0 / 2));
    }
    for (const double value : truth["discrimination"])
        logarithm.push_back(std::log(value));
    EXPECT_NEAR(deviation(base), 2, 0.1);
    double mean_square = 0;
    for (const double value : within)
        mean_square += value * value / 4000;
    EXPECT_NEAR(std::sqrt(mean_square), 0.25, 0.01);
    EXPECT_NEAR(deviation(logarithm), 0.1, 0.005);
}

TEST(Simulate, AsksNoQuestionTwiceWhereToldSo) {
    const TestDirectory directory;
    simulate({.learners = 20, .questions = 12, .min_length = 12, .max_length = 12, .repeat = false},
             directory.path());
    for (const Learner& learner : read_dataset(directory.path()).train)
        EXPECT_EQ(std::set<int>(learner.questions.begin(), learner.questions.end()).size(), 12u);
}

// Abilities that grow and drift end where that takes them, and the ceiling knows it: who takes them
// for constant does worse.
TEST(Simulate, AbilitiesMoveAndTheCeilingFollows) {
    const TestDirectory directory;
    simulate({.learners = 400,
              .questions = 50,
              .min_length = 80,
              .max_length = 80,
              .test_fraction = 0.5,
              .motion = {.growth = 0.02, .drift = 0.15}},
             directory.path());
    const Dataset dataset = read_dataset(directory.path());
    ASSERT_TRUE(dataset.truth);
    EXPECT_EQ(dataset.truth->motion, (AbilityMotion{0.02, 0.15}));
    double mean = 0;
    for (const double ability : dataset.truth->ability)
        mean += ability / 400;
    const double expected = std::sqrt(1 + 79 * 0.15 * 0.15);
    EXPECT_NEAR(mean, 79 * 0.02, 4 * expected / std::sqrt(400.0));
    EXPECT_NEAR(deviation(dataset.truth->ability), expected, 0.2);

    const ClassicalGpcm items =
        gpcm_with_thresholds(4, dataset.truth->discrimination, dataset.truth->threshold);
    std::vector<std::int32_t> responses;
    for (const Learner& learner : dataset.test)
        responses.insert(responses.end(), learner.responses.begin(), learner.responses.end());
    const auto cross_entropy = [&](const AbilityMotion& motion) {
        const Predictions p = ClassicalPredictor(items).predict(
            dataset.test, numbers_from(0, static_cast<int>(dataset.test.size())), nullptr, motion);
        return compute_metrics(p.probabilities, responses, 4)["cross_entropy"];
    };
    const auto truth = nlohmann::json::parse(read_file(directory.path() / "truth.json"));
    const double ceiling = truth["ceiling"]["cross_entropy"];
    EXPECT_NEAR(ceiling, cross_entropy({0.02, 0.15}), 1e-6);
    for (const AbilityMotion& other : {AbilityMotion{}, AbilityMotion{0.02, 0},
                                       AbilityMotion{0, 0.15}, AbilityMotion{0.02, 0.4}})
        EXPECT_GT(cross_entropy(other), ceiling + 0.001) << other.growth << ' ' << other.drift;
}

// With the true parameters the responses' mean category must be what the model says on average.
TEST(Simulate, DrawsResponsesFromTheModel) {
    const TestDirectory directory;
    simulate(
        {.learners = 300, .questions = 10, .categories = 3, .min_length = 100, .max_length = 100},
        directory.path());
    const Dataset dataset = read_dataset(directory.path());
    const auto truth = nlohmann::json::parse(read_file(directory.path() / "truth.json"));
    // By question and category: responses observed and expected.
    std::vector<std::array<double, 3>> observed(10), expected(10);
    for (std::size_t i = 0; i < dataset.train.size(); ++i)
        for (std::size_t t = 0; t < 100; ++t) {
            const auto question = static_cast<std::size_t>(dataset.train[i].questions[t]);
            const double theta = truth["ability"][i], alpha = truth["discrimination"][question];
            const double beta_1 = truth["threshold"][question][0],
                         beta_2 = truth["threshold"][question][1];
            const std::array<double, 3> odds = {1, std::exp(alpha * (theta - beta_1)),
                                                std::exp(alpha * (2 * theta - beta_1 - beta_2))};
            for (std::size_t k = 0; k < 3; ++k)
                expected[question][k] += odds[k] / (odds[0] + odds[1] + odds[2]);
            observed[question][static_cast<std::size_t>(dataset.train[i].responses[t])] += 1;
        }
    for (std::size_t question = 0; question < 10; ++question)
        for (std::size_t k = 0; k < 3; ++k)
            EXPECT_NEAR(observed[question][k], expected[question][k],
                        4 * std::sqrt(expected[question][k]));
}

TEST(Simulate, RefusesValuesOutOfRange) {
    const TestDirectory directory;
    const auto refused = [&](const SimulationConfig& config, const std::string& message) {
        expect_input_error([&] { simulate(config, directory.path()); }, {message, "expected"});
    };
    refused({.learners = 1}, "learners=1");
    refused({.questions = 1}, "questions=1");
    refused({.questions = 1'000'001}, "questions=1000001");
    refused({.categories = 1}, "categories=1");
    refused({.categories = 101}, "categories=101");
    refused({.min_length = 0}, "min_length=0");
    refused({.min_length = 5, .max_length = 1'000'001}, "max_length=1000001");
    refused({.min_length = 9, .max_length = 8}, "max_length=8");
    refused({.base_deviation = -1}, "base_deviation=-1");
    refused({.threshold_deviation = 11}, "threshold_deviation=11");
    refused({.discrimination_deviation = std::nan("")}, "discrimination_deviation=nan");
    refused({.motion = {.drift = -0.1}}, "drift=-0.1");
    refused({.motion = {.growth = 11}}, "growth=11");
    refused({.questions = 199, .repeat = false}, "max_length=200");
    refused({.test_fraction = 1}, "test_fraction=1");
    refused({.test_fraction = std::nan("")}, "test_fraction=nan");
    EXPECT_EQ(directory.n_files(), 0u);
}

TEST(Simulate, RefusesADirectoryItCantWrite) {
    const TestDirectory directory;
    const auto file = directory.write("a", "x");
    expect_input_error([&] { simulate({}, file); }, {file.string(), "Not a directory"});
}

// What somebody put there would be lost, and beside a train.csv nothing could be read any more;
// what a simulation wrote, another may replace.
TEST(Simulate, WritesOverNothingButASimulation) {
    const SimulationConfig config{.learners = 4, .questions = 3, .max_length = 120};
    for (const char* name : {"train.txt", "test.txt", "train.csv", "test.csv.gz", "truth.json"}) {
        const TestDirectory directory;
        directory.write(name, R"({"ability": [0.5]})");
        expect_input_error([&] { simulate(config, directory.path()); },
                           {(directory.path() / name).string() + ": is there already", "expected"});
        EXPECT_EQ(directory.n_files(), 1u) << name;
    }
    const TestDirectory directory;
    simulate(config, directory.path());
    simulate({.learners = 5, .questions = 3, .max_length = 120}, directory.path());
    EXPECT_EQ(read_dataset(directory.path()).train.size(), 4u);
    directory.write("train.csv", "x");
    expect_input_error([&] { simulate(config, directory.path()); },
                       {"train.csv: is there already"});
}

}  // namespace
}  // namespace manygpcm
