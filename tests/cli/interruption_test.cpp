// What the first signal does, the second, and one that isn't followed.
#include "interruption.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace manygpcm::cli {
namespace {

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
