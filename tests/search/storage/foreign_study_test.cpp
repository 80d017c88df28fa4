// Journals as Optuna's users have them, read as studies. tests/data/journals and tests/data/hostile
// were written by Optuna 3.1 and 4.6, or by hand where Optuna can't.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/unit_cube.h"
#include "storage/replayed_log.h"

namespace manygpcm::search {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string journal(const char* name) {
    return fmt::format("{}/{}.journal", MANYGPCM_TEST_DATA, name);
}

/// A study and what its reader was told.
struct Told {
    std::vector<std::string> notices;
    Study study;

    explicit Told(const std::string& file)
        : study(read_study(file, "", [this](const std::string& s) { notices.push_back(s); })) {}
};

int count(const Study& study, TrialState state) {
    return static_cast<int>(std::ranges::count(study.trials, state, &Trial::state));
}

// A journal of one study, whose trials are complete: each a line with parameters by hand.
class Journals : public testing::Test {
  protected:
    std::string write(const std::vector<std::string>& trials, int direction = 2) const {
        const std::string file = (directory_.path() / "study.journal").string();
        std::ofstream out(file);
        out << R"({"op_code": 0, "worker_id": "w", "study_name": "s", "directions": [)" << direction
            << "]}\n";
        for (const std::string& trial : trials)
            out << trial << '\n';
        return file;
    }
    /// @param distribution, value  of the parameter x
    static std::string trial(const std::string& value, const std::string& distribution,
                             const std::string& x) {
        const nlohmann::json text = distribution;
        return fmt::format(R"({{"op_code": 4, "worker_id": "w", "study_id": 0, "state": 1, )"
                           R"("value": {}, "params": {{"x": {}}}, "distributions": {{"x": {}}}}})",
                           value, x, text.dump());
    }
    TestDirectory directory_;
};

const std::string unit =
    R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0, "high": 1, "log": false}})";

TEST(ForeignStudy, KeepsEveryTrialAndItsNumber) {
    const Study dead = Told(journal("journals/dead_trial")).study;
    ASSERT_EQ(dead.trials.size(), 8u);
    EXPECT_EQ(dead.best()->number, 6);
    EXPECT_EQ(count(dead, TrialState::complete), 7);
    EXPECT_EQ(count(dead, TrialState::failed), 1);
    EXPECT_FALSE(dead.trials[1].point.contains("layers")) << "it failed before";

    const Study retried = Told(journal("journals/running_waiting_retried")).study;
    ASSERT_EQ(retried.trials.size(), 14u);
    EXPECT_EQ(retried.best()->number, 12);
    EXPECT_EQ(count(retried, TrialState::complete), 10);
    EXPECT_EQ(count(retried, TrialState::running), 3);
    EXPECT_EQ(count(retried, TrialState::waiting), 1);
    for (const Study& study : {dead, retried})
        for (std::size_t i = 0; i < study.trials.size(); ++i)
            EXPECT_EQ(study.trials[i].number, i);
}

TEST(ForeignStudy, HasTheFinalValueWhateverWasReported) {
    const Study early = Told(journal("journals/early_stopping")).study;
    EXPECT_TRUE(early.minimize);
    EXPECT_EQ(early.objective, "value");
    EXPECT_EQ(early.trials[1].score(), 0.9118754377403208);
    EXPECT_EQ(early.trials[1].epochs(), 12);
    EXPECT_EQ(early.trials[1].folds.front().back().validation["qwk"], 0.9542996801645632);
    EXPECT_EQ(early.best()->score(), 0.4832405192517477) << "the smallest is the best";
    // A pruned trial's value may be better than any that ran to its end.
    const Study pruned = Told(journal("journals/pruned")).study;
    EXPECT_EQ(pruned.trials[20].score(), -100);
    EXPECT_EQ(pruned.best()->number, 19);
    EXPECT_TRUE(std::isnan(pruned.trials[0].score()));
}

TEST(ForeignStudy, KnowsStepsAndWidths) {
    const Study stepped = Told(journal("journals/stepped_integer")).study;
    EXPECT_EQ(n_levels(stepped.space.find("n")), 6);
    const Study wider = Told(journal("journals/wider_integer")).study;
    EXPECT_EQ(n_levels(wider.space.find("n")), 1e9);
}

TEST(ForeignStudy, KeepsChoicesApartFromNumbers) {
    const Told told(journal("journals/type_change"));
    const Parameter& units = told.study.space.find("units");
    EXPECT_EQ(units.kind, Parameter::Kind::integer);
    EXPECT_EQ(units.low, 8);
    EXPECT_EQ(units.high, 256);
    EXPECT_EQ(told.study.trials.size(), 12u);
    EXPECT_EQ(told.study.trials[2].point.at("units"), 64);
    EXPECT_FALSE(told.study.trials[6].point.contains("units"));
    EXPECT_THAT(told.notices,
                ElementsAre(HasSubstr("trials 7, 8, 9, 10, 11, 12: units is a choice there, a "
                                      "number elsewhere")));
}

