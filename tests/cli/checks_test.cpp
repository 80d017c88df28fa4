// What commands check beside their options, without running the program.
#include "checks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

TEST(ExpectSuccess, SaysHowManyTrialsFailedAndWhy) {
    EpochResult good, diverged;
    good.train_loss = 0.5;
    good.validation["qwk"] = 0.3;
    diverged.train_loss = std::numeric_limits<double>::quiet_NaN();
    diverged.epoch = 3;
    search::Study study;
    study.trials.push_back(
        {.state = search::TrialState::failed, .point = {}, .folds = {{good}, {diverged}}});
    for (const int number : {1, 2})
        study.trials.push_back({.number = number,
                                .state = search::TrialState::failed,
                                .point = {},
                                .folds = {{}, {}},
                                .failure = "out of memory"});
    study.trials.push_back(
        {.state = search::TrialState::pruned, .point = {}, .folds = {{good}, {}}});
    try {
        expect_success(study, "out/report.md");
        ADD_FAILURE() << "accepted";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(),
                     "no trial of 4 succeeded; trial 1 failed: fold 2: no step of epoch 3 counted, "
                     "as loss or gradient wasn't finite (a lower lr may help); 2 trials failed: "
                     "out of memory; 1 ended before all folds and epochs, or without a score; "
                     "out/report.md has the record of each");
    }
    study.trials.push_back({.point = {}, .folds = {{good}, {good}}});
    EXPECT_NO_THROW(expect_success(study, "out/report.md"));
}

TEST(IsSameFile, ByAnyNameWhetherItExistsOrNot) {
    const TestDirectory directory;
    const fs::path file = directory.write("in.txt", "");
    EXPECT_TRUE(is_same_file(file, directory.path() / "new" / ".." / "in.txt"));
    EXPECT_TRUE(is_same_file(file, directory.path() / "." / "in.txt"));
    EXPECT_FALSE(is_same_file(file, directory.path() / "new" / "in.txt"));
    EXPECT_TRUE(is_same_file("absent.csv", "./absent.csv"));
    EXPECT_TRUE(is_same_file("/dev/null", "/dev/null"));
    EXPECT_TRUE(is_same_file("absent.csv", fs::current_path() / "absent.csv"));
    EXPECT_FALSE(is_same_file("absent.csv", "absent.txt"));
    expect_input_error(
        [&] { expect_writable_apart_from({file}, directory.path() / "new" / ".." / "in.txt"); },
        {"--out ", "in.txt: is the input ", "in.txt; expected another file"});
    EXPECT_FALSE(fs::exists(directory.path() / "new"));
}

}  // namespace
}  // namespace manygpcm::cli
