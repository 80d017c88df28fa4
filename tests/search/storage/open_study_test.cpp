// A study in a journal: what was recorded reads back, by the rules by which Optuna's workers agree.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sampler.h"
#include "search/small_study.h"
#include "storage/enqueued_trial.h"
#include "storage/open_study.h"

namespace manygpcm::search {
namespace {

void expect_equal(const Metrics& a, const Metrics& b) {
    EXPECT_EQ(a.n, b.n);
    EXPECT_EQ(a.scalars(), b.scalars());
    EXPECT_EQ(a.confusion, b.confusion);
    ASSERT_EQ(a.categories.size(), b.categories.size());
    for (std::size_t k = 0; k < a.categories.size(); ++k) {
        EXPECT_EQ(a.categories[k].precision, b.categories[k].precision);
        EXPECT_EQ(a.categories[k].recall, b.categories[k].recall);
        EXPECT_EQ(a.categories[k].f1, b.categories[k].f1);
        EXPECT_EQ(a.categories[k].count, b.categories[k].count);
    }
}

void expect_equal(const Intervals& a, const Intervals& b) {
    ASSERT_EQ(a.size(), b.size());
    for (const auto& [name, interval] : a) {
        EXPECT_EQ(interval.low, b.at(name).low) << name;
        EXPECT_EQ(interval.high, b.at(name).high) << name;
    }
}

void expect_equal(const std::vector<ScoredPredictor>& a, const std::vector<ScoredPredictor>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].name, b[i].name);
        expect_equal(a[i].metrics, b[i].metrics);
        expect_equal(a[i].intervals, b[i].intervals);
        expect_equal(a[i].winner_differences, b[i].winner_differences);
        ASSERT_EQ(a[i].calibration.size(), b[i].calibration.size());
        for (std::size_t k = 0; k < a[i].calibration.size(); ++k) {
            EXPECT_EQ(a[i].calibration[k].low, b[i].calibration[k].low);
            EXPECT_EQ(a[i].calibration[k].high, b[i].calibration[k].high);
            EXPECT_EQ(a[i].calibration[k].count, b[i].calibration[k].count);
            EXPECT_EQ(a[i].calibration[k].confidence, b[i].calibration[k].confidence);
            EXPECT_EQ(a[i].calibration[k].accuracy, b[i].calibration[k].accuracy);
        }
    }
}

void expect_equal(const ItemParameters& a, const ItemParameters& b) {
    EXPECT_TRUE(a.alpha == b.alpha || (std::isnan(a.alpha) && std::isnan(b.alpha)));
    EXPECT_EQ(a.beta, b.beta);
}

void expect_equal(const Portrait& a, const Portrait& b) {
    EXPECT_EQ(a.held_out, b.held_out);
    EXPECT_EQ(a.explained, b.explained);
    ASSERT_EQ(a.items.size(), b.items.size());
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        EXPECT_EQ(a.items[i].question, b.items[i].question);
        EXPECT_EQ(a.items[i].responses, b.items[i].responses);
        expect_equal(a.items[i].winner, b.items[i].winner);
        expect_equal(a.items[i].classical, b.items[i].classical);
        ASSERT_EQ(a.items[i].truth.has_value(), b.items[i].truth.has_value());
        if (a.items[i].truth) expect_equal(*a.items[i].truth, *b.items[i].truth);
    }
    ASSERT_EQ(a.learners.size(), b.learners.size());
    for (std::size_t i = 0; i < a.learners.size(); ++i) {
        EXPECT_EQ(a.learners[i].learner, b.learners[i].learner);
        EXPECT_EQ(a.learners[i].questions, b.learners[i].questions);
        EXPECT_EQ(a.learners[i].responses, b.learners[i].responses);
        EXPECT_EQ(a.learners[i].theta, b.learners[i].theta);
        EXPECT_EQ(a.learners[i].classical_theta, b.learners[i].classical_theta);
        EXPECT_EQ(a.learners[i].ability, b.learners[i].ability);
    }
    ASSERT_EQ(a.recovery.size(), b.recovery.size());
    for (std::size_t i = 0; i < a.recovery.size(); ++i) {
        EXPECT_EQ(a.recovery[i].model, b.recovery[i].model);
        EXPECT_EQ(a.recovery[i].discrimination, b.recovery[i].discrimination);
        EXPECT_EQ(a.recovery[i].threshold, b.recovery[i].threshold);
        EXPECT_EQ(a.recovery[i].ability, b.recovery[i].ability);
        EXPECT_EQ(a.recovery[i].ability_bias, b.recovery[i].ability_bias);
        EXPECT_EQ(a.recovery[i].ability_rmse, b.recovery[i].ability_rmse);
    }
}

void expect_equal(const ItemFit& a, const ItemFit& b) {
    EXPECT_THAT(a.outfit, testing::NanSensitiveDoubleEq(b.outfit));
    EXPECT_THAT(a.infit, testing::NanSensitiveDoubleEq(b.infit));
    EXPECT_THAT(a.z_outfit, testing::NanSensitiveDoubleEq(b.z_outfit));
    EXPECT_THAT(a.z_infit, testing::NanSensitiveDoubleEq(b.z_infit));
}

