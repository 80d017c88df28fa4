// The plan's decisions against a record that grows in any order: no training, scores by formula.
#include "sweep/sweep_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace manygpcm::search {
namespace {

Study settings() {
    Study study;
    study.space = Space({{.name = "lr", .low = 0.001, .high = 0.1, .log = true, .choices = {}},
                         {.name = "dropout_rate", .low = 0, .high = 0.5, .choices = {}}});
    study.sampler = "gp";
    study.scheduler = "halving";
    study.seed = 42;
    study.n_folds = 2;
    study.epochs = 8;
    return study;
}

double score(const Point& point, int fold, int epoch) {
    return 0.5 - std::abs(std::log(point.at("lr") / 0.02)) / 10 - point.at("dropout_rate") / 5 +
           0.01 * fold + 0.01 * epoch + 0.003 * std::sin(1e4 * point.at("lr") + fold);
}

/// A sweep whose assignments are trained in the order that `choose` takes them from those open.
class Played {
  public:
    explicit Played(std::vector<SweepPhase> phases, Study from = settings())
        : record(std::move(from)),
          plan(make_sampler("gp", settings().space, settings().seed, settings().first_points()),
               rungs_of("halving", settings().epochs), settings().n_folds, std::move(phases), 6) {}

    /// One result put on record. @return false when there is nothing left
    template <class Choose>
    bool step(const Choose& choose) {
        plan.advance(record, [&](int number, const Point& proposed, std::optional<Origin> origin) {
            record.trials.push_back({.number = number,
                                     .state = TrialState::running,
                                     .point = proposed,
                                     .origin = origin,
                                     .folds = std::vector<std::vector<EpochResult>>(2),
                                     .objective = &record.metric()});
            record.begun.push_back(number);
        });
        for (const Verdict& verdict : plan.take_ended())
            ended.push_back(verdict);
        std::vector<Assignment> open;
        for (const Assignment& assignment : plan.outstanding())
            if (!score_on_record(record, assignment)) open.push_back(assignment);
        if (open.empty()) return false;
        const Assignment assignment = open[choose(open.size())];
        Trial& trial = record.trials[static_cast<std::size_t>(assignment.trial)];
        auto& fold = trial.folds[static_cast<std::size_t>(assignment.fold)];
        if (failing.contains({assignment.trial, assignment.fold})) {
            trial.fold_failures.resize(2);
            trial.fold_failures[static_cast<std::size_t>(assignment.fold)] = "can't be trained";
            return true;
        }
        while (static_cast<int>(fold.size()) < assignment.epochs) {
            EpochResult& epoch = fold.emplace_back();
            epoch.epoch = static_cast<int>(fold.size());
            const double good = score(trial.point, assignment.fold, epoch.epoch);
            epoch.validation[*trial.objective] = record.minimize ? -good : good;
        }
        return true;
    }

