// Whether a sweep knows how long it will take: recorded ones are replayed.
#include "sweep/sweep_forecast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

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
            forecast->begun(0, trial);  // none of them has patience
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

// What is kept up epoch by epoch comes to what the whole record adds up to, in whatever order.
TEST(SweepForecast, KeepsTheSumsThatItWouldMakeAnew) {
    constexpr int trials = 40, folds = 3;
    const std::vector<int> rungs = {2, 5, 9};
    const ForecastSettings settings{
        .rungs = rungs, .folds = folds, .trials = 100, .patience = 60, .scored_responses = 1000};
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    struct OfTrial {
        double cost = 0;
        std::array<int, folds> epochs{}, before{};  // in all, by earlier runs
        std::array<double, folds> seconds{};
        int judged = 0;
    };
    std::vector<OfTrial> all(trials);
    for (OfTrial& of : all)
        of.cost = std::uniform_real_distribution(0.5, 2.0)(random);
    SweepForecast kept(settings);
    for (int event = 0; event < 1500; ++event) {
        const int number = static_cast<int>(random() % trials);
        OfTrial& of = all[static_cast<std::size_t>(number)];
        const std::size_t fold = random() % folds;
        if (event == 500) {
            kept.begin_run();
            for (OfTrial& one : all) {
                one.before = one.epochs;
                one.seconds = {};
            }
        }
        if (random() % 5 == 0) {
            const int rung = rungs[random() % rungs.size()];
            of.judged = std::max(of.judged, rung);
            kept.judged(number, rung);
        } else if (of.epochs[fold] < rungs.back()) {
            const double seconds = std::uniform_real_distribution(0.1, 1.0)(random);
            of.seconds[fold] += seconds;
            kept.trained(number, static_cast<int>(fold), ++of.epochs[fold], of.cost, seconds);
        }
        kept.begun(trials, event % 20);
        if (event % 100 != 99) continue;

        SweepForecast anew(settings);
        for (const bool now : {false, true}) {
            if (now) anew.begin_run();
            for (int i = trials; i-- > 0;)
                for (std::size_t f = folds; f-- > 0;) {
                    const OfTrial& one = all[static_cast<std::size_t>(i)];
                    const int epochs = now ? one.epochs[f] : one.before[f];
                    if (epochs > (now ? one.before[f] : 0))
                        anew.trained(i, static_cast<int>(f), epochs, one.cost,
                                     now ? one.seconds[f] : 0);
                }
        }
        for (int i = trials; i-- > 0;)
            if (const int judged = all[static_cast<std::size_t>(i)].judged; judged > 0)
                anew.judged(i, judged);
        anew.begun(trials, event % 20);
        const SweepForecast::Left a = kept.left(100), b = anew.left(100);
        EXPECT_NEAR(a.epochs, b.epochs, 1e-9 * b.epochs) << event;
        EXPECT_NEAR(a.seconds, b.seconds, 1e-9 * b.seconds) << event;
        EXPECT_NEAR(a.seconds_of_refit_epoch, b.seconds_of_refit_epoch,
                    1e-9 * b.seconds_of_refit_epoch)
            << event;
        EXPECT_NEAR(a.seconds_of_scoring, b.seconds_of_scoring, 1e-9 * b.seconds_of_scoring)
            << event;
        EXPECT_NEAR(a.seconds_before, b.seconds_before, 1e-9 * b.seconds_before) << event;
    }
}

TEST(SweepForecast, SaysWhatComesIfPatienceEndsTheSearchAtOnceOrNever) {
    SweepForecast forecast({.rungs = {1}, .folds = 1, .trials = 100, .patience = 10});
    for (int trial = 0; trial < 20; ++trial) {
        forecast.trained(trial, 0, 1, 1, 1);
        forecast.judged(trial, 1);
    }
    forecast.begun(22, 4);  // 2 without an epoch yet, 6 more until patience ends it
    const SweepForecast::Left left = forecast.left(20);
    const double refit = left.seconds_of_refit_epoch;
    EXPECT_DOUBLE_EQ(left.soonest, 2 + 6 + refit);
    EXPECT_DOUBLE_EQ(left.latest, 80 + refit);
    EXPECT_GT(left.seconds, left.soonest);
    EXPECT_LT(left.seconds, left.latest);
}

TEST(SweepForecast, TakesPointsThatNoScoreChoosesForAsCostlyAsTheSpaceIs) {
    const auto seconds_left = [](bool chosen_by_scores, double cost) {
        SweepForecast forecast({.rungs = {1},
                                .folds = 1,
                                .trials = 10,
                                .usual_cost = 2,
                                .chosen_by_scores = chosen_by_scores,
                                .refit_cost = 0});
        forecast.trained(0, 0, 1, cost, cost);
        forecast.judged(0, 1);
        return forecast.left(cost).seconds;  // a second for a cost of 1
    };
    EXPECT_DOUBLE_EQ(seconds_left(false, 0.5), 9 * 2);
    EXPECT_LT(seconds_left(true, 0.5), 9 * 2);
    EXPECT_GT(seconds_left(true, 4), 9 * 2);
}

// Searches whose trials score by chance, a few of them in training at once: how many trials are
// begun is foretold on average, though not for each.
TEST(SweepForecast, ForetellsWherePatienceEndsSearchesOnAverage) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    constexpr int searches = 1000, trials = 100, at_once = 5, asked_after = 10;
    for (const int patience : {10, 20}) {
        double foretold = 0, begun_in_all = 0;
        for (int search = 0; search < searches; ++search) {
            SweepForecast forecast(
                {.rungs = {1}, .folds = 1, .trials = trials, .patience = patience});
            double best = -1;
            int best_trial = 0, begun = at_once;
            for (int trial = 0; trial < begun; ++trial) {
                forecast.trained(trial, 0, 1, 1, 1);
                forecast.judged(trial, 1);
                const double score = std::uniform_real_distribution()(random);
                if (score > best) {
                    best = score;
                    best_trial = trial;
                }
                const int without_gain = trial - best_trial;
                if (without_gain < patience) begun = std::min(trials, trial + 1 + at_once);
                forecast.begun(begun, without_gain);
                if (trial + 1 == asked_after) foretold += asked_after + forecast.left(1).epochs;
            }
            begun_in_all += begun;
        }
        EXPECT_NEAR(foretold / begun_in_all, 1, 0.15) << patience;
    }
}

TEST(SweepForecast, ExpectsPatienceToEndTheSearch) {
    const auto epochs_left = [](int patience, int without_gain) {
        SweepForecast forecast({.rungs = {1}, .folds = 1, .trials = 100, .patience = patience});
        for (int trial = 0; trial < 20; ++trial) {
            forecast.trained(trial, 0, 1, 1, 1);
            forecast.judged(trial, 1);
        }
        forecast.begun(20, without_gain);
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
