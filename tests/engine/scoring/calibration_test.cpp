// Calibration by hand: three steps in two bins, and the error that they add up to.
#include "manygpcm/engine/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {
namespace {

TEST(Calibration, ComparesConfidenceWithAccuracyBinByBin) {
    const std::vector<float> probabilities = {0.75F, 0.25F, 0.25F, 0.75F, 0, 1};
    const std::vector<std::int32_t> responses = {0, 0, 1};
    Calibration calibration(2);
    calibration.add(std::span(probabilities).first(2), std::span(responses).first(1));
    calibration.add(std::span(probabilities).subspan(2), std::span(responses).subspan(1));
    const auto bins = calibration.bins();
    ASSERT_EQ(bins.size(), 10u);
    EXPECT_EQ(bins[7].count, 2);
    EXPECT_DOUBLE_EQ(bins[7].confidence, 0.75);
    EXPECT_DOUBLE_EQ(bins[7].accuracy, 0.5);
    EXPECT_EQ(bins[9].count, 1);  // a probability of 1
    EXPECT_DOUBLE_EQ(bins[9].accuracy, 1);
    double error = 0;
    for (const CalibrationBin& bin : bins)
        error += static_cast<double>(bin.count) * std::abs(bin.confidence - bin.accuracy) / 3;
    EXPECT_NEAR(compute_metrics(probabilities, responses, 2)["expected_calibration_error"], error,
                1e-12);
}

}  // namespace
}  // namespace manygpcm