void expect_equal(const Dependence& a, const Dependence& b) {
    EXPECT_EQ(a.pairs, b.pairs);
    EXPECT_EQ(a.beyond, b.beyond);
    EXPECT_THAT(a.mean, testing::NanSensitiveDoubleEq(b.mean));
    EXPECT_EQ(a.by_chance, b.by_chance);
}

void expect_equal(const ModelStatistics& a, const ModelStatistics& b) {
    EXPECT_EQ(a.ability.learners, b.ability.learners);
    EXPECT_EQ(a.ability.mean, b.ability.mean);
    EXPECT_EQ(a.ability.deviation, b.ability.deviation);
    EXPECT_THAT(a.ability.reliability, testing::NanSensitiveDoubleEq(b.ability.reliability));
    EXPECT_EQ(a.persons.learners, b.persons.learners);
    EXPECT_EQ(a.persons.mean, b.persons.mean);
    EXPECT_EQ(a.persons.deviation, b.persons.deviation);
    EXPECT_EQ(a.persons.low, b.persons.low);
    ASSERT_EQ(a.persons.lowest.size(), b.persons.lowest.size());
    for (std::size_t i = 0; i < a.persons.lowest.size(); ++i) {
        EXPECT_EQ(a.persons.lowest[i].learner, b.persons.lowest[i].learner);
        EXPECT_EQ(a.persons.lowest[i].responses, b.persons.lowest[i].responses);
        EXPECT_EQ(a.persons.lowest[i].lz, b.persons.lowest[i].lz);
    }
    for (const auto& [x, y] : {std::pair{&a.ability.histogram, &b.ability.histogram},
                               {&a.persons.histogram, &b.persons.histogram}}) {
        EXPECT_EQ(x->low, y->low);
        EXPECT_EQ(x->high, y->high);
        EXPECT_EQ(x->counts, y->counts);
    }
    expect_equal(a.dependence, b.dependence);
    ASSERT_EQ(a.held_out.has_value(), b.held_out.has_value());
    if (!a.held_out) return;
    EXPECT_EQ(a.held_out->items, b.held_out->items);
    EXPECT_EQ(a.held_out->above, b.held_out->above);
    EXPECT_EQ(a.held_out->learners, b.held_out->learners);
    EXPECT_EQ(a.held_out->lz_mean, b.held_out->lz_mean);
    EXPECT_THAT(a.held_out->lz_deviation, testing::NanSensitiveDoubleEq(b.held_out->lz_deviation));
}

void expect_equal(const Psychometrics& a, const Psychometrics& b) {
    EXPECT_EQ(a.learners, b.learners);
    EXPECT_EQ(a.responses, b.responses);
    ASSERT_EQ(a.likelihood.has_value(), b.likelihood.has_value());
    if (a.likelihood) {
        EXPECT_EQ(a.likelihood->log_likelihood, b.likelihood->log_likelihood);
        EXPECT_EQ(a.likelihood->aic, b.likelihood->aic);
        EXPECT_EQ(a.likelihood->bic, b.likelihood->bic);
        EXPECT_EQ(a.likelihood->parameters, b.likelihood->parameters);
    }
    EXPECT_THAT(a.coefficient_alpha.value,
                testing::NanSensitiveDoubleEq(b.coefficient_alpha.value));
    EXPECT_EQ(a.coefficient_alpha.learners, b.coefficient_alpha.learners);
    ASSERT_EQ(a.items.size(), b.items.size());
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        EXPECT_EQ(a.items[i].category_counts, b.items[i].category_counts);
        EXPECT_THAT(a.items[i].item_rest, testing::NanSensitiveDoubleEq(b.items[i].item_rest));
        EXPECT_THAT(a.items[i].alpha_error, testing::NanSensitiveDoubleEq(b.items[i].alpha_error));
        ASSERT_EQ(a.items[i].beta_error.size(), b.items[i].beta_error.size());
        for (std::size_t j = 0; j < a.items[i].beta_error.size(); ++j)
            EXPECT_THAT(a.items[i].beta_error[j],
                        testing::NanSensitiveDoubleEq(b.items[i].beta_error[j]));
        expect_equal(a.items[i].winner, b.items[i].winner);
        expect_equal(a.items[i].classical, b.items[i].classical);
    }
    expect_equal(a.winner, b.winner);
    expect_equal(a.classical, b.classical);
    ASSERT_EQ(a.dependent.size(), b.dependent.size());
    EXPECT_EQ(a.q3_above_mean, b.q3_above_mean);
    for (std::size_t i = 0; i < a.dependent.size(); ++i) {
        EXPECT_EQ(a.dependent[i].first, b.dependent[i].first);
        EXPECT_EQ(a.dependent[i].second, b.dependent[i].second);
        EXPECT_EQ(a.dependent[i].learners, b.dependent[i].learners);
        EXPECT_EQ(a.dependent[i].classical, b.dependent[i].classical);
        EXPECT_THAT(a.dependent[i].winner, testing::NanSensitiveDoubleEq(b.dependent[i].winner));
        EXPECT_THAT(a.dependent[i].classical_online,
                    testing::NanSensitiveDoubleEq(b.dependent[i].classical_online));
    }
    ASSERT_EQ(a.classical_online.has_value(), b.classical_online.has_value());
    if (a.classical_online) expect_equal(*a.classical_online, *b.classical_online);
    EXPECT_EQ(a.dependence_questions, b.dependence_questions);
    EXPECT_EQ(a.dependence_learners, b.dependence_learners);
    EXPECT_EQ(a.ability_correlation, b.ability_correlation);
    EXPECT_EQ(a.ability_between_learners, b.ability_between_learners);
    EXPECT_EQ(a.ability_of_question, b.ability_of_question);
}

