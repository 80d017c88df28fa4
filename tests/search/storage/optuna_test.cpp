// Optuna itself as the judge: it opens our journals, we open its, both write to one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/expect_input_error.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sampler.h"
#include "search/small_study.h"
#include "search/storage/optuna.h"
#include "storage/open_study.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

const char* name_of(TrialState state) {
    constexpr const char* names[] = {"RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"};
    return names[static_cast<int>(state)];
}

TEST_F(OptunaTest, OpensOurStudy) {
    const Study study = small_study();
    {
        OpenStudy journal(file(), "ours", study);
        record(study, journal);
        journal.create_trial(study.trials[0].point);
    }
    const json read = optuna("read " + file() + " ours").at(0);
    EXPECT_EQ(read.at("direction"), "MAXIMIZE");
    EXPECT_EQ(read.at("best_trial"), study.best()->number);
    EXPECT_EQ(read.at("user_attrs").at("dataset"), "small");
    EXPECT_EQ(read.at("user_attrs").at("seed"), study.seed);
    EXPECT_EQ(read.at("user_attrs").at("hyperparameters").at("lr"), study.base.lr);
    EXPECT_EQ(read.at("user_attrs").at("winner").at("metrics").at("qwk"), 0.58);
    EXPECT_EQ(read.at("best_params"), json({{"memory_size", 100},
                                            {"dropout_rate", 0.0},
                                            {"optimizer", "adam"},
                                            {"lr", 1.0 / 300},
                                            {"grad_clip", 4.5},
                                            {"n_cycles", 4}}));

    ASSERT_EQ(read.at("trials").size(), study.trials.size() + 1);
    EXPECT_EQ(read.at("trials").back().at("state"), "RUNNING");
    for (const Trial& trial : study.trials) {
        const json& seen = read.at("trials").at(static_cast<std::size_t>(trial.number));
        EXPECT_EQ(seen.at("number"), trial.number);
        EXPECT_EQ(seen.at("state"), name_of(trial.state));
        EXPECT_EQ(seen.at("params").at("lr"), trial.point.at("lr"));
        EXPECT_EQ(seen.at("params").at("memory_size"), trial.point.at("memory_size"));
        EXPECT_EQ(seen.at("params").at("n_cycles"), trial.point.at("n_cycles"));
        const bool adamw = trial.point.at("optimizer") == 1;
        EXPECT_EQ(seen.at("params").at("optimizer"), adamw ? "adamw" : "adam");
        EXPECT_EQ(seen.at("params").contains("weight_decay"), adamw);
        EXPECT_GE(seen.at("duration"), 0);
        if (trial.state == TrialState::failed) {
            EXPECT_TRUE(seen.at("value").is_null());
            continue;
        }
        EXPECT_EQ(seen.at("value"), trial.score());
        EXPECT_EQ(seen.at("user_attrs").at("cv_std"), trial.cv_std());
        EXPECT_EQ(seen.at("user_attrs").at("seconds"), trial.seconds());
        EXPECT_EQ(seen.at("user_attrs").at("epochs"), trial.folds[0].size());
        ASSERT_EQ(seen.at("intermediate_values").size(), trial.folds[0].size());
        for (std::size_t epoch = 0; epoch < trial.folds[0].size(); ++epoch) {
            const double first = trial.folds[0][epoch].validation["qwk"];
            const double second = trial.folds[1][epoch].validation["qwk"];
            EXPECT_EQ(seen.at("intermediate_values").at(std::to_string(epoch + 1)),
                      (first + second) / 2);
            EXPECT_EQ(seen.at("user_attrs").at("fold_curves").at(0).at(epoch), first);
            EXPECT_EQ(seen.at("user_attrs").at("fold_curves").at(1).at(epoch), second);
        }
        for (const Metric& metric : metric_table())
            EXPECT_EQ(seen.at("user_attrs").at(std::string(metric.name)),
                      (trial.folds[0].back().validation[metric] / 2 +
                       trial.folds[1].back().validation[metric] / 2));
    }
    const json& distributions = read.at("trials").at(0).at("distributions");
    EXPECT_EQ(distributions.at("lr"),
              R"({"name": "FloatDistribution", "attributes": )"
              R"({"step": null, "low": 0.0001, "high": 0.01, "log": true}})");
    EXPECT_EQ(distributions.at("n_cycles"), R"({"name": "IntDistribution", "attributes": )"
                                            R"({"log": false, "step": 1, "low": 1, "high": 4}})");
    EXPECT_EQ(distributions.at("memory_size"),
              R"({"name": "CategoricalDistribution", "attributes": {"choices": [20, 50, 100]}})");
    EXPECT_EQ(
        distributions.at("optimizer"),
        R"({"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "adamw"]}})");
    double total = 0;
    const json importances = optuna("importance " + file() + " ours");
    for (const auto& [name, importance] : importances.items())
        total += importance.get<double>();
    EXPECT_EQ(importances.size(), 6u) << "all but the conditional parameter";
    EXPECT_NEAR(total, 1, 1e-9);
}

TEST_F(OptunaTest, SeesOfATrialItsModelAndWhatIsSearchedOfThat) {
    const Study study = study_of_models();
    const std::vector<std::string>& models = study.space.find("model").labels;
    OpenStudy journal(file(), "ours", study);
    const auto sampler = make_sampler("sobol", study.space, 1);
    for (int place = 0; place < 8; ++place)
        journal.begin_trial(place, sampler->ask(1).front());
    const json trials = optuna("read " + file() + " ours").at(0).at("trials");
    ASSERT_EQ(trials.size(), 8u);
    for (const Trial& trial : journal.study().trials) {
        const json& seen = trials.at(static_cast<std::size_t>(trial.number));
        const auto searched = study.space.searched_at(trial.point);
        EXPECT_EQ(seen.at("params").size(), searched.size());
        for (const Parameter* parameter : searched)
            EXPECT_TRUE(seen.at("params").contains(parameter->name)) << parameter->name;
        EXPECT_EQ(seen.at("params").at("model"), to_string(study.at(trial.point).model));
        EXPECT_EQ(
            json::parse(seen.at("distributions").at("model").get<std::string>()),
            json({{"name", "CategoricalDistribution"}, {"attributes", {{"choices", models}}}}));
    }
}

