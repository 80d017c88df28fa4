// Sweeps whose study is in a PostgreSQL database: the same as in a journal, alone or by several
// workers, one of which is killed, or whose server is restarted.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "manygpcm/search/read_study.h"
#include "program.h"
#include "same_study.h"
#include "search/postgres/test_server.h"

namespace manygpcm::cli_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class SweepOnPostgres : public ProgramTest {
  protected:
    void SetUp() override {
        if (const std::string why = why_no_server(); !why.empty()) GTEST_SKIP() << why;
        server_ = std::make_unique<TestServer>();
        server_->create();
        write_space();
        data_ = simulated_data();
    }

    /// Of one thread, its study in a journal in `out`.
    Arguments sweep(const std::string& out) const {
        return with(small_sweep(data_, "16", "8", out), {"--patience", "0", "--jobs", "1"});
    }
    /// Its study in the database, by the name of `out`.
    Arguments sweep_there(const std::string& out) const {
        return with(sweep(out), {"--study", server_->uri(), "--study-name", out});
    }
    search::Study study_there(const std::string& out) const {
        return search::read_study(server_->uri(), out);
    }

    /// In a journal and undisturbed.
    search::Study undisturbed() {
        const Outcome outcome = run(sweep("whole"));
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return search::read_study(path("whole/study.journal"));
    }

    std::unique_ptr<TestServer> server_;
    std::string data_;
};

class SweepOnPostgresSlow : public SweepOnPostgres {};

TEST_F(SweepOnPostgres, EndsAsInAJournal) {
    const search::Study whole = undisturbed();
    const Outcome there = run(with(sweep_there("there"), {"--serve", "0"}));
    ASSERT_EQ(there.code, 0) << there.err;
    expect_same(study_there("there"), whole);
    EXPECT_EQ(content_of(path("there/best.safetensors")),
              content_of(path("whole/best.safetensors")));
    EXPECT_FALSE(std::filesystem::exists(path("there/study.checkpoints")));
    EXPECT_FALSE(std::filesystem::exists(path("there/study.journal")));
    EXPECT_NE(there.out.find("postgresql://optuna@/db?host="), std::string::npos) << there.out;

    const Outcome again = run(sweep_there("there"));
    EXPECT_EQ(again.code, 0);
    EXPECT_NE(again.err.find("nothing was left to train"), std::string::npos) << again.err;
    const Outcome report = run({"report", "--study", server_->uri(), "--out", path("report")});
    EXPECT_EQ(report.code, 0) << report.err;
    EXPECT_NE(report.out.find("best trial: "), std::string::npos) << report.out;
    const Outcome both = run({"report", "--study", server_->uri(), "--study", path("whole")});
    EXPECT_EQ(both.code, 0) << both.err;
    expect_refused(run(with(sweep_there("there"), {"--seed", "43"})), "--seed ");
}

TEST_F(SweepOnPostgres, IsSharedByTwoAndGoesOnWhereTheServerIsRestarted) {
    const search::Study whole = undisturbed();
    Running one(sweep_there("shared")), other(sweep_there("shared"));
    wait_until([&] {
        return !search::study_names(server_->uri()).empty() &&
               study_there("shared").begun.size() > 2;
    });
    server_->stop("immediate");
    std::this_thread::sleep_for(300ms);
    server_->start();
    for (Running* worker : {&one, &other}) {
        const Outcome outcome = worker->outcome(300s);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
    }
    expect_same(study_there("shared"), whole);
}

TEST_F(SweepOnPostgres, SaysWhatIsWrongBeforeItTrains) {
    Arguments nowhere = sweep("out");
    expect_refused(run(with(nowhere, {"--study", server_->uri("none")})),
                   "database \"none\" does not exist");
    expect_refused(run(with(nowhere, {"--study-name", "name"})), "--study-name");
    expect_refused(
        run(with(nowhere, {"--study", server_->uri(), "--study-name", std::string(513, 'x')})),
        "--study-name: has 513 bytes");
    expect_refused(run(with(nowhere, {"--study", "mysql://user:secret@host/db"})),
                   "--study mysql://...: isn't a storage");
    expect_refused(run({"report", "--study", server_->uri(), "--out", path("out")}),
                   "has no study");
}

TEST_F(SweepOnPostgresSlow, EndsAsIfNothingHadHappenedWhereOneOfFourIsKilledTwentyTimes) {
    const auto start = Clock::now();
    const search::Study whole = undisturbed();
    const auto whole_time = Clock::now() - start;
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    int kills = 0;
    for (int n = 0; kills < 20; ++n) {
        ASSERT_LT(n, 60) << "too few kills hit: " << kills;
        const std::string out = "killed " + std::to_string(n);
        {
            Running one(sweep_there(out)), two(sweep_there(out)), three(sweep_there(out));
            const Outcome killed =
                run_and_signal(sweep_there(out), SIGKILL,
                               std::chrono::duration_cast<Clock::duration>(
                                   std::uniform_real_distribution(0.02, 0.9)(random) * whole_time));
            if (killed.code == -SIGKILL) ++kills;
            for (Running* other : {&one, &two, &three}) {
                const Outcome outcome = other->outcome(300s);
                EXPECT_EQ(outcome.code, 0) << outcome.err;
            }
        }
        const search::Study study = study_there(out);
        expect_same(study, whole);
        EXPECT_EQ(content_of(path(out + "/best.safetensors")),
                  content_of(path("whole/best.safetensors")));
        EXPECT_FALSE(std::filesystem::exists(path(out + "/study.checkpoints")));
    }
}

}  // namespace
}  // namespace manygpcm::cli_test