void expect_equal(const Trial& a, const Trial& b) {
    EXPECT_EQ(a.number, b.number);
    EXPECT_EQ(a.state, b.state);
    EXPECT_EQ(a.point, b.point);
    ASSERT_EQ(a.folds.size(), b.folds.size());
    for (std::size_t fold = 0; fold < a.folds.size(); ++fold) {
        ASSERT_EQ(a.folds[fold].size(), b.folds[fold].size());
        for (std::size_t i = 0; i < a.folds[fold].size(); ++i) {
            const EpochResult &x = a.folds[fold][i], &y = b.folds[fold][i];
            EXPECT_EQ(x.epoch, y.epoch);
            EXPECT_TRUE(x.train_loss == y.train_loss ||
                        (std::isnan(x.train_loss) && std::isnan(y.train_loss)));
            EXPECT_EQ(x.lr, y.lr);
            EXPECT_EQ(x.seconds, y.seconds);
            EXPECT_EQ(x.skipped_steps, y.skipped_steps);
            expect_equal(x.validation, y.validation);
        }
    }
}

void expect_equal(const std::vector<ScoredPart>& a, const std::vector<ScoredPart>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].skill, b[i].skill);
        EXPECT_EQ(a[i].first, b[i].first);
        EXPECT_EQ(a[i].last, b[i].last);
        EXPECT_EQ(a[i].responses, b[i].responses);
        EXPECT_EQ(a[i].winner, b[i].winner);
        EXPECT_EQ(a[i].classical, b[i].classical);
    }
}

class OpenStudyTest : public testing::Test {
  protected:
    OpenStudy open(const Study& settings = small_study()) const {
        return OpenStudy(file(), "small", settings);
    }
    std::filesystem::path file() const { return directory_.path() / "study.journal"; }

    TestDirectory directory_;
};

TEST_F(OpenStudyTest, ReadsBackAllThatWasRecorded) {
    const Study written = small_study();
    {
        OpenStudy journal = open();
        record(written, journal);
    }
    for (const Study& read : {open().study(), read_study(file()), read_study(file(), "small")}) {
        EXPECT_EQ(read.dataset, written.dataset);
        EXPECT_EQ(read.dataset_fingerprint, written.dataset_fingerprint);
        EXPECT_EQ(read.n_questions, written.n_questions);
        EXPECT_EQ(read.n_categories, written.n_categories);
        EXPECT_EQ(read.n_learners, written.n_learners);
        EXPECT_EQ(read.n_test_learners, written.n_test_learners);
        EXPECT_EQ(read.base, written.base);
        EXPECT_EQ(read.sampler, written.sampler);
        EXPECT_EQ(read.scheduler, written.scheduler);
        EXPECT_EQ(read.cv_on, written.cv_on);
        EXPECT_EQ(read.seed, written.seed);
        EXPECT_EQ(read.n_folds, written.n_folds);
        EXPECT_EQ(read.epochs, written.epochs);
        EXPECT_EQ(read.jobs, written.jobs);
        EXPECT_EQ(read.wall_seconds, written.wall_seconds);
        EXPECT_EQ(read.trials_asked, written.trials_asked);
        EXPECT_FALSE(read.foreign);
        ASSERT_EQ(read.trials.size(), written.trials.size());
        for (std::size_t i = 0; i < read.trials.size(); ++i) {
            const Trial& trial = read.trials[i];
            expect_equal(trial, written.trials[i]);
            EXPECT_TRUE(trial.began);
            EXPECT_EQ(trial.ended.has_value(), !trial.unfinished());
            EXPECT_GE(trial.ended.value_or(*trial.began), *trial.began);
        }
        ASSERT_TRUE(read.winner);
        expect_equal({*read.winner}, {*written.winner});
        ASSERT_TRUE(read.winner->without_first && read.winner->qwk_fitted);
        EXPECT_EQ(read.winner->without_first->scalars(), written.winner->without_first->scalars());
        EXPECT_EQ(*read.winner->qwk_fitted, *written.winner->qwk_fitted);
        EXPECT_FALSE(read.baselines.front().without_first);
        expect_equal(read.by_skill, written.by_skill);
        expect_equal(read.by_position, written.by_position);
        ASSERT_TRUE(read.folds_average);
        expect_equal({*read.folds_average}, {*written.folds_average});
        expect_equal(read.baselines, written.baselines);
        expect_equal(read.baselines_cv, written.baselines_cv);
        ASSERT_TRUE(read.ceiling && read.portrait);
        expect_equal({*read.ceiling}, {*written.ceiling});
        EXPECT_FALSE(read.ceiling_cv);
        expect_equal(*read.portrait, *written.portrait);
        ASSERT_TRUE(read.psychometrics);
        expect_equal(*read.psychometrics, *written.psychometrics);
        EXPECT_EQ(read.best()->number, written.best()->number);

        const auto& parameters = written.space.parameters();
        ASSERT_EQ(read.space.parameters().size(), parameters.size());
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const Parameter &a = read.space.parameters()[i], &b = parameters[i];
            EXPECT_EQ(a.name, b.name);
            EXPECT_EQ(a.kind, b.kind);
            EXPECT_EQ(a.low, b.low);
            EXPECT_EQ(a.high, b.high);
            EXPECT_EQ(a.log, b.log);
            EXPECT_EQ(a.choices, b.choices);
            EXPECT_EQ(a.labels, b.labels);
            ASSERT_EQ(a.condition.has_value(), b.condition.has_value());
            if (!a.condition) continue;
            EXPECT_EQ(a.condition->any_of, b.condition->any_of);
            EXPECT_EQ(a.condition->otherwise, b.condition->otherwise);
        }
        ASSERT_EQ(read.space.constraints().size(), 1u);
        EXPECT_EQ(read.space.constraints()[0].left, "n_heads");
        EXPECT_EQ(read.space.constraints()[0].relation, Constraint::Relation::divides);
        EXPECT_EQ(read.space.fixed(), written.space.fixed());
    }
}

