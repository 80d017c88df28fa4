// Sums by bin, then means.
#include "manygpcm/engine/calibration.h"

#include "manygpcm/engine/metrics.h"
#include "scoring/calibration_bin.h"

namespace manygpcm {
Calibration::Calibration(int n_categories)
    : n_categories_(static_cast<std::size_t>(n_categories)), sums_(calibration_bins) {
    for (std::size_t i = 0; i < calibration_bins; ++i) {
        sums_[i].low = static_cast<double>(i) / calibration_bins;
        sums_[i].high = static_cast<double>(i + 1) / calibration_bins;
    }
}

void Calibration::add(std::span<const float> probabilities,
                      std::span<const std::int32_t> responses) {
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const auto row = probabilities.subspan(i * n_categories_, n_categories_);
        const int category = decide(row, Decision::argmax);
        const auto confidence = static_cast<double>(row[static_cast<std::size_t>(category)]);
        CalibrationBin& bin = sums_[calibration_bin(confidence)];
        ++bin.count;
        bin.confidence += confidence;
        bin.accuracy += category == responses[i];
    }
}

std::vector<CalibrationBin> Calibration::bins() const {
    std::vector<CalibrationBin> bins = sums_;
    for (CalibrationBin& bin : bins) {
        if (bin.count == 0) continue;
        bin.confidence /= static_cast<double>(bin.count);
        bin.accuracy /= static_cast<double>(bin.count);
    }
    return bins;
}

}  // namespace manygpcm