TEST_F(OptunaTest, WritesBesideUs) {
    OpenStudy journal(file(), "ours", small_study());
    const Trial trial = small_study().trials[0];
    journal.create_trial(trial.point);
    optuna("append " + file() + " ours");
    journal.begin_trial(1, trial.point);
    const Study& study = journal.study();
    ASSERT_EQ(study.trials.size(), 3u);
    EXPECT_EQ(study.begun, (std::vector{0, 2})) << "1 is Optuna's, and failed";
    EXPECT_EQ(study.trials[1].state, TrialState::failed);
    optuna("enqueue " + file() + " ours");
    journal.begin_trial(2, trial.point);
    EXPECT_EQ(study.begun, (std::vector{0, 2, 3}));
    record_folds(small_trial(3, TrialState::complete, {}, {0.3, 0.4, 0.45}), journal);
    journal.finish(3, TrialState::complete);
    const json seen = optuna("read " + file() + " ours").at(0).at("trials").at(3);
    EXPECT_EQ(seen.at("state"), "COMPLETE");
    EXPECT_EQ(seen.at("params").at("lr"), 0.004);
    EXPECT_EQ(seen.at("params").at("grad_clip"), trial.point.at("grad_clip"));
    EXPECT_EQ(seen.at("value"), study.trials[3].score());
}

TEST_F(OptunaTest, RenamesAStudyThatGoesOn) {
    const Study study = small_study();
    {
        OpenStudy journal(file(), "ours", study);
        for (const int place : {0, 1}) {
            journal.begin_trial(place, study.trials[static_cast<std::size_t>(place)].point);
            record_folds(study.trials[static_cast<std::size_t>(place)], journal);
        }
        journal.finish(0, TrialState::complete);
    }
    optuna("rename " + file() + " ours renamed");
    EXPECT_EQ(sweep_names(file()), std::vector<std::string>{"renamed"});
    OpenStudy journal(file(), "renamed", study);
    EXPECT_EQ(journal.study().begun, (std::vector{0, 1}));
    EXPECT_TRUE(journal.study().trials.at(0).full());
    journal.finish(1, TrialState::complete);
    EXPECT_EQ(journal.study().best()->number, 1);
    EXPECT_EQ(journal.study().best()->score(), study.trials[1].score());
}

TEST_F(OptunaTest, WritesAStudyThatWeRead) {
    optuna("write " + file());
    EXPECT_EQ(study_names(file()), (std::vector<std::string>{"minimize", "maximize", "two"}));
    expect_input_error([&] { read_study(file(), "two"); }, {"'two'", "2 objectives"});
    const json all = optuna("read " + file() + " minimize maximize");
    for (const bool minimize : {true, false}) {
        const std::string name = minimize ? "minimize" : "maximize";
        std::vector<std::string> notices;
        const Study study =
            read_study(file(), name, [&](const std::string& s) { notices.push_back(s); });
        const json& seen = all.at(minimize ? 0 : 1);
        EXPECT_TRUE(study.foreign);
        EXPECT_EQ(study.dataset, name);
        EXPECT_EQ(study.objective, "value");
        EXPECT_EQ(study.minimize, minimize);
        ASSERT_NE(study.best(), nullptr);
        EXPECT_EQ(study.best()->number, seen.at("best_trial"));
        ASSERT_EQ(study.trials.size(), minimize ? 12u : 13u) << "one of them waits";
        EXPECT_GT(study.wall_seconds, 0);
        ASSERT_FALSE(notices.empty());
        EXPECT_THAT(notices.front(), testing::HasSubstr("gate"));

        for (const Trial& trial : study.trials) {
            const json& theirs = seen.at("trials").at(static_cast<std::size_t>(trial.number));
            EXPECT_EQ(name_of(trial.state), theirs.at("state"));
            if (trial.state == TrialState::waiting) continue;
            for (const char* number : {"x", "rate", "grid", "depth", "width"})
                EXPECT_EQ(trial.point.at(number), theirs.at("params").at(number));
            EXPECT_EQ(format_value(study.space.find("kind"), trial.point.at("kind")),
                      theirs.at("params").at("kind"));
            if (trial.state == TrialState::failed) {
                EXPECT_FALSE(trial.successful());
                continue;
            }
            EXPECT_EQ(trial.score(), theirs.at("value").get<double>());
            const bool pruned = trial.state == TrialState::pruned;
            ASSERT_EQ(trial.folds.at(0).size(), pruned ? 2u : 3u);
            EXPECT_EQ(trial.folds[0][1].validation["qwk"],
                      theirs.at("intermediate_values").at("2").get<double>());
        }
        EXPECT_EQ(study.space.parameters().size(), 7u);
        const Parameter& rate = study.space.find("rate");
        EXPECT_TRUE(rate.log);
        EXPECT_EQ(rate.low, 1e-4);
        EXPECT_EQ(rate.high, 1e-1);
        EXPECT_EQ(study.space.find("depth").kind, Parameter::Kind::integer);
        EXPECT_EQ(study.space.find("width").choices, (std::vector<double>{16, 32, 64}));
        EXPECT_EQ(study.space.find("odd").labels, (std::vector<std::string>{"None", "True", "3"}));
    }
}

}  // namespace
}  // namespace manygpcm::search