TEST_F(OpenStudyTest, ReadsBackAStudyOfSeveralModels) {
    const Study written = study_of_models();
    const std::vector<Point> points = make_sampler("sobol", written.space, 1)->ask(12);
    {
        OpenStudy journal = open(written);
        for (int place = 0; place < 12; ++place)
            journal.begin_trial(place, points[static_cast<std::size_t>(place)]);
    }
    open(written);  // the settings are those on record
    const Study read = read_study(file());
    EXPECT_EQ(read.bases(), written.bases());
    EXPECT_EQ(read.model_name(), auto_name);
    const auto& parameters = written.space.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Parameter &a = read.space.parameters()[i], &b = parameters[i];
        EXPECT_EQ(a.name, b.name);
        ASSERT_EQ(a.condition.has_value(), b.condition.has_value());
        if (!a.condition) continue;
        EXPECT_EQ(a.condition->any_of, b.condition->any_of);
        EXPECT_EQ(a.condition->otherwise, b.condition->otherwise);
    }
    EXPECT_EQ(read.space.constraints(), written.space.constraints());
    EXPECT_EQ(read.space.fixed(), written.space.fixed());
    ASSERT_EQ(read.begun.size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i)
        EXPECT_EQ(read.trials[i].point, points[i]) << "with the values of what isn't searched";
}

TEST_F(OpenStudyTest, AnEnqueuedTrialIsOfAModelThatHasWhatItWasGiven) {
    const Study settings = study_of_models();
    Point gpcm = make_sampler("random", settings.space, 1)->next_point();
    gpcm["model"] = static_cast<double>(settings.further.size());  // the last
    gpcm = settings.space.settled(gpcm);
    const auto begin = [&](const nlohmann::json& given) {
        const EnqueuedPoint enqueued =
            enqueued_point(settings.space, given, gpcm, RandomStream(1, RandomUse::sampler, 1));
        EXPECT_EQ(enqueued.refusal, "");
        return enqueued.point.value_or(Point());
    };
    EXPECT_EQ(begin(nlohmann::json::object()), gpcm);
    EXPECT_EQ(settings.at(begin({{"core", "memory"}})).model, parse_model("residual_gpcm"));
    EXPECT_EQ(settings.at(begin({{"core", "memory"}})).core, Core::memory);
    EXPECT_EQ(begin({{"core", "memory"}, {"model", "gpcm"}}), gpcm) << "it has no core";
}

TEST_F(OpenStudyTest, RefusesModelsThatTheSpaceHasNot) {
    Study study = study_of_models();
    std::swap(study.further[0], study.further[1]);
    expect_input_error([&] { open(study); },
                       {"attribute 'space': has other models than 'hyperparameters'"});
}

TEST_F(OpenStudyTest, ReadsAnUnfinishedTrialAsFarAsItGot) {
    const Trial trial = small_study().trials[0];
    OpenStudy journal = open();
    EXPECT_EQ(journal.create_trial(trial.point), 0);
    journal.record_epochs({{{.trial = 0, .fold = 1, .result = trial.folds[1][0]}}});
    const Study read = read_study(file());
    ASSERT_EQ(read.trials.size(), 1u);
    EXPECT_EQ(read.trials[0].state, TrialState::running);
    EXPECT_TRUE(read.trials[0].folds[0].empty());
    ASSERT_EQ(read.trials[0].folds[1].size(), 1u);
    EXPECT_EQ(read.trials[0].folds[1][0].validation["qwk"], trial.folds[1][0].validation["qwk"]);
    EXPECT_EQ(read.best(), nullptr);
}

