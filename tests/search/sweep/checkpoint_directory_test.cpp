// Which files of the checkpoints' directory are kept.
#include "sweep/checkpoint_directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/abandoned_file.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"

namespace manygpcm::search {
namespace {

TEST(CheckpointDirectory, RemovesWhatIsNotNeededAndNothingOfOthers) {
    const TestDirectory directory;
    const auto place = directory.path() / "study.journal.checkpoints";
    std::filesystem::create_directory(place);
    for (const char* name : {"trial-3-fold-0.safetensors", "trial-4-fold-1.safetensors",
                             "trial-4.safetensors", "notes.txt"})
        write_file(place / name, "content");
    const CheckpointDirectory checkpoints(directory.path() / "study.journal");
    checkpoints.keep([](int trial, int fold) { return trial == 3 && fold == 0; });
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"notes.txt", "trial-3-fold-0.safetensors",
                                               "trial-4.safetensors"}));
}

TEST(CheckpointDirectory, IsRemovedAtTheEnd) {
    const TestDirectory directory;
    const auto place = directory.path() / "study.journal.checkpoints";
    const CheckpointDirectory checkpoints(directory.path() / "study.journal");
    checkpoints.clear();  // there is none
    std::filesystem::create_directory(place);
    write_file(place / "trial-4-fold-1.safetensors", "content");
    checkpoints.keep([](int, int) { return false; });
    EXPECT_TRUE(std::filesystem::exists(place)) << "another thread may be about to write there";
    write_file(place / name_of_abandoned_file("trial-4-fold-1.safetensors"), "left by a writer");
    checkpoints.clear();
    EXPECT_FALSE(std::filesystem::exists(place));
}

}  // namespace
}  // namespace manygpcm::search
