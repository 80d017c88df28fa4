// Halving's decisions, played through without any training: scores come from a function.
#include "manygpcm/search/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/random.h"

namespace manygpcm::search {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Score = std::function<double(const Assignment&)>;

/// A sweep played to its end.
struct Played {
    std::vector<Assignment> assignments;
    std::vector<Verdict> verdicts;

    std::vector<int> with(Verdict::Kind kind, int epochs) const {
        std::vector<int> trials;
        for (const Verdict& verdict : verdicts)
            if (verdict.kind == kind && verdict.epochs == epochs) trials.push_back(verdict.trial);
        std::ranges::sort(trials);
        return trials;
    }
    int trials() const {
        int n = 0;
        for (const Assignment& assignment : assignments)
            n = std::max(n, assignment.trial + 1);
        return n;
    }
    /// Replica epochs, given that a higher rung goes on from the one below.
    int epochs(const std::vector<int>& rungs) const {
        int sum = 0;
        for (const Assignment& a : assignments)
            sum += a.epochs - (a.rung > 0 ? rungs[static_cast<std::size_t>(a.rung) - 1] : 0);
        return sum;
    }
};

/// Tells a result as soon as `window` assignments are waiting for theirs.
Played play(Scheduler& scheduler, const Score& score, std::size_t window = 1) {
    Played played;
    std::deque<Assignment> waiting;
    for (;;) {
        const auto next = waiting.size() < window ? scheduler.next() : std::nullopt;
        if (next) {
            played.assignments.push_back(*next);
            waiting.push_back(*next);
        } else if (!waiting.empty()) {
            const Assignment oldest = waiting.front();
            waiting.pop_front();
            if (const auto verdict = scheduler.tell(oldest, score(oldest)))
                played.verdicts.push_back(*verdict);
        } else {
            return played;
        }
    }
}

constexpr int n_trials = 50;

/// Places 0 (worst) to 49 in no order.
const std::vector<int>& places() {
    static const std::vector<int> shuffled = [] {
        std::vector<int> order(n_trials);
        std::iota(order.begin(), order.end(), 0);
        RandomStream(7, RandomUse::simulation).shuffle(order);
        return order;
    }();
    return shuffled;
}

/// Trials of different worth without noise: the longer the training the better.
double clear_score(const Assignment& a) {
    return 0.3 + 0.01 * places().at(static_cast<std::size_t>(a.trial)) + 0.001 * a.epochs +
           0.01 * a.fold;
}

TEST(Rungs, AreAnEighthAHalfAndAllOfTheEpochs) {
    EXPECT_EQ(rungs_of("halving", 40), (std::vector{5, 20, 40}));
    EXPECT_EQ(rungs_of("halving", 15), (std::vector{2, 8, 15}));
    EXPECT_EQ(rungs_of("halving", 2), (std::vector{1, 2}));
    EXPECT_EQ(rungs_of("halving", 1), (std::vector{1}));
    EXPECT_EQ(rungs_of("fixed", 40), (std::vector{40}));
    EXPECT_THROW(rungs_of("hyperband", 40), InputError);
}

TEST(FixedScheduler, TrainsEveryTrialOnAllFoldsForAllEpochs) {
    Scheduler scheduler(rungs_of("fixed", 40), 3);
    scheduler.extend(4, 0);
    const Played played = play(scheduler, clear_score, 5);
    ASSERT_EQ(played.assignments.size(), 12u);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(played.assignments[i].trial, static_cast<int>(i / 3));
        EXPECT_EQ(played.assignments[i].fold, static_cast<int>(i % 3));
        EXPECT_EQ(played.assignments[i].epochs, 40);
    }
    EXPECT_EQ(played.with(Verdict::Kind::complete, 40), (std::vector{0, 1, 2, 3}));
}

