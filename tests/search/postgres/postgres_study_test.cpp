// Studies in Optuna's tables on a PostgreSQL server: the same as in a journal, by whoever reads
// them, whatever happens to connections, servers and workers.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/search/read_study.h"
#include "postgres/postgres_log.h"
#include "search/postgres/test_server.h"
#include "search/small_study.h"
#include "search/storage/optuna.h"
#include "storage/own_study.h"
#include "storage/presence.h"
#include "storage/study_attributes.h"

namespace manygpcm::search {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Postgres : public testing::Test {
  protected:
    void SetUp() override {
        if (const std::string why = why_no_server(); !why.empty()) GTEST_SKIP() << why;
        server_ = std::make_unique<TestServer>();
        uri_ = server_->create();
    }

    OpenStudy open(Notice notice = {}) const { return {uri_, "small", small_study(), notice}; }

    /// A worker of another machine has the trial from now on.
    void give_away(int trial, const std::string& worker = "\\\"elsewhere\\\"") const {
        server_->sql(
            fmt::format("UPDATE trial_system_attributes SET value_json = '{}' WHERE key = "
                        "'{}' AND trial_id = {}",
                        worker, worker_attribute, trial + 1));
    }

    std::unique_ptr<TestServer> server_;
    std::string uri_;
};

/// All that matters of them but times and where they were trained.
void expect_same(const Study& a, const Study& b) {
    EXPECT_EQ(results_of(a), results_of(b));
    for (std::size_t i = 0; i < settings_of(a).size(); ++i)
        EXPECT_EQ(settings_of(a)[i].value, settings_of(b).at(i).value) << settings_of(a)[i].name;
    EXPECT_EQ(a.begun, b.begun);
    ASSERT_EQ(a.trials.size(), b.trials.size());
    for (std::size_t i = 0; i < a.trials.size(); ++i) {
        EXPECT_EQ(a.trials[i].number, b.trials[i].number);
        EXPECT_EQ(a.trials[i].state, b.trials[i].state);
        EXPECT_EQ(a.trials[i].point, b.trials[i].point);
        EXPECT_EQ(a.trials[i].failure, b.trials[i].failure);
        EXPECT_EQ(a.trials[i].fold_failures, b.trials[i].fold_failures);
        EXPECT_EQ(a.trials[i].began.has_value(), b.trials[i].began.has_value());
        EXPECT_EQ(a.trials[i].ended.has_value(), b.trials[i].ended.has_value());
        EXPECT_EQ(summary_of(a.trials[i]), summary_of(b.trials[i]));
    }
}

TEST_F(Postgres, AStudyIsTheSameAsInAJournal) {
    const TestDirectory directory;
    const auto file = directory.path() / "study.journal";
    const Study study = small_study();
    OpenStudy along = open();
    for (const std::filesystem::path& where : {file, std::filesystem::path(uri_)}) {
        OpenStudy written(where, "small", study);
        record(study, written);
        written.begin_trial(5, study.trials[0].point);
        written.record_epochs({{{.trial = 5, .fold = 1, .result = study.trials[0].folds[1][0]}}});
        written.fail_fold(5, 0, "it can't be");
        along.sync();
    }
    EXPECT_EQ(study_names(uri_), std::vector<std::string>{"small"});
    EXPECT_EQ(sweep_names(uri_), std::vector<std::string>{"small"});
    const Study in_journal = read_study(file), in_tables = read_study(uri_);
    ASSERT_EQ(in_tables.trials.size(), 6u);
    expect_same(in_tables, in_journal);
    expect_same(along.study(), in_journal);
    expect_same(open().study(), in_journal);
    OpenStudy again = open();
    EXPECT_EQ(again.worker(5), Worker::self);
    again.finish(5, TrialState::pruned);
    along.finish(5, TrialState::complete);
    EXPECT_EQ(along.study().trials[5].state, TrialState::pruned) << "the first to end it decides";
}

TEST_F(Postgres, RefusesAStudyOfOtherSettings) {
    open();
    Study other = small_study();
    other.seed += 1;
    expect_input_error([&] { OpenStudy(uri_, "small", other); },
                       {uri_.substr(0, uri_.find('?')), "study 'small'", "seed"});
    OpenStudy(uri_, "another", other);
    EXPECT_THAT(study_names(uri_), testing::ElementsAre("small", "another"));
    expect_input_error([&] { read_study(uri_); }, {"2 studies", "small, another"});
    EXPECT_EQ(read_study(uri_, "another").seed, other.seed);
    expect_input_error([&] { read_study(uri_, "none"); }, {"no study 'none'"});
}

TEST_F(Postgres, ManyWritersLoseNothingAndDoNothingTwice) {
    constexpr int writers = 4, places = 24;
    const Trial trial = small_study().trials[0];
    std::vector<std::future<void>> all;
    for (int w = 0; w < writers; ++w)
        all.push_back(std::async(std::launch::async, [&] {
            OpenStudy study = open();
            for (int place = 0; place < places; ++place) {
                study.begin_trial(place, trial.point);
                const int number = study.study().begun.at(static_cast<std::size_t>(place));
                // All record the same epochs, as of a trial that was taken over.
                for (int fold : {0, 1})
                    study.record_epochs(
                        {{{.trial = number, .fold = fold, .result = trial.folds[0][0]}}});
                study.finish(number, TrialState::pruned);
            }
        }));
    for (auto& one : all)
        one.get();
    const Study study = read_study(uri_);
    EXPECT_EQ(study.trials.size(), static_cast<std::size_t>(places));
    EXPECT_EQ(study.begun.size(), static_cast<std::size_t>(places));
    for (const Trial& one : study.trials) {
        EXPECT_EQ(one.state, TrialState::pruned);
        EXPECT_EQ(one.epochs(), 1);
    }
    EXPECT_EQ(server_->sql("SELECT count(*), count(DISTINCT number) FROM trials"), "24|24");
}

TEST_F(Postgres, TablesAreMadeOnceByThoseWhoBeginAtOnce) {
    std::vector<std::future<void>> all;
    for (int i = 0; i < 8; ++i)
        all.push_back(std::async(std::launch::async, [&] { open(); }));
    for (auto& one : all)
        one.get();
    EXPECT_EQ(server_->sql("SELECT count(*) FROM studies"), "1");
    EXPECT_EQ(server_->sql("SELECT schema_version FROM version_info"), "12");
    EXPECT_EQ(server_->sql("SELECT version_num FROM alembic_version"), "v3.2.0.a");
}

TEST_F(Postgres, ADatabaseWithoutTablesHasNoStudy) {
    EXPECT_EQ(study_names(uri_), std::vector<std::string>{});
    expect_input_error([&] { read_study(uri_); }, {"has no study"});
    EXPECT_EQ(server_->sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(Postgres, SaysInOneLineWhatTheServerRefuses) {
    const auto refused = [&](const std::string& uri, const std::vector<std::string>& parts) {
        expect_input_error([&] { OpenStudy(uri, "small", small_study()); }, parts);
    };
    refused(server_->uri("none"), {"postgresql://optuna@/none", "\"none\" does not exist"});
    refused(server_->uri("db", "nobody"), {"\"nobody\" does not exist"});
    refused("postgresql://optuna@/db?host=/nowhere", {"/nowhere", "No such file"});
    refused("postgresql://optuna@/db?hots=here", {"--study", "hots", "postgresql://user@"});
    refused("postgresql://optuna:wr/ong@/db", {"--study", "%2F"});
    refused("sqlite:///study.db", {"--study sqlite://", "postgresql://user@host/database"});

    server_->sql(
        "CREATE ROLE reader LOGIN; CREATE ROLE single LOGIN CONNECTION LIMIT 1;"
        "CREATE ROLE secretive LOGIN PASSWORD 'right'");
    server_->let_in_before("local all secretive scram-sha-256");
    refused(server_->uri("db", "reader"), {"permission denied"});
    open();
    server_->sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader, single, secretive");
    refused(server_->uri("db", "reader"), {"permission denied"});
    EXPECT_EQ(study_names(server_->uri("db", "reader")), std::vector<std::string>{"small"});

    std::string wrong = server_->uri("db", "secretive");
    wrong.insert(wrong.find('@'), ":wr%2Fong");
    for (const std::string& uri : {wrong, wrong + "&hots=x"}) {
        try {
            study_names(uri);
            ADD_FAILURE() << "it was let in";
        } catch (const InputError& error) {
            EXPECT_THAT(error.what(), testing::Not(HasSubstr("ong"))) << "the password";
        }
    }
    expect_input_error([&] { study_names(wrong); }, {"password authentication failed"});
    std::string right = server_->uri("db", "secretive");
    right.insert(right.find('@'), ":right");
    EXPECT_EQ(study_names(right), std::vector<std::string>{"small"});

    const PostgresOptions impatient{.patience = {.notice = 10ms, .lost = 300ms}};
    const auto only = open_postgres_log(server_->uri("db", "single"), StudyLog::Access::read, {},
                                        nullptr, impatient);
    std::vector<std::string> notices;
    expect_input_error(
        [&] {
            open_postgres_log(
                server_->uri("db", "single"), StudyLog::Access::read,
                [&](const std::string& line) { notices.push_back(line); }, nullptr, impatient);
        },
        {"too many connections", "0.3 seconds"});
    ASSERT_FALSE(notices.empty());
    EXPECT_THAT(notices.front(), HasSubstr("too many connections"));
}

TEST_F(Postgres, LeavesTablesAloneThatAreNotOptunas) {
    server_->sql("CREATE TABLE trials (patient text)");
    expect_input_error([&] { open(); }, {"table 'trials'", "isn't Optuna's"});
    EXPECT_EQ(server_->sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
    server_->sql("DROP TABLE trials");
    open();
    server_->sql("UPDATE version_info SET schema_version = 11");
    expect_input_error([&] { open(); }, {"schema 11", "expected 12"});
    expect_input_error([&] { read_study(uri_); }, {"schema 11", "expected 12"});
    server_->sql(
        "UPDATE version_info SET schema_version = 12;"
        "UPDATE alembic_version SET version_num = 'v9.0.0.a'");
    expect_input_error([&] { open(); }, {"v9.0.0.a", "expected 12, v3.0.0.d or v3.2.0.a"});
}

TEST_F(Postgres, NamesWhatIsNotAsOptunaWritesIt) {
    {
        OpenStudy study = open();
        study.begin_trial(0, small_study().trials[0].point);
    }
    server_->sql("UPDATE trial_params SET distribution_json = 'x' WHERE param_name = 'lr'");
    expect_input_error([&] { read_study(uri_); }, {"postgresql://optuna@/db"});
    server_->sql("UPDATE study_user_attributes SET value_json = '{' WHERE key = 'seed'");
    expect_input_error([&] { read_study(uri_); }, {"study 'small'", "isn't JSON"});
}

TEST_F(Postgres, GoesOnWhereTheConnectionIsLost) {
    std::vector<std::string> notices;
    OpenStudy study = open([&](const std::string& line) { notices.push_back(line); });
    study.begin_trial(0, small_study().trials[0].point);
    const auto end_sessions = [&] {
        server_->sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
            "application_name = 'manygpcm'");
    };
    end_sessions();
    study.begin_trial(1, small_study().trials[1].point);
    EXPECT_EQ(study.study().begun, (std::vector{0, 1}));
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_THAT(notices[0], HasSubstr("terminating connection due to administrator command; it"));
    EXPECT_THAT(notices[1], HasSubstr("connected again"));
    end_sessions();
    study.sync();
    for (const char* mode : {"fast", "immediate"}) {
        server_->stop(mode);
        std::thread later([&] {
            std::this_thread::sleep_for(300ms);
            server_->start();
        });
        record_folds(small_trial(1, TrialState::complete, {}, {mode[0] == 'f' ? 0.3 : 0.4}), study);
        later.join();
    }
    EXPECT_EQ(read_study(uri_).trials.at(1).epochs(), 1);
}

TEST_F(Postgres, GivesUpAServerThatDoesNotComeBack) {
    const auto log = open_postgres_log(uri_, StudyLog::Access::append, {}, nullptr,
                                       {.patience = {.notice = 10ms, .lost = 500ms}});
    log->follow("small");
    server_->stop();
    expect_input_error([&] { log->read_new(); },
                       {"postgresql://optuna@/db", "no connection for 0.5 seconds", "No such file",
                        "the same command goes on"});
    expect_input_error([&] { (void)log->take_turn(); }, {"no connection for 0.5 seconds"});
}

TEST_F(Postgres, AStopEndsTheWaitForAServerOrAnotherWriter) {
    std::atomic<bool> stop{false};
    OpenStudy study(uri_, "small", small_study(), {}, &stop);
    std::vector<std::string> notices;
    const auto other = open_postgres_log(uri_, StudyLog::Access::append, {}, nullptr);
    other->follow("small");
    auto turn = other->take_turn();
    stop = true;
    EXPECT_THROW(study.begin_trial(0, small_study().trials[0].point), Interrupted);
    turn.reset();
    study.begin_trial(0, small_study().trials[0].point);
    EXPECT_EQ(study.study().begun.size(), 1u) << "what is free is written all the same";
    server_->stop();
    EXPECT_THROW(study.begin_trial(1, small_study().trials[0].point), Interrupted);
}

TEST_F(Postgres, SaysWhomItWaitsForAndGivesThatUp) {
    open();
    const auto holder = open_postgres_log(uri_, StudyLog::Access::append, {}, nullptr);
    holder->follow("small");
    const auto turn = holder->take_turn();
    std::vector<std::string> notices;
    const auto log = open_postgres_log(uri_, StudyLog::Access::append,
                                       [&](const std::string& line) { notices.push_back(line); },
                                       nullptr, {.patience = {.notice = 10ms, .lost = 500ms}});
    log->follow("small");
    expect_input_error([&] { (void)log->take_turn(); }, {"lock timeout", "study 'small'"});
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_THAT(notices[0], HasSubstr("waiting for study 'small', which another process writes"));
}

TEST_F(Postgres, TakesATurnThatWasLostAnew) {
    OpenStudy study = open();
    study.begin_trial(0, small_study().trials[0].point);
    const auto log = open_postgres_log(uri_, StudyLog::Access::append, {}, nullptr);
    log->follow("small");
    log->read_new();
    // Optuna ends trials without the study's lock.
    const auto turn = log->take_turn();
    server_->sql("UPDATE trials SET state = 'FAIL'");
    const StudyLog::Record late = {
        {"op_code", 9}, {"trial_id", 0}, {"system_attr", {{"manygpcm:x", 1}}}};
    EXPECT_FALSE(turn->write({&late, 1}));
    study.finish(0, TrialState::complete);
    EXPECT_EQ(study.study().trials[0].state, TrialState::failed);
    EXPECT_EQ(server_->sql("SELECT count(*) FROM trial_system_attributes WHERE key = 'manygpcm:x'"),
              "0");
}

TEST_F(Postgres, ATrialIsTakenOverOnceItsWorkerIsSilent) {
    OpenStudy study = open();
    for (const int place : {0, 1, 2})
        study.begin_trial(place, small_study().trials[0].point);
    give_away(0);
    give_away(1);
    give_away(2, "\\\"another\\\"");
    const auto log =
        open_postgres_log(uri_, StudyLog::Access::append, {}, nullptr,
                          {.patience = {}, .heartbeat = {.interval = 20ms, .grace = 1s}});
    log->follow("small");
    std::atomic<bool> ended{false};
    std::thread alive([&] {
        while (!ended) {
            server_->sql("UPDATE trial_heartbeats SET heartbeat = now() WHERE trial_id = 2");
            std::this_thread::sleep_for(50ms);
        }
    });
    const auto start = std::chrono::steady_clock::now();
    while (!log->is_abandoned(2) && std::chrono::steady_clock::now() - start < 1min) {
        log->read_new();
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_TRUE(log->is_abandoned(2));
    EXPECT_FALSE(log->is_abandoned(0)) << "its worker is heard of by another trial";
    ended = true;
    alive.join();
    study.take_over(2);  // in vain where it isn't known yet who has it
    EXPECT_TRUE(study.take_over(2));
    EXPECT_EQ(study.worker(2), Worker::self);
}

TEST_F(Postgres, AWorkersHeartBeatsForItsTrialsInTraining) {
    OpenStudy study = open();
    for (const int place : {0, 1, 2})
        study.begin_trial(place, small_study().trials[0].point);
    EXPECT_EQ(server_->sql("SELECT count(*) FROM trial_heartbeats"), "3");
    study.finish(0, TrialState::failed);
    give_away(1);
    const auto log =
        open_postgres_log(uri_, StudyLog::Access::append, {}, nullptr,
                          {.patience = {}, .heartbeat = {.interval = 10ms, .grace = 1s}});
    log->follow("small");
    log->read_new();
    server_->sql("UPDATE trial_heartbeats SET heartbeat = '2026-01-01'");
    const auto start = std::chrono::steady_clock::now();
    const auto old = [&] {
        return server_->sql(
            "SELECT string_agg(trial_id::text, ',' ORDER BY trial_id) FROM trial_heartbeats WHERE "
            "heartbeat < now() - interval '1 day'");
    };
    while (old() != "1,2" && std::chrono::steady_clock::now() - start < 1min)
        std::this_thread::sleep_for(10ms);
    EXPECT_EQ(old(), "1,2") << "of one that has ended, and of another worker's";
}

TEST_F(Postgres, WhatIsSetAgainIsReadByAll) {
    OpenStudy one = open(), other = open();
    one.begin_trial(0, small_study().trials[0].point);
    for (const int value : {1, 2}) {
        one.fail_fold(0, 0, std::to_string(value));
        one.set_study_system_attribute("phases", value);
        Study results = one.study();
        results.wall_seconds = value;
        one.record_results(results);
        other.sync();
        for (const OpenStudy* study : {&one, &other}) {
            EXPECT_EQ(study->study().trials[0].fold_failures[0], std::to_string(value));
            EXPECT_EQ(study->study_system_attribute("phases"), value);
            EXPECT_EQ(study->study().wall_seconds, value);
        }
    }
}

TEST_F(Postgres, TwoThatTakeATrialOverAreOne) {
    OpenStudy one = open(), other = open();
    one.begin_trial(0, small_study().trials[0].point);
    other.sync();
    give_away(0, "\\\"dead\\\"");
    // Both of this process: the trial has another worker than the one that was seen.
    EXPECT_FALSE(other.take_over(0));
    EXPECT_EQ(one.worker(0), Worker::self) << "not read since";
    EXPECT_TRUE(other.take_over(0));
}

/// Optuna of the machine's on the same database.
class OptunaOnPostgresSlow : public OptunaTest {
  protected:
    void SetUp() override {
        OptunaTest::SetUp();
        if (IsSkipped()) return;
        if (const std::string why = why_no_server(); !why.empty()) GTEST_SKIP() << why;
        if (std::system((python_ + " -c 'import psycopg2' 2> /dev/null").c_str()) != 0)
            GTEST_SKIP() << "no psycopg2 for " << python_ << " (Debian: python3-psycopg2)";
        server_ = std::make_unique<TestServer>();
        uri_ = server_->create();
    }
    std::string quoted() const { return "'" + uri_ + "'"; }

    std::unique_ptr<TestServer> server_;
    std::string uri_;
};

TEST_F(OptunaOnPostgresSlow, ReadsOurStudyAndWritesBesideUs) {
    const Study study = small_study();
    OpenStudy ours(uri_, "ours", study);
    record(study, ours);
    const nlohmann::json read = optuna("read " + quoted() + " ours").at(0);
    EXPECT_EQ(read.at("direction"), "MAXIMIZE");
    EXPECT_EQ(read.at("best_trial"), study.best()->number);
    EXPECT_EQ(read.at("user_attrs").at("hyperparameters").at("lr"), study.base.lr);
    ASSERT_EQ(read.at("trials").size(), study.trials.size());
    for (const Trial& trial : study.trials) {
        const nlohmann::json& seen = read.at("trials").at(static_cast<std::size_t>(trial.number));
        EXPECT_EQ(seen.at("params").at("lr"), trial.point.at("lr"));
        EXPECT_GE(seen.at("duration"), 0);
        if (trial.state == TrialState::failed) continue;
        EXPECT_EQ(seen.at("value"), trial.score());
        EXPECT_EQ(seen.at("intermediate_values").size(), trial.folds[0].size());
        EXPECT_EQ(seen.at("user_attrs").at("cv_std"), trial.cv_std());
    }

    optuna("append " + quoted() + " ours");
    optuna("enqueue " + quoted() + " ours");
    const int place = static_cast<int>(ours.study().begun.size());
    ours.begin_trial(place, study.trials[0].point);
    const int number = ours.study().begun.back();
    EXPECT_EQ(number, 6) << "5 is Optuna's, and failed";
    EXPECT_EQ(ours.study().trials.at(6).point.at("lr"), 0.004);
    record_folds(small_trial(6, TrialState::complete, {}, {0.3, 0.4, 0.45}), ours);
    ours.finish(6, TrialState::complete);
    const nlohmann::json seen = optuna("read " + quoted() + " ours").at(0).at("trials").at(6);
    EXPECT_EQ(seen.at("state"), "COMPLETE");
    EXPECT_EQ(seen.at("params").at("lr"), 0.004);
    EXPECT_EQ(seen.at("value"), ours.study().trials[6].score());
}

TEST_F(OptunaOnPostgresSlow, WritesAStudyThatWeReadAsItsJournal) {
    optuna("write " + quoted());
    optuna("write " + file());
    for (const char* name : {"minimize", "maximize"}) {
        const Study in_tables = read_study(uri_, name), in_journal = read_study(file(), name);
        EXPECT_TRUE(in_tables.foreign);
        ASSERT_EQ(in_tables.trials.size(), in_journal.trials.size());
        for (std::size_t i = 0; i < in_tables.trials.size(); ++i) {
            const Trial &a = in_tables.trials[i], &b = in_journal.trials[i];
            EXPECT_EQ(a.state, b.state);
            EXPECT_EQ(a.point, b.point);
            EXPECT_EQ(a.value, b.value);
            ASSERT_EQ(a.folds.at(0).size(), b.folds.at(0).size());
        }
    }
    expect_input_error([&] { read_study(uri_, "two"); }, {"'two'", "2 objectives"});
    // Its tables are good for a study of ours.
    OpenStudy ours(uri_, "ours", small_study());
    record(small_study(), ours);
    EXPECT_EQ(read_study(uri_, "ours").best()->number, small_study().best()->number);
}

TEST_F(OptunaOnPostgresSlow, ItsTablesAreOurs) {
    const auto described = [&](const std::string& database) {
        return server_->sql(
            "SELECT table_name, column_name, data_type, udt_name, character_maximum_length, "
            "is_nullable FROM information_schema.columns WHERE table_schema = 'public' ORDER BY "
            "1, 2; SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname <> "
            "'ix_trials_study_id' ORDER BY 1; SELECT conrelid::regclass::text, contype, "
            "pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = "
            "'public'::regnamespace ORDER BY 1, 2, 3; SELECT enumtypid::regtype::text, enumlabel "
            "FROM "
            "pg_enum ORDER BY 1, enumsortorder",
            database);
    };
    optuna("write " + quoted());
    OpenStudy(server_->create("mine"), "ours", small_study());
    EXPECT_EQ(described("mine"), described("db"));
}

}  // namespace
}  // namespace manygpcm::search