TEST_F(OpenStudyTest, ReadsNonFiniteResultsAsTheyWere) {
    OpenStudy journal = open();
    journal.create_trial(small_study().trials[0].point);
    EpochResult result = small_study().trials[0].folds[0][0];
    result.train_loss = std::numeric_limits<double>::infinity();
    journal.record_epochs({{{.trial = 0, .fold = 0, .result = result}}});
    result.train_loss = std::numeric_limits<double>::quiet_NaN();
    journal.record_epochs({{{.trial = 0, .fold = 1, .result = result}}});
    const Study read = journal.study();
    EXPECT_EQ(read.trials[0].folds[0][0].train_loss, std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(read.trials[0].folds[1][0].train_loss));
}

TEST_F(OpenStudyTest, RecordsAnEpochOnceAndInOrder) {
    const Trial trial = small_study().trials[0];
    OpenStudy one = open(), other = open();
    one.create_trial(trial.point);
    const FoldEpoch first{.trial = 0, .fold = 0, .result = trial.folds[0][0]};
    const FoldEpoch second{.trial = 0, .fold = 0, .result = trial.folds[0][1]};
    EXPECT_THROW(one.record_epochs({{second}}), std::logic_error);
    one.record_epochs({{first, second}});
    const auto size = std::filesystem::file_size(file());
    other.record_epochs({{first}});
    EXPECT_EQ(std::filesystem::file_size(file()), size);
}

TEST_F(OpenStudyTest, FailsATrialThatHasNoScore) {
    OpenStudy journal = open();
    const Trial trial = small_study().trials[0];
    journal.create_trial(trial.point);
    journal.create_trial(trial.point);
    journal.record_epochs({{{.trial = 1, .fold = 0, .result = trial.folds[0][0]}}});
    journal.finish(0, TrialState::complete);
    journal.finish(1, TrialState::pruned);
    EXPECT_EQ(journal.study().trials[0].state, TrialState::failed);
    EXPECT_EQ(journal.study().trials[1].state, TrialState::pruned);
}

TEST_F(OpenStudyTest, TheFirstToEndATrialDecides) {
    const Trial trial = small_study().trials[0];
    OpenStudy one = open(), other = open();
    one.create_trial(trial.point);
    other.finish(0, TrialState::failed);
    one.finish(0, TrialState::pruned);
    one.record_epochs({{{.trial = 0, .fold = 0, .result = trial.folds[0][0]}}});
    one.fail_fold(0, 0, "late");
    EXPECT_FALSE(one.take_over(0));
    EXPECT_EQ(one.study().trials[0].state, TrialState::failed);
    EXPECT_TRUE(one.study().trials[0].folds[0].empty());
    EXPECT_NE(one.study().trials[0].why_failed(), "late");
}

TEST_F(OpenStudyTest, BeginsATrialOnceWhoeverIsFirst) {
    OpenStudy one = open(), other = open();
    const Point first = small_study().trials[0].point, second = small_study().trials[1].point;
    one.begin_trial(0, first);
    other.begin_trial(0, second);
    ASSERT_EQ(other.study().trials.size(), 1u);
    EXPECT_EQ(other.study().trials[0].point, first);
    other.begin_trial(1, second);
    one.sync();
    EXPECT_EQ(one.study().begun, (std::vector{0, 1}));
    EXPECT_EQ(one.worker(0), Worker::self);
    EXPECT_EQ(read_study(file()).begun, (std::vector{0, 1}));
}

/// Lines as Optuna writes them, at the end of the journal.
class BesideOptuna : public OpenStudyTest {
  protected:
    void write(const std::string& line) const {
        std::ofstream(file(), std::ios::app) << line << '\n';
    }

    /// study.enqueue_trial(given)
    void enqueue(const std::string& given) const {
        write(
            R"({"op_code":4,"worker_id":"o","study_id":0,"datetime_start":null,"state":4,"value":)"
            R"(null,"values":null,"distributions":{},"params":{},"user_attrs":{},"system_attrs":)"
            R"({"fixed_params":)" +
            given + R"(},"intermediate_values":{}})");
    }
    /// study.ask()
    void ask() const {
        write(
            R"({"op_code":4,"worker_id":"o","study_id":0,"datetime_start":"2026-01-01T00:00:00"})");
    }
};