TEST(Halving, PromotesTheBestQuarterOfEachRungAndTakesAThirdOfTheTime) {
    Scheduler scheduler(rungs_of("halving", 40), 2);
    scheduler.extend(n_trials, 0);
    const Played played = play(scheduler, clear_score, 4);
    EXPECT_EQ(played.trials(), n_trials);
    const auto complete = played.with(Verdict::Kind::complete, 40);
    const auto best = std::ranges::find(places(), n_trials - 1) - places().begin();
    EXPECT_TRUE(std::ranges::count(complete, best));
    // A sixteenth of the trials at least comes to the last rung, complete or stopped there.
    EXPECT_GE(complete.size() + played.with(Verdict::Kind::stopped, 40).size(), 3u);
    EXPECT_LE(3 * played.epochs(scheduler.rungs()), n_trials * 2 * 40);
}

TEST(Halving, GoesOnWithTrialsFromTheirRungOnTheFoldsInOrder) {
    Scheduler scheduler(rungs_of("halving", 40), 3);
    scheduler.extend(30, 0);
    const Played played = play(scheduler, clear_score, 4);
    std::map<std::pair<int, int>, int> folds;  // (trial, rung) -> folds assigned
    for (const Assignment& a : played.assignments) {
        EXPECT_EQ(a.fold, (folds[{a.trial, a.rung}]++));
        EXPECT_EQ(a.epochs, scheduler.rungs()[static_cast<std::size_t>(a.rung)]);
        if (a.rung > 0) {
            EXPECT_EQ((folds[{a.trial, a.rung - 1}]), 3) << "promoted without all folds";
        }
    }
}

TEST(Halving, StopsTrialsWhoseFirstFoldsFallBehind) {
    Scheduler scheduler(rungs_of("halving", 40), 5);
    scheduler.extend(40, 0);
    const Played played = play(scheduler, clear_score);
    const auto stopped = played.with(Verdict::Kind::stopped, 5);
    EXPECT_FALSE(stopped.empty());
    std::map<int, int> folds;
    for (const Assignment& a : played.assignments)
        if (a.rung == 0) ++folds[a.trial];
    for (const int trial : stopped)
        EXPECT_EQ(folds[trial], 1) << "without noise the first fold is enough";
    for (const Verdict& verdict : played.verdicts)
        if (verdict.kind == Verdict::Kind::stopped) {
            // The folds' own differences aren't held against it: told as if it had all five.
            EXPECT_NEAR(verdict.score, clear_score({verdict.trial, 2, 0, verdict.epochs}), 1e-9);
        }
}

TEST(Halving, RarelyStopsByChanceWhoWouldHaveReachedTheLine) {
    // All trials are equally good: whoever is stopped is stopped by noise alone.
    const std::uint64_t seed = 20261124;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random(seed, RandomUse::simulation);
    int judged = 0, wrong = 0;
    for (int repeat = 0; repeat < 20; ++repeat) {
        std::vector<std::vector<double>> noise(60, std::vector<double>(5));
        for (auto& folds : noise)
            for (double& value : folds)
                value = 0.01 * random.normal();
        const auto score = [&](const Assignment& a) {
            return 0.5 + 0.02 * a.fold +
                   noise[static_cast<std::size_t>(a.trial)][static_cast<std::size_t>(a.fold)];
        };
        Scheduler scheduler({5, 40}, 5);
        scheduler.extend(60, 0);
        const Played played = play(scheduler, score);
        std::vector<double> means;
        for (const auto& folds : noise) {
            double sum = 0;
            for (const double value : folds)
                sum += value / 5;
            means.push_back(sum);
        }
        std::vector<double> sorted = means;
        std::ranges::sort(sorted, std::greater());
        for (const int trial : played.with(Verdict::Kind::stopped, 5))
            wrong += means[static_cast<std::size_t>(trial)] >= sorted[15 - 1];
        judged += 15;  // those who belong above the line
    }
    EXPECT_LT(wrong, judged / 10);
}

