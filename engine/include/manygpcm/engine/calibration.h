// Whether predicted probabilities can be taken at their word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

/// Steps whose most probable category has a probability in [low, high).
struct CalibrationBin {
    double low = 0, high = 0;  ///< the last bin holds 1
    std::int64_t count = 0;
    double confidence = 0;  ///< mean of that probability; 0 for no steps
    double accuracy = 0;    ///< how often that category was the response; 0 for no steps
};

/// Ten bins of equal width: those of Metrics::expected_calibration_error, which is the mean of
/// |confidence - accuracy| over steps.
class Calibration {
  public:
    explicit Calibration(int n_categories);

    /// @param probabilities [n x K], rows sum to 1
    /// @param responses [n], 0..K-1
    void add(std::span<const float> probabilities, std::span<const std::int32_t> responses);

    std::vector<CalibrationBin> bins() const;

  private:
    std::size_t n_categories_;
    std::vector<CalibrationBin> sums_;  ///< confidence and accuracy summed up
};

}  // namespace manygpcm
