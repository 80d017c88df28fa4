// A sweep that is killed, interrupted, shared or changed: the study at the end is an undisturbed
// run's.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "manygpcm/engine/model.h"
#include "manygpcm/search/read_study.h"
#include "program.h"
#include "same_study.h"

namespace manygpcm::cli_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Resume : public ProgramTest {
  protected:
    Resume() {
        write_space();
        data_ = simulated_data();
    }

    Arguments sweep(const std::string& out) const {
        return with(small_sweep(data_, "16", "8", out), {"--patience", "0"});
    }

    search::Study study(const std::string& out) const {
        return search::read_study(path(out + "/study.journal"));
    }

  private:
    std::string data_;
};

class ResumeSlow : public Resume {};

TEST_F(ResumeSlow, EndsAsIfNothingHadHappenedWhereItIsKilledTwentyTimes) {
    const Arguments undisturbed = with(sweep("whole"), {"--jobs", "1"});
    const auto start = Clock::now();
    ASSERT_EQ(run(undisturbed).code, 0);
    const auto whole_time = Clock::now() - start;
    const std::string weights = content_of(path("whole/best.safetensors"));

    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    int kills = 0;
    // Each study is killed until it is done; new ones are begun until twenty kills have hit.
    for (int n = 0; kills < 20; ++n) {
        ASSERT_LT(n, 40) << "too few kills hit: " << kills;
        const std::string out = "killed " + std::to_string(n);
        const Arguments command = with(sweep(out), {"--jobs", "1"});
        // Longer each time: a machine that has become busier may need all of it to start the
        // program.
        for (double longer = 1;; longer *= 1.1) {
            const auto delay =
                std::uniform_real_distribution(0.02, 0.7)(random) * longer * whole_time;
            const Outcome outcome = run_and_signal(
                command, SIGKILL, std::chrono::duration_cast<Clock::duration>(delay));
            if (outcome.code == 0) break;
            ASSERT_EQ(outcome.code, -SIGKILL) << outcome.err;
            ++kills;
        }
        expect_same(study(out), study("whole"));
        EXPECT_EQ(content_of(path(out + "/best.safetensors")), weights);
        EXPECT_FALSE(std::filesystem::exists(path(out + "/study.journal.checkpoints")));
    }
}

TEST_F(Resume, GoesOnAfterCtrlCAndSaysSo) {
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string out = "out " + std::to_string(signal);
        Running program(sweep(out));
        wait_until([&] { return std::filesystem::exists(path(out + "/study.journal")); });
        std::this_thread::sleep_for(300ms);
        program.signal(signal);
        Outcome outcome = program.outcome();
        if (outcome.code != 0) {
            EXPECT_EQ(outcome.code, -signal);
            EXPECT_NE(outcome.err.find("study.journal has all so far, and the same command"),
                      std::string::npos)
                << outcome.err;
            EXPECT_EQ(outcome.err.find("100%"), std::string::npos) << outcome.err;
        }
        outcome = run(sweep(out));
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_EQ(study(out).trials.size(), 16u);
    }
}

TEST_F(Resume, IsSharedByTwoProcesses) {
    ASSERT_EQ(run(with(sweep("alone"), {"--jobs", "1"})).code, 0);
    Outcome first, second;
    std::thread other([&] { first = run(with(sweep("shared"), {"--jobs", "1"})); });
    second = run(with(sweep("shared"), {"--jobs", "1"}));
    other.join();
    EXPECT_EQ(first.code, 0) << first.err;
    EXPECT_EQ(second.code, 0) << second.err;
    EXPECT_EQ(first.out, second.out);
    expect_same(study("shared"), study("alone"));
    EXPECT_EQ(content_of(path("shared/best.safetensors")),
              content_of(path("alone/best.safetensors")));
}

TEST_F(Resume, TrainsNothingTwiceWhereItIsDone) {
    ASSERT_EQ(run(sweep("out")).code, 0);
    const std::string journal = content_of(path("out/study.journal"));
    const Outcome again = run(sweep("out"));
    EXPECT_EQ(again.code, 0);
    EXPECT_NE(again.err.find("nothing was left to train"), std::string::npos) << again.err;
    EXPECT_EQ(content_of(path("out/study.journal")), journal);
}

TEST_F(Resume, RefusesAnotherCommandLine) {
    ASSERT_EQ(run(with(sweep("out"), {"--sampler", "random"})).code, 0);
    const std::string journal = content_of(path("out/study.journal"));
    const std::map<std::string, Arguments> changes = {
        {"--sampler random", {"--sampler", "gp"}},
        {"--seed ", {"--sampler", "random", "--seed", "43"}},
        {"--cv-on train", {"--sampler", "random", "--cv-on", "all"}},
        {"--set final_fc_dim=", {"--sampler", "random", "--set", "final_fc_dim=9"}},
    };
    for (const auto& [what, change] : changes)
        expect_refused(run(with(sweep("out"), change)), what);
    EXPECT_EQ(content_of(path("out/study.journal")), journal);
}

}  // namespace
}  // namespace manygpcm::cli_test