TEST(Halving, FailedTrialsAreNotPromotedAndCountAsTried) {
    Scheduler scheduler(rungs_of("halving", 40), 2);
    scheduler.extend(20, 0);
    const Played played = play(scheduler, [](const Assignment& a) {
        return a.trial % 2 == 0 && a.fold == 0 ? nan : clear_score(a);
    });
    for (const Verdict& verdict : played.verdicts)
        EXPECT_EQ(verdict.kind == Verdict::Kind::failed, verdict.trial % 2 == 0);
    for (const Assignment& a : played.assignments)
        EXPECT_TRUE(a.rung == 0 || a.trial % 2 == 1);
    EXPECT_FALSE(played.with(Verdict::Kind::complete, 40).empty());
}

TEST(Halving, HasAFullyTrainedWinnerHoweverFewTrialsThereAre) {
    for (int trials = 1; trials <= 8; ++trials) {
        Scheduler scheduler(rungs_of("halving", 40), 2);
        scheduler.extend(trials, 0);
        const Played played = play(scheduler, clear_score, 3);
        EXPECT_FALSE(played.with(Verdict::Kind::complete, 40).empty()) << trials;
    }
}

TEST(Halving, TriesAnotherWhereTheOnlyOneAtTheTopFails) {
    Scheduler scheduler(rungs_of("halving", 40), 2);
    scheduler.extend(3, 0);
    const Played played = play(scheduler, [](const Assignment& a) {
        return a.trial == 2 && a.rung == 2 ? nan : clear_score(a);
    });
    EXPECT_EQ(played.with(Verdict::Kind::failed, 40), (std::vector{2}));
    EXPECT_EQ(played.with(Verdict::Kind::complete, 40).size(), 1u);
}

TEST(Halving, EndsWhereEveryTrialFails) {
    Scheduler scheduler(rungs_of("halving", 40), 2);
    scheduler.extend(6, 0);
    const Played played = play(scheduler, [](const Assignment&) { return nan; });
    EXPECT_EQ(played.with(Verdict::Kind::failed, 5).size(), 6u);
}

TEST(Patience, EndsASweepWithoutGain) {
    for (const char* name : {"fixed", "halving"}) {
        Scheduler scheduler(rungs_of(name, 40), 2);
        scheduler.extend(100, 15);
        // Trial 20 is the best.
        const Played played = play(scheduler, [](const Assignment& a) {
            return 0.5 - 0.001 * std::abs(a.trial - 20) + 0.001 * a.epochs;
        });
        EXPECT_EQ(played.trials(), 20 + 1 + 15) << name;
        EXPECT_EQ(scheduler.out_of_patience(), 15) << name;
        scheduler.extend(100, 16);
        EXPECT_FALSE(scheduler.out_of_patience()) << name;
        EXPECT_TRUE(scheduler.next()) << name;
    }
}

TEST(Extension, LetsNobodyGoOnWhoWasLeftBehind) {
    Scheduler scheduler(rungs_of("halving", 40), 2);
    scheduler.extend(12, 0);
    const Played first = play(scheduler, clear_score);
    EXPECT_EQ(first.trials(), 12);
    scheduler.extend(30, 0);
    const Played second = play(scheduler, clear_score);
    EXPECT_EQ(second.trials(), 30);
    for (const Assignment& a : second.assignments)
        EXPECT_GE(a.trial, 12);
}

TEST(Halving, KeepsTheStatesOfThoseAloneThatMayBePromoted) {
    Scheduler scheduler(rungs_of("halving", 40), 1);
    scheduler.extend(40, 0);
    std::set<int> given_up;
    for (;;) {
        const auto next = scheduler.next();
        if (!next) break;
        if (next->rung > 0) {
            EXPECT_FALSE(given_up.contains(next->trial));
        }
        scheduler.tell(*next, clear_score(*next));
        int kept = 0;
        for (int trial = 0; trial < scheduler.trials_started(); ++trial) {
            if (!scheduler.may_go_on(trial)) given_up.insert(trial);
            kept += scheduler.may_go_on(trial);
        }
        EXPECT_LE(kept, 40 / Scheduler::reduction + 40 / Scheduler::reduction + 1);
    }
    EXPECT_FALSE(given_up.empty());
}

}  // namespace
}  // namespace manygpcm::search
