#include "manygpcm/engine/expect_trained.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>

namespace manygpcm {
namespace {

// No hyperparameters that the program accepts are known to end here, so the check is tested alone.
TEST(ExpectTrained, RefusesALastEpochWithoutASingleStep) {
    EpochResult good, bad;
    good.train_loss = 0.5;
    bad.epoch = 2;
    bad.train_loss = std::numeric_limits<double>::quiet_NaN();
    bad.skipped_steps = 7;
    EXPECT_NO_THROW(expect_trained({bad, good}));
    try {
        expect_trained({good, bad});
        ADD_FAILURE() << "accepted";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("of 7 steps in epoch 2 none counted"),
                  std::string::npos)
            << error.what();
    }
}

TEST(ExpectTrained, RefusesPredictionsThatAreNotFinite) {
    EpochResult diverged;
    diverged.epoch = 3;
    diverged.train_loss = 0.5;
    diverged.validation["cross_entropy"] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(expect_trained({diverged}), std::runtime_error);
}

}  // namespace
}  // namespace manygpcm