TEST_F(Journals, KeepChoicesApartByType) {
    const std::string choices =
        R"({"name": "CategoricalDistribution", "attributes": {"choices": [1, "1", true, null, "None"]}})";
    std::vector<std::string> lines;
    for (int i = 0; i < 5; ++i)
        lines.push_back(trial("1", choices, std::to_string(i)));
    const Study study = Told(write(lines)).study;
    const Parameter& x = study.space.find("x");
    EXPECT_EQ(x.labels, (std::vector<std::string>{"1", "'1'", "True", "None", "'None'"}));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(study.trials[static_cast<std::size_t>(i)].point.at("x"), i);
}

TEST_F(Journals, TakeAllChoicesThatOccur) {
    const auto of = [](const char* choices) {
        return fmt::format(
            R"({{"name": "CategoricalDistribution", "attributes": {{"choices": {}}}}})", choices);
    };
    const Study study =
        Told(write({trial("1", of("[32, 16]"), "0"), trial("2", of("[16, 64.0]"), "1")})).study;
    EXPECT_EQ(study.space.find("x").choices, (std::vector<double>{16, 32, 64}));
    EXPECT_EQ(study.trials[0].point.at("x"), 32);
    EXPECT_EQ(study.trials[1].point.at("x"), 64);
}

TEST_F(Journals, LeaveOutWhatCantBeComputedWithAndSayWhy) {
    const Told nan(journal("hostile/nan_parameter"));
    EXPECT_EQ(nan.study.trials.size(), 12u);
    EXPECT_FALSE(nan.study.trials[3].point.contains("x"));
    EXPECT_THAT(nan.notices,
                testing::UnorderedElementsAre(HasSubstr("trial 4: x isn't a finite number"),
                                              HasSubstr("trial 12: x lies outside of its range")));

    const Told largest(journal("hostile/largest_and_smallest_values"));
    EXPECT_EQ(largest.study.trials.size(), 12u);
    EXPECT_FALSE(largest.study.trials[4].full()) << "the smallest, but no number to compute with";
    EXPECT_EQ(largest.study.best()->number, 0);
    EXPECT_THAT(largest.notices,
                testing::Contains(HasSubstr("trials 4, 5: the value isn't a number of at most")));

    const std::string logarithm =
        R"({"name": "FloatDistribution", "attributes": {"low": 0.1, "high": 1, "log": true}})";
    const Told zero(write({trial("1", logarithm, "0"), trial("NaN", logarithm, "0.5")}));
    EXPECT_THAT(zero.notices, testing::Contains(HasSubstr("trial 1: x isn't above 0, where its "
                                                          "logarithm was searched")));
    EXPECT_FALSE(zero.study.trials[1].full());

    const Told outside(journal("hostile/enqueued_out_of_range"));
    EXPECT_EQ(outside.study.best()->point.at("x"), 100);
    EXPECT_THAT(outside.notices, ElementsAre(HasSubstr("x lies outside of its range")));
    EXPECT_EQ(outside.study.left_out.size(), 1u);
}

TEST_F(Journals, NameTheLineOfARangeThatOptunaRefuses) {
    expect_input_error([] { Told(journal("hostile/log_of_zero")); },
                       {"log_of_zero.journal:3", "from 0 to 5", "above 0"});
    for (const auto& [attributes, expected] :
         {std::pair{R"("low": 2, "high": 1)", "the lower bound first"},
          {R"("low": NaN, "high": 1)", "isn't one that Optuna writes"},
          {R"("low": 0, "high": 1, "step": -1)", "a step above 0"},
          {R"("low": 0, "high": 1, "log": true)", "above 0"}}) {
        const std::string distribution =
            fmt::format(R"({{"name": "FloatDistribution", "attributes": {{{}}}}})", attributes);
        const std::string file = write({trial("1", unit, "0.5"), trial("1", distribution, "0.5")});
        expect_input_error([&] { Told{file}; }, {"study.journal:3", expected});
    }
    const std::string none =
        R"({"name": "CategoricalDistribution", "attributes": {"choices": []}})";
    const std::string file = write({trial("1", none, "0")});
    expect_input_error([&] { Told{file}; }, {"study.journal:2", "no choices"});
}

TEST_F(Journals, RangesOfAnyWidthLieInTheUnitInterval) {
    const std::string widest =
        R"({"name": "FloatDistribution", "attributes": {"low": -1.7e308, "high": 1.7e308}})";
    const std::string integers =
        R"({"name": "IntDistribution", "attributes": {"low": -1e30, "high": 1e30, "step": 1}})";
    for (const std::string& distribution : {widest, integers}) {
        const Study study = Told(write({trial("1", distribution, "0")})).study;
        EXPECT_EQ(unit_of(study.space.find("x"), 0), 0.5);
        EXPECT_EQ(value_at(study.space.find("x"), 0), study.space.find("x").low);
    }
}

TEST_F(Journals, KeepTheTimesOfTrials) {
    const Study study = Told(journal("journals/early_stopping")).study;
    const Trial& trial = study.trials.front();
    ASSERT_TRUE(trial.began && trial.ended);
    EXPECT_EQ(trial.seconds(), *trial.ended - *trial.began);
}

TEST_F(Journals, MayHaveTimesThatAreNone) {
    const Study dates = Told(journal("hostile/dates")).study;
    EXPECT_EQ(dates.trials[0].seconds(), 0);
    EXPECT_EQ(dates.wall_seconds, 0);
}

}  // namespace
}  // namespace manygpcm::search
