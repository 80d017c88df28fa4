// What the first signal does, the second, and one that isn't followed.
#include "interruption.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "manygpcm/engine/detail/temporary_directory.h"
#include "manygpcm/engine/files.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;
using testing::ExitedWithCode;
using testing::KilledBySignal;

TEST(InterruptionDeath, TheFirstSignalIsARequest) {
    EXPECT_EXIT(
        {
            const Interruption interruption("last words");
            const bool before = is_set(interruption.requested());
            std::raise(SIGUSR1);
            std::_Exit(!before && is_set(interruption.requested()) ? 0 : 1);
        },
        ExitedWithCode(0), "^$");
}

TEST(InterruptionDeath, IsPassedOnAsItWas) {
    EXPECT_EXIT(
        {
            const Interruption interruption("last words");
            std::raise(SIGTERM);
            interruption.pass_on();
        },
        KilledBySignal(SIGTERM), "^$");
}

TEST(InterruptionDeath, ASecondSignalEndsTheProgramAtOnce) {
    EXPECT_EXIT(
        {
            const Interruption interruption("last words");
            std::raise(SIGTERM);
            std::raise(SIGINT);
            std::_Exit(0);
        },
        KilledBySignal(SIGINT), "last words");
}

TEST(InterruptionDeath, EndsWorkAtOnceThatLeavesNothingBehind) {
    EXPECT_EXIT(
        {
            Interruption interruption("last words");
            interruption.end_at_once();
            std::raise(SIGUSR2);
            std::_Exit(0);
        },
        KilledBySignal(SIGUSR2), "last words");
    EXPECT_EXIT(
        {
            Interruption interruption("last words");
            std::raise(SIGUSR2);
            interruption.end_at_once();
            std::_Exit(0);
        },
        KilledBySignal(SIGUSR2), "last words");
}

/// A file that is being written, and a temporary directory with a file in it.
struct Unfinished {
    explicit Unfinished(const fs::path& directory) : file(directory / "out.csv") {
        file.append("half a line");
        write_file(temporary.path() / "picture.gp", "plot x");
        fs::create_symlink(temporary.path(), directory / "temporary");
    }
    PartedFile file;
    TemporaryDirectory temporary{"test"};
};

class InterruptionOfAWriterDeath : public testing::TestWithParam<int> {
  protected:
    /// Nothing is left but the link to where the temporary directory was.
    void expect_nothing_left() const {
        for (const auto& entry : fs::directory_iterator(directory_.path()))
            EXPECT_EQ(entry.path().filename(), "temporary");
        const fs::path link = directory_.path() / "temporary";
        ASSERT_TRUE(fs::is_symlink(link));
        EXPECT_FALSE(fs::exists(fs::read_symlink(link)));
    }

    const TemporaryDirectory directory_{"test"};
};

TEST_P(InterruptionOfAWriterDeath, LeavesNothingUnfinished) {
    EXPECT_EXIT(
        {
            std::signal(GetParam(), SIG_DFL);  // tests may run under nohup
            leave_nothing_unfinished();
            const Unfinished unfinished(directory_.path());
            std::raise(GetParam());
        },
        KilledBySignal(GetParam()), "^$");
    expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptionOfAWriterDeath,
                         testing::Values(SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP, SIGPIPE));

TEST_F(InterruptionOfAWriterDeath, LeavesNothingUnfinishedAtASecondSignalAndBehindAnInterruption) {
    for (const bool second : {true, false}) {
        fs::remove(directory_.path() / "temporary");
        EXPECT_EXIT(
            {
                leave_nothing_unfinished();
                std::optional<Interruption> interruption("last words");
                const Unfinished unfinished(directory_.path());
                if (second)
                    std::raise(SIGTERM);
                else
                    interruption.reset();
                std::raise(SIGTERM);
            },
            KilledBySignal(SIGTERM), "");
        expect_nothing_left();
    }
}

TEST(InterruptionDeath, LeavesASignalIgnoredThatWas) {
    EXPECT_EXIT(
        {
            std::signal(SIGINT, SIG_IGN);  // as of a shell script's command with `&`
            leave_nothing_unfinished();
            std::raise(SIGINT);
            std::_Exit(0);
        },
        ExitedWithCode(0), "^$");
}

TEST(InterruptionDeath, LeavesSignalsAsTheyWere) {
    EXPECT_EXIT(
        {
            { const Interruption interruption("last words"); }
            std::raise(SIGTERM);
        },
        KilledBySignal(SIGTERM), "^$");
}

TEST(InterruptionDeathSlow, ARequestThatIsNotFollowedEndsTheProgramAllTheSame) {
    EXPECT_EXIT(
        {
            const Interruption interruption("last words");
            std::raise(SIGTERM);
            for (;;)
                pause();
        },
        KilledBySignal(SIGTERM), "last words");
}

}  // namespace
}  // namespace manygpcm::cli