    Study record;
    SweepPlan plan;
    std::vector<Verdict> ended;
    std::set<std::pair<int, int>> failing;  ///< trials and folds that can't be trained
};

constexpr auto first_of = [](std::size_t) { return std::size_t{0}; };

void expect_same(const Study& a, const Study& b) {
    ASSERT_EQ(a.trials.size(), b.trials.size());
    for (std::size_t i = 0; i < a.trials.size(); ++i) {
        EXPECT_EQ(a.trials[i].point, b.trials[i].point) << i;
        for (std::size_t fold = 0; fold < 2; ++fold)
            EXPECT_EQ(a.trials[i].folds[fold].size(), b.trials[i].folds[fold].size()) << i;
    }
}

TEST(SweepPlan, DecidesAlikeInWhateverOrderResultsComeIn) {
    Played in_order({{.trials = 24, .patience = 0}});
    while (in_order.step(first_of))
        continue;
    EXPECT_TRUE(in_order.plan.finished());
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    for (int repeat = 0; repeat < 3; ++repeat) {
        Played shuffled({{.trials = 24, .patience = 0}});
        while (shuffled.step([&](std::size_t n) { return random() % n; }))
            continue;
        expect_same(shuffled.record, in_order.record);
        EXPECT_EQ(shuffled.ended.size(), in_order.ended.size());
    }
}

TEST(SweepPlan, DecidesAlikeWhereTheOppositeIsToBeLow) {
    Played high({{.trials = 24, .patience = 8}});
    Study lowest = settings();
    lowest.score_by(*find_metric("cross_entropy"));
    Played low({{.trials = 24, .patience = 8}}, lowest);
    while (high.step(first_of))
        continue;
    while (low.step(first_of))
        continue;
    expect_same(low.record, high.record);
    EXPECT_EQ(low.plan.trials_begun(), high.plan.trials_begun());
    for (Played* played : {&high, &low})
        for (const Verdict& verdict : played->ended)
            if (verdict.kind == Verdict::Kind::complete)
                played->record.trials[static_cast<std::size_t>(verdict.trial)].state =
                    TrialState::complete;
            else
                played->record.trials[static_cast<std::size_t>(verdict.trial)].state =
                    TrialState::pruned;
    ASSERT_NE(high.record.best(), nullptr);
    EXPECT_EQ(low.record.best()->number, high.record.best()->number);
    EXPECT_EQ(low.record.best()->score(), -high.record.best()->score());
}

TEST(SweepPlan, DecidesAlikeWhereItBeginsAnewFromTheRecordAfterEveryResult) {
    Played whole({{.trials = 16, .patience = 0}});
    while (whole.step(first_of))
        continue;
    Study record = settings();
    for (;;) {
        Played resumed({{.trials = 16, .patience = 0}}, record);
        const bool more = resumed.step(first_of);
        record = resumed.record;
        if (!more) break;
    }
    expect_same(record, whole.record);
}

// A fold after one that can't be trained may have been trained, or not: it decides nothing.
TEST(SweepPlan, DecidesAlikeWhereFoldsCannotBeTrained) {
    const auto play = [](const auto& choose) {
        Played played({{.trials = 24, .patience = 0}});
        played.failing = {{0, 0}, {2, 1}, {3, 0}, {3, 1}, {11, 0}};
        while (played.step(choose))
            continue;
        EXPECT_TRUE(played.plan.finished());
        return played;
    };
    const Played in_order = play(first_of);
    const auto kinds = [](const Played& played) {
        std::map<int, Verdict::Kind> by_trial;
        for (const Verdict& verdict : played.ended)
            by_trial[verdict.trial] = verdict.kind;
        return by_trial;
    };
    for (const int failed : {0, 2, 3, 11})
        EXPECT_EQ(kinds(in_order).at(failed), Verdict::Kind::failed) << failed;
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    for (int repeat = 0; repeat < 3; ++repeat) {
        const Played shuffled = play([&](std::size_t n) { return random() % n; });
        ASSERT_EQ(shuffled.record.trials.size(), in_order.record.trials.size());
        for (std::size_t i = 0; i < in_order.record.trials.size(); ++i)
            EXPECT_EQ(shuffled.record.trials[i].point, in_order.record.trials[i].point) << i;
        EXPECT_EQ(kinds(shuffled), kinds(in_order));
    }
}

TEST(SweepPlan, EndsEveryTrialOnceAndWithNothingOutstanding) {
    Played played({{.trials = 16, .patience = 0}, {.trials = 24, .patience = 0}});
    while (played.step(first_of)) {
        for (const Verdict& verdict : played.ended)
            for (const Assignment& assignment : played.plan.outstanding())
                EXPECT_NE(assignment.trial, verdict.trial);
    }
    std::vector<int> trials;
    for (const Verdict& verdict : played.ended)
        trials.push_back(verdict.trial);
    std::ranges::sort(trials);
    ASSERT_EQ(trials.size(), 24u);
    for (int i = 0; i < 24; ++i)
        EXPECT_EQ(trials[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(played.plan.trials_judged(), 24);
}

TEST(SweepPlan, TakesATrialThatSomebodyElseEndedForFailed) {
    Played played({{.trials = 4, .patience = 0}});
    played.step(first_of);
    played.record.trials[1].state = TrialState::failed;
    while (played.step(first_of))
        continue;
    EXPECT_TRUE(played.plan.finished());
    const auto of_it = std::ranges::find(played.ended, 1, &Verdict::trial);
    ASSERT_NE(of_it, played.ended.end());
    EXPECT_EQ(of_it->kind, Verdict::Kind::failed);
}

}  // namespace
}  // namespace manygpcm::search
