// Training that is interrupted, damaged or changed: the model at the end is an undisturbed run's.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

class ResumeTrain : public ProgramTest {
  protected:
    ResumeTrain() : data_(simulated_data()) {}

    /// @param more  options, --out last
    Arguments train(const std::string& out, const Arguments& more = {}) const {
        return with(
            {"train", "--data", data_, "--model", "deep_gpcm", "--jobs", "2", "--out", path(out)},
            more);
    }

    /// Interrupts a training that would go on for long as soon as it has trained for a while.
    void interrupt(const Arguments& command, int signal) const {
        const Outcome outcome = run_and_signal(command, signal, 700ms);
        EXPECT_EQ(outcome.code, -signal) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("has all so far, and the same command goes on with it"));
    }

    /// All but the times.
    nlohmann::json metrics(const std::string& out) const {
        auto json = nlohmann::json::parse(content_of(path(out + "/metrics.json")));
        for (auto& epoch : json["epochs"])
            epoch.erase("seconds");
        return json;
    }

    void expect_same(const std::string& out, const std::string& whole) const {
        EXPECT_EQ(content_of(path(out + "/model.safetensors")),
                  content_of(path(whole + "/model.safetensors")));
        EXPECT_EQ(metrics(out), metrics(whole));
        EXPECT_FALSE(fs::exists(path(out + "/model.safetensors.checkpoints")));
    }

    fs::path checkpoint(const std::string& out, int i) const {
        return path(out + "/model.safetensors.checkpoints/replica-" + std::to_string(i) +
                    ".safetensors");
    }

  private:
    std::string data_;
};

TEST_F(ResumeTrain, EndsInTheModelOfAnUndisturbedTraining) {
    const Arguments folds = {"--epochs", "60", "--folds", "3"};
    const auto start = Clock::now();
    ASSERT_EQ(run(train("whole", folds)).code, 0);
    auto patience = (Clock::now() - start) / 3;
    int signals = 0;
    for (Outcome outcome;; ++signals) {
        ASSERT_LT(signals, 50);
        outcome =
            run_and_signal(train("out", folds), signals % 2 == 0 ? SIGINT : SIGTERM, patience);
        // A machine that has become busier may need all of it to start the program.
        patience += patience / 4;
        if (outcome.code == 0) {
            EXPECT_THAT(outcome.err, HasSubstr("checkpoints: going on with the "));
            break;
        }
    }
    EXPECT_GE(signals, 1);
    expect_same("out", "whole");
}

TEST_F(ResumeTrain, RefusesOtherSettingsAndSaysWhatCanBeDone) {
    const Arguments long_one = {"--epochs", "100000"};
    interrupt(train("out", long_one), SIGTERM);
    const auto refuses = [&](const Arguments& more, const std::string& words) {
        expect_refused(run(train("out", more)), words);
    };
    refuses({"--epochs", "1"},
            "model.safetensors.checkpoints: has an interrupted training of other settings than "
            "--epochs 1; expected --epochs 100000 to go on with it, --restart to begin anew, or "
            "another --out");
    refuses({}, "of other settings than no --epochs; expected --epochs 100000 to go on");
    refuses(with(long_one, {"--seed", "7", "--set", "lr=0.01"}),
            "of other settings than --seed 7, --set lr=0.01; expected --seed 42, --set lr=0.002");
    refuses(with(long_one, {"--folds", "2"}), "other settings than --folds 2; expected no --folds");
    Arguments other_model = train("out", long_one);
    other_model[4] = "gru_gpcm";
    expect_refused(run(other_model),
                   "of other settings than --model gru_gpcm; expected --model deep_gpcm to go on");
    write(path("learners.csv"), "student,item,score\nana,a,0\nana,b,1\nbo,a,1\nbo,b,0\n");
    Arguments other_data = train("out", long_one);
    other_data[2] = path("learners.csv");
    expect_refused(run(other_data),
                   "has an interrupted training; expected the data that it began with to go on");

    EXPECT_EQ(run(train("out", {"--epochs", "2", "--restart"})).code, 0);
    EXPECT_EQ(metrics("out")["epochs"].size(), 2u);
    EXPECT_FALSE(fs::exists(path("out/model.safetensors.checkpoints")));
}

TEST_F(ResumeTrain, SaysThatACheckpointIsDamagedAndBeginsAnew) {
    const Arguments command = {"--epochs", "100000"};
    interrupt(train("out", command), SIGINT);
    write(checkpoint("out", 0), content_of(checkpoint("out", 0)).substr(0, 1000));
    const Outcome outcome = run_and_signal(train("out", command), SIGINT, 700ms);
    EXPECT_THAT(outcome.err,
                HasSubstr("replica-0.safetensors: is damaged or of a newer program; what it was of "
                          "is trained from its beginning"));
    EXPECT_THAT(outcome.err, testing::Not(HasSubstr("going on with")));
}

}  // namespace
}  // namespace manygpcm::cli_test
