// Signals that ask the program to end: it does so soon, by the signal, with a line that says what
// it left, and a sweep goes on as if nothing had happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::HasSubstr;

class Signals : public ProgramTest {
  protected:
    Signals() {
        write(path("space.toml"), "[parameters.lr]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n");
        data_ = simulated_data();
    }

    /// Two replicas and the refit, of `epochs` epochs each, one after the other.
    Arguments sweep(const std::string& out, const std::string& epochs) const {
        return with(small_sweep(data_, "1", epochs, out), {"--scheduler", "fixed", "--jobs", "1"});
    }

    Arguments training(const std::string& epochs) const {
        return {"train",    "--data", data_,   "--model",      "deep_gpcm",
                "--epochs", epochs,   "--out", path("trained")};
    }

    bool exists(const std::string& file) const { return fs::exists(path(file)); }

    bool has_trial(const std::string& out) const {
        return exists(out + "/study.journal") &&
               content_of(path(out + "/study.journal")).find("manygpcm:worker") !=
                   std::string::npos;
    }

  private:
    std::string data_;
};

constexpr const char* endless = "100000";
constexpr auto soon = 30s;  // of a machine that may be busy; the program itself allows itself 4

TEST_F(Signals, CtrlCOnATerminalEndsASweepInOrderWhereverItIs) {
    const std::string epochs = "400";
    ASSERT_EQ(run(sweep("whole", epochs)).code, 0);
    for (const char* moment : {"trials 0/1", "training the best"}) {
        SCOPED_TRACE(moment);
        fs::remove_all(path("out"));
        const Outcome stopped = run_on_terminal(sweep("out", epochs), 100, moment);
        EXPECT_EQ(stopped.code, -SIGINT);  // a shell calls it 130
        EXPECT_EQ(stopped.out, "");
        EXPECT_THAT(stopped.err, HasSubstr("study.journal has all so far, and the same command"));
        EXPECT_TRUE(stopped.err.ends_with('\n')) << stopped.err;
        EXPECT_FALSE(exists("out/best.safetensors"));
        const Outcome resumed = run(sweep("out", epochs));
        EXPECT_EQ(resumed.code, 0) << resumed.err;
        EXPECT_EQ(content_of(path("out/best.safetensors")),
                  content_of(path("whole/best.safetensors")));
    }
}

TEST_F(Signals, CtrlCOnATerminalEndsTrainingWhichGoesOn) {
    const Outcome train = run_on_terminal(training(endless), 100, "loss");
    EXPECT_EQ(train.code, -SIGINT);
    EXPECT_EQ(train.out, "");
    EXPECT_THAT(train.err, HasSubstr("model.safetensors.checkpoints has all so far, and the same"));
    EXPECT_TRUE(train.err.ends_with('\n')) << train.err;
    EXPECT_EQ(names_in(path("trained")), std::vector<std::string>{"model.safetensors.checkpoints"});
}

TEST_F(Signals, CtrlCAtOnceSaysWhetherAnythingWasKept) {
    const Outcome train = run_on_terminal(training(endless), 100, "epochs 0/");
    EXPECT_EQ(train.code, -SIGINT);
    EXPECT_THAT(train.err, HasSubstr(exists("trained/model.safetensors.checkpoints")
                                         ? "model.safetensors.checkpoints has all so far"
                                         : "before an epoch was over; nothing was kept"));
}

class EverySignal : public Signals, public testing::WithParamInterface<int> {};

TEST_P(EverySignal, EndsASweepByItself) {
    Running program(sweep("out", endless));
    wait_until([&] { return has_trial("out"); });
    program.signal(GetParam());
    const Outcome outcome = program.outcome(soon);
    EXPECT_EQ(outcome.code, -GetParam());
    EXPECT_THAT(outcome.err, HasSubstr("the same command goes on with it"));
}

INSTANTIATE_TEST_SUITE_P(Signals, EverySignal,
                         testing::Values(SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP));

TEST_F(Signals, EndACommandThatWritesAndLeaveNothing) {
    const auto being_written = [&] {
        for (const std::string& name : names_in(path("out")))
            if (name.ends_with(".tmp")) return true;
        return false;
    };
    std::string learners;
    for (int i = 0; i < 100'000; ++i)
        learners += "2\n1,2\n0,1\n";
    write(path("many.txt"), learners);
    Running program({"predict", "--weights", trained_weights(), "--data", path("many.txt"),
                     "--next", "--out", path("out/next.csv")});
    wait_until(being_written);
    program.signal(SIGTERM);
    const Outcome outcome = program.outcome(soon);
    EXPECT_EQ(outcome.code, -SIGTERM);
    EXPECT_EQ(names_in(path("out")), std::vector<std::string>{});
}

TEST_F(Signals, EndTheWaitForALock) {
    fs::create_directories(path("out"));
    fs::create_symlink("another writer", path("out/study.journal.lock"));
    Running program(sweep("out", "1"));
    wait_until([&] { return exists("out/study.journal"); });
    program.signal(SIGTERM);
    const Outcome outcome = program.outcome(soon);
    EXPECT_EQ(outcome.code, -SIGTERM);
    EXPECT_THAT(outcome.err, HasSubstr("the same command goes on with it"));
}

// The first process is stopped, so that it lives and its trial never ends.
TEST_F(Signals, EndTheWaitForAnothersTrial) {
    Running first(sweep("out", endless));
    wait_until([&] { return has_trial("out"); });
    do {  // not while it has the lock
        first.signal(SIGCONT);
        std::this_thread::sleep_for(20ms);
        first.signal(SIGSTOP);
        std::this_thread::sleep_for(20ms);
    } while (fs::is_symlink(path("out/study.journal.lock")));
    Running second(sweep("out", endless));
    std::this_thread::sleep_for(1s);
    second.signal(SIGTERM);
    const Outcome outcome = second.outcome(soon);
    EXPECT_EQ(outcome.code, -SIGTERM);
    EXPECT_THAT(outcome.err, HasSubstr("going on with its 1 trial"));
    EXPECT_THAT(outcome.err, HasSubstr("the same command goes on with it"));
}

TEST_F(Signals, AFileThatGrowsBeyondTheLimitIsAnErrorOfTheWrite) {
    const Outcome outcome = run(with(training("1"), {"--quiet"}), {.file_size = 4096});
    expect_refused(outcome, "safetensors: cannot write: File too large");
    EXPECT_EQ(names_in(path("trained/model.safetensors.checkpoints")), std::vector<std::string>{});
}

}  // namespace
}  // namespace manygpcm::cli_test
