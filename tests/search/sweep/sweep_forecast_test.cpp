// Whether a sweep knows how long it will take: recorded ones are replayed.
#include "sweep/sweep_forecast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace manygpcm::search {
namespace {

struct Estimate {
    double elapsed = 0, total = 0;
};

struct Replay {
    std::vector<Estimate> estimates;  // after each epoch of the search
    double seconds = 0;               // that the sweep took
};

Replay replay(const std::string& name) {
    std::ifstream file(MANYGPCM_TEST_DATA "/sweep_timings/" + name + ".txt");
    ForecastSettings settings;
    Replay replay;
    std::optional<SweepForecast> forecast;
    for (std::string text; std::getline(file, text);) {
        std::istringstream line(text);
        char kind = 0;
        int trial = 0, fold = 0, epochs = 0;
        double elapsed = 0, seconds = 0, cost = 0;
        line >> kind;
        if (kind == 'h') {
            line >> settings.trials >> settings.folds >> settings.patience >> epochs >>
                settings.usual_cost >> settings.refit_cost >> settings.scored_responses;
            for (int rung = 0; line >> rung;)
                settings.rungs.push_back(rung);
            forecast.emplace(settings);
        } else if (kind == 'e') {
            line >> elapsed >> trial >> fold >> epochs >> seconds >> cost;
            forecast->trained(trial, fold, epochs, cost, seconds);
            replay.estimates.push_back({elapsed, elapsed + forecast->left(elapsed).seconds});
        } else if (kind == 'j') {
            line >> trial >> epochs;
            forecast->judged(trial, epochs);
        } else if (kind == 't') {
            line >> trial;
            forecast->without_gain(trial);
        } else if (kind == 'd') {
            line >> replay.seconds;
        }
    }
    return replay;
}

class RecordedSweep : public testing::TestWithParam<const char*> {};

TEST_P(RecordedSweep, IsForetoldWithinAFifthFromItsFirstTenthOn) {
    const Replay sweep = replay(GetParam());
    ASSERT_GT(sweep.estimates.size(), 100u);
    for (const Estimate& estimate : sweep.estimates) {
        if (estimate.elapsed < 0.1 * sweep.seconds) continue;
        EXPECT_NEAR(estimate.total / sweep.seconds, 1, 0.2) << "after " << estimate.elapsed;
    }
}

INSTANTIATE_TEST_SUITE_P(Sweeps, RecordedSweep,
                         testing::Values("deep_gpcm_halving", "attn_gpcm_learn_halving",
                                         "deep_gpcm_fixed"),
                         [](const auto& test) { return std::string(test.param); });

TEST(SweepForecast, KnowsAFixedSweepOfEqualTrialsExactly) {
    SweepForecast forecast({.rungs = {4},
                            .folds = 2,
                            .trials = 3,
                            .usual_cost = 1.5,
                            .refit_cost = 2,
                            .scored_responses = 0});
    forecast.trained(0, 0, 4, 1.5, 0);
    forecast.begin_run();
    for (int epochs = 1; epochs <= 4; ++epochs)
        forecast.trained(0, 1, epochs, 1.5, 3);
    forecast.judged(0, 4);
    // Two threads: 4 epochs in 6 seconds, each 3 of its thread; the refit is alone.
    const SweepForecast::Left left = forecast.left(6);
    EXPECT_DOUBLE_EQ(left.epochs, 2 * 2 * 4);
    EXPECT_DOUBLE_EQ(left.seconds, 16 * 1.5 + 4 * 2 * 3);
    EXPECT_DOUBLE_EQ(left.seconds_before, 6);
}

TEST(SweepForecast, ExpectsPatienceToEndTheSearch) {
    const auto epochs_left = [](int patience, int without_gain) {
        SweepForecast forecast({.rungs = {1}, .folds = 1, .trials = 100, .patience = patience});
        for (int trial = 0; trial < 20; ++trial) {
            forecast.trained(trial, 0, 1, 1, 1);
            forecast.judged(trial, 1);
        }
        forecast.without_gain(without_gain);
        return forecast.left(1).epochs;
    };
    EXPECT_DOUBLE_EQ(epochs_left(0, 9), 80);
    EXPECT_LT(epochs_left(10, 0), 80);
    EXPECT_LT(epochs_left(10, 9), epochs_left(10, 0));
    EXPECT_GE(epochs_left(10, 9), 1);
    EXPECT_DOUBLE_EQ(epochs_left(10, 10), 0);
}

}  // namespace
}  // namespace manygpcm::search