TEST_F(BesideOptuna, AnEnqueuedTrialIsBegunInsteadOfTheNextOne) {
    OpenStudy journal = open();
    const Point proposed = small_study().trials[1].point;
    journal.begin_trial(0, proposed);
    enqueue(R"({"lr": 0.007, "optimizer": "adamw"})");
    enqueue("{}");
    for (const int place : {1, 2, 3})
        journal.begin_trial(place, proposed, Origin::scores);
    const Study& study = journal.study();
    const std::vector<Trial> read = read_study(file()).trials;
    const std::vector<std::optional<Origin>> origins = {std::nullopt, Origin::given, Origin::given,
                                                        Origin::scores};
    for (std::size_t i = 0; i < origins.size(); ++i) {
        EXPECT_EQ(study.trials[i].origin, origins[i]) << i;
        EXPECT_EQ(read[i].origin, origins[i]) << i;
    }
    EXPECT_EQ(study.begun, (std::vector{0, 1, 2, 3}));
    Point expected = proposed;
    expected["lr"] = 0.007;
    expected["optimizer"] = 1;
    expected["weight_decay"] = study.trials[1].point.at("weight_decay");
    EXPECT_EQ(study.trials[1].point, expected);
    EXPECT_GE(expected["weight_decay"], 1e-6) << "drawn, for the proposed point had no use for it";
    EXPECT_EQ(study.trials[2].point, proposed);
    EXPECT_EQ(study.trials[1].state, TrialState::running);
    EXPECT_EQ(journal.worker(1), Worker::self);
    EXPECT_EQ(read[1].point, expected);
}

TEST_F(BesideOptuna, ATrialThatIsEnqueuedLateIsBegunInItsTurn) {
    OpenStudy journal = open();
    const Point proposed = small_study().trials[1].point;
    enqueue(R"({"lr": 0.007})");
    ask();
    journal.begin_trial(0, proposed);
    journal.begin_trial(1, proposed);
    enqueue(R"({"lr": 0.008})");
    ask();
    journal.create_trial(proposed);  // of a process that didn't see it
    journal.begin_trial(3, proposed);
    EXPECT_EQ(journal.study().begun, (std::vector{0, 2, 5, 3}));
    EXPECT_EQ(read_study(file()).begun, (std::vector{0, 2, 5, 3}));
}

TEST_F(BesideOptuna, RefusesAnEnqueuedTrialThatTheSpaceHasNoPointFor) {
    std::vector<std::string> notices;
    OpenStudy journal(file(), "small", small_study(),
                      [&](const std::string& text) { notices.push_back(text); });
    const std::pair<const char*, const char*> bad[] = {
        {R"({"lr": 5})", "lr 5; expected 0.0001 to 0.01"},
        {R"({"lr": "x"})", "lr \"x\"; expected 0.0001"},
        {R"({"lr": NaN})", "lr null; expected"},
        {R"({"n_cycles": 2.5})", "n_cycles 2.5; expected a whole number from 1 to 4"},
        {R"({"memory_size": 60})", "memory_size 60; expected 20, 50, 100"},
        {R"({"optimizer": "sgd"})", "optimizer \"sgd\"; expected adam, adamw"},
        {R"({"learning_rate": 0.001})", "learning_rate isn't searched; expected of memory_size"}};
    for (const auto& [given, why] : bad)
        enqueue(given);
    journal.begin_trial(0, small_study().trials[1].point);
    EXPECT_EQ(journal.study().begun, (std::vector{7}));
    ASSERT_EQ(notices.size(), std::size(bad));
    std::vector<std::string> refused;
    std::istringstream records(read_file(file()));
    for (std::string line; std::getline(records, line);)
        if (line.find("\"refused\"") != std::string::npos)
            refused.push_back(nlohmann::json::parse(line).at("user_attr").at("refused"));
    for (std::size_t i = 0; i < std::size(bad); ++i) {
        EXPECT_EQ(journal.study().trials[i].state, TrialState::failed);
        EXPECT_THAT(notices[i], testing::HasSubstr(fmt::format("trial {}, ", i + 1)));
        EXPECT_THAT(notices[i], testing::HasSubstr(bad[i].second));
        EXPECT_THAT(refused.at(i), testing::HasSubstr(bad[i].second));
    }
}

// tell() by hand, as the dashboard does: what isn't trained isn't complete.
TEST_F(BesideOptuna, ATrialThatSomebodyEndsByHandDoesNotCountAsComplete) {
    OpenStudy journal = open();
    const Trial whole = small_study().trials[1];
    for (int number = 0; number < 3; ++number) {
        Trial trial = whole;
        trial.number = number;
        journal.create_trial(whole.point);
        for (auto& fold : trial.folds)
            fold.resize(static_cast<std::size_t>(number == 2 ? 3 : number));
        record_folds(trial, journal);
        write(fmt::format(R"({{"op_code":6,"trial_id":{},"state":1,"values":[5.0],)"
                          R"("datetime_complete":"2026-01-01T00:00:00"}})",
                          number));
    }
    journal.sync();
    EXPECT_EQ(journal.study().trials[0].state, TrialState::failed);
    EXPECT_EQ(journal.study().trials[1].state, TrialState::pruned);
    EXPECT_EQ(journal.study().trials[2].state, TrialState::complete);
    EXPECT_EQ(journal.study().best()->number, 2);
    EXPECT_EQ(journal.study().best()->score(), whole.score());
}

