// Simulated datasets: readable, fixed by their seed, and drawn from the truth they come with.
#include "manygpcm/engine/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/files.h"

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
    EXPECT_EQ(truth.size(), published.size());
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
    refused({.test_fraction = 1}, "test_fraction=1");
    refused({.test_fraction = std::nan("")}, "test_fraction=nan");
    EXPECT_EQ(directory.n_files(), 0u);
}

TEST(Simulate, RefusesADirectoryItCantWrite) {
    const TestDirectory directory;
    const auto file = directory.write("a", "x");
    expect_input_error([&] { simulate({}, file); }, {file.string(), "Not a directory"});
}

}  // namespace
}  // namespace manygpcm
