// What commands check beside their options, without running the program.
#include "checks.h"

#include <gtest/gtest.h>

#include <limits>

namespace manygpcm::cli {
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
        EXPECT_NE(std::string(error.what()).find("all 7 steps of epoch 2"), std::string::npos)
            << error.what();
    }
}

}  // namespace
}  // namespace manygpcm::cli