TEST_F(BesideOptuna, SaysThatTheStudyWasDeletedAndBeginsAnew) {
    OpenStudy journal = open();
    const Point point = small_study().trials[1].point;
    journal.begin_trial(0, point);
    write(R"({"op_code":1,"worker_id":"o","study_id":0})");
    expect_input_error([&] { journal.begin_trial(1, point); }, {file().string(), "was deleted"});
    OpenStudy anew = open();
    anew.begin_trial(0, point);
    EXPECT_EQ(anew.study().trials.size(), 1u);
    expect_input_error([&] { journal.begin_trial(1, point); }, {file().string(), "was deleted"});
}

TEST_F(OpenStudyTest, KeepsSystemAttributesOfTheStudy) {
    { open().set_study_system_attribute("rung", {{"files", {"a", "b"}}}); }
    const OpenStudy read = open();
    EXPECT_EQ(read.study_system_attribute("rung").at("files").at(1), "b");
    EXPECT_TRUE(read.study_system_attribute("no such").is_null());
}

TEST_F(OpenStudyTest, KnowsWhetherATrialsWorkerStillRuns) {
    OpenStudy journal = open();
    const Point point = small_study().trials[0].point;
    journal.create_trial(point);
    EXPECT_EQ(journal.worker(0), Worker::self);
    int ready[2], done[2];
    ASSERT_EQ(pipe(ready), 0);
    ASSERT_EQ(pipe(done), 0);
    const pid_t child = fork();
    if (child == 0) {
        open().create_trial(point);
        char byte = 0;
        if (write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1) _exit(0);
        _exit(1);
    }
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    journal.sync();
    EXPECT_EQ(journal.worker(1), Worker::alive);
    ASSERT_EQ(write(done[1], &byte, 1), 1);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(journal.worker(1), Worker::dead);
    EXPECT_TRUE(journal.take_over(1));
    EXPECT_EQ(journal.worker(1), Worker::self);
}

TEST_F(OpenStudyTest, RefusesAStudyOfOtherSettings) {
    { open(); }
    Study other = small_study();
    other.jobs = 7;  // isn't a setting
    EXPECT_EQ(open(other).study().jobs, 7);
    other.n_folds = 5;
    expect_input_error([&] { open(other); }, {file().string(), "'small'", "folds 2", "5"});
    other = small_study();
    other.base.lr_patience = 9;
    expect_input_error([&] { open(other); },
                       {"was begun with lr_patience=0, not 9; expected --set lr_patience=0"});
    other = small_study();
    other.space = Space({small_study().space.parameters()[0]});
    expect_input_error([&] { open(other); },
                       {"the search space differs: not searched any more: dropout_rate, "});
}

TEST_F(OpenStudyTest, CompletesAStudyWhoseCreationWasCutShort) {
    { open(); }
    const std::string whole = read_file(file());
    for (std::size_t length = 0; length < whole.size(); length += 199) {
        directory_.write("study.journal", whole.substr(0, length));
        EXPECT_EQ(open().study().n_folds, 2) << "cut after " << length << " bytes";
    }
}

TEST_F(OpenStudyTest, GoesOnAfterAWriteThatWasTornAnywhere) {
    const Study whole = small_study();
    std::size_t before = 0;
    {
        OpenStudy journal = open();
        journal.create_trial(whole.trials[0].point);
        before = std::filesystem::file_size(file());
        record_folds(whole.trials[0], journal);
        journal.finish(0, TrialState::complete);
    }
    const std::string text = read_file(file());
    for (std::size_t length = before; length < text.size(); length += 499) {
        directory_.write("study.journal", text.substr(0, length));
        OpenStudy journal = open();
        record_folds(whole.trials[0], journal);
        journal.finish(0, TrialState::complete);
        expect_equal(journal.study().trials.at(0), whole.trials[0]);
    }
}

TEST_F(OpenStudyTest, ChoosesAmongStudiesByName) {
    { OpenStudy(file(), "one", small_study()); }
    EXPECT_EQ(read_study(file()).dataset, small_study().dataset);
    Study second = small_study();
    second.dataset = "other";
    { OpenStudy(file(), "two", second); }
    EXPECT_EQ(study_names(file()), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(read_study(file(), "two").dataset, "other");
    expect_input_error([&] { read_study(file()); }, {file().string(), "one, two"});
    expect_input_error([&] { read_study(file(), "three"); }, {"'three'", "one, two"});
    directory_.write("empty", "");
    expect_input_error([&] { read_study(directory_.path() / "empty"); }, {"no study"});
}

// Whoever edits a journal, or writes to it with a program of his own, is told where it went wrong.
TEST_F(OpenStudyTest, NamesTheLineOfAnAttributeThatIsNotOurs) {
    const Study whole = small_study();
    {
        OpenStudy journal = open();
        journal.create_trial(whole.trials[0].point);
        record_folds(whole.trials[0], journal);
    }
    const std::string text = read_file(file());
    const std::string line = std::to_string(std::ranges::count(text, '\n') + 1);
    const auto refuses = [&](const std::string& record, const std::string& complaint) {
        directory_.write("study.journal", text + record + '\n');
        expect_input_error([&] { read_study(file()); },
                           {file().string() + ":" + line + ": study 'small': attribute " +
                            complaint + "; expected what a sweep of manygpcm writes there"});
    };
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"winner":{"name":"x"}}})",
            "'winner': key 'metrics' not found");
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"epochs":"many"}})",
            "'epochs': \"many\": isn't a whole number in range");
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"hyperparameters":{"lr":-1}}})",
            "'hyperparameters': lr=-1: expected a number x with 0 < x <= 1");
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"wall_seconds":"long"}})",
            "'wall_seconds': \"long\": isn't a number");
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"folds":-1}})",
            "'folds': -1: isn't a whole number in range");
    refuses(R"({"op_code":2,"study_id":0,"user_attr":{"learners":1e300}})",
            "'learners': 1e+300: isn't a whole number in range");
    refuses(R"({"op_code":9,"trial_id":0,"system_attr":{"manygpcm:fold_0_epoch_1":{"lr":1}}})",
            "'manygpcm:fold_0_epoch_1': key 'train_loss' not found");

    std::string without = text;
    const std::size_t begin = without.find("{\"dataset\"");
    without.replace(begin, 10, "{\"datasets\"");
    directory_.write("study.journal", without);
    expect_input_error([&] { read_study(file()); },
                       {file().string() + ": study 'small': attribute 'dataset': is missing; "});
}

Study read_recorded(const char* name, std::vector<std::string>& notices) {
    return read_study(std::filesystem::path(MANYGPCM_TEST_DATA) / "journals" / name, {},
                      [&](const std::string& text) { notices.push_back(text); });
}

// Recorded with Optuna 4.6 and 5.0, in ways that came after 3.1 or that a crash left.
TEST(RecordedJournal, ReadsWhatNewerOptunasWrite) {
    std::vector<std::string> notices;
    EXPECT_EQ(read_recorded("discard_trials.journal", notices).trials.size(), 12u);
    ASSERT_FALSE(notices.empty());
    EXPECT_THAT(notices[0], testing::HasSubstr("discard_trials.journal:26: operation 10"));
    EXPECT_EQ(read_recorded("huge_steps.journal", notices).best()->number, 1);
    EXPECT_EQ(read_recorded("blank_tail.journal", notices).trials.size(), 8u);
}

TEST_F(OpenStudyTest, RefusesADistributionThatIsNestedDeep) {
    const std::string deep(100'000, '[');
    directory_.write(
        "study.journal",
        R"({"op_code":0,"study_name":"s","directions":[2]})"
        "\n"
        R"({"op_code":4,"study_id":0,"datetime_start":null})"
        "\n"
        R"({"op_code":5,"trial_id":0,"param_name":"x","param_value_internal":1,"distribution":")" +
            deep + "\"}\n");
    expect_input_error([&] { read_study(file()); }, {file().string() + ":3: ", "nested deeper"});
}

// Lines that Optuna wouldn't write. What it would, and ignores, is ignored.
TEST_F(OpenStudyTest, NamesTheLineWithWhatOptunaDoesNotKnow) {
    const std::string study = R"({"op_code":0,"worker_id":"w","study_name":"s","directions":[2]})";
    const std::string trial = R"({"op_code":4,"worker_id":"w","study_id":0,"datetime_start":null})";
    const std::pair<const char*, const char*> bad[] = {
        {R"({"op_code":-1,"worker_id":"w"})", "op_code"},
        {R"({"worker_id":"w"})", "op_code"},
        {R"({"op_code":5,"worker_id":"w","param_name":"x"})", "trial_id"},
        {R"({"op_code":5,"trial_id":0,"param_name":"x","param_value_internal":1,"distribution":"{}"})",
         "distribution"},
        {R"({"op_code":5,"trial_id":0,"param_name":"x","param_value_internal":2,"distribution":
            "{\"name\":\"CategoricalDistribution\",\"attributes\":{\"choices\":[1,2]}}"})",
         "choice"},
        {R"({"op_code":6,"trial_id":0,"state":5,"values":null})", "state"},
        {R"({"op_code":7,"trial_id":0,"step":"x","intermediate_value":1})", "step"},
        {R"({"op_code":8,"trial_id":0,"user_attr":{"a":1,"b":2}})", "user_attr"},
        {R"({"op_code":0,"study_name":"t","directions":[3]})", "directions"}};
    for (const auto& [line, field] : bad) {
        std::string one_line = line;
        std::erase(one_line, '\n');
        directory_.write("study.journal", study + '\n' + trial + '\n' + one_line + '\n');
        expect_input_error([&] { study_names(file()); }, {file().string() + ":3:", field});
    }
    for (const char* ignored :
         {R"({"op_code":10,"trial_ids":[0]})", R"({"op_code":1,"study_id":7})",
          R"({"op_code":8,"trial_id":7000000000,"user_attr":{"a":1}})",
          R"({"op_code":2,"study_id":7,"user_attr":{"a":1}})",
          R"({"op_code":9,"trial_id":7,"system_attr":{"a":1}})",
          R"({"op_code":4,"study_id":7,"datetime_start":null})"}) {
        directory_.write("study.journal", study + '\n' + trial + '\n' + ignored + '\n');
        EXPECT_EQ(study_names(file()).size(), 1u);
    }
}

}  // namespace
}  // namespace manygpcm::search
