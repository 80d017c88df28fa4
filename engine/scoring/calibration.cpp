// Sums by bin, then means.
#include "manygpcm/engine/calibration.h"

#include <algorithm>
#include <cstddef>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {

std::vector<CalibrationBin> calibration_bins(std::span<const float> probabilities,
                                             std::span<const std::int32_t> responses,
                                             int n_categories) {
    constexpr std::size_t n_bins = 10;
    std::vector<CalibrationBin> bins(n_bins);
    for (std::size_t i = 0; i < n_bins; ++i) {
        bins[i].low = static_cast<double>(i) / n_bins;
        bins[i].high = static_cast<double>(i + 1) / n_bins;
    }
    const auto width = static_cast<std::size_t>(n_categories);
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const auto row = probabilities.subspan(i * width, width);
        const int category = decide(row, Decision::argmax);
        const auto confidence = static_cast<double>(row[static_cast<std::size_t>(category)]);
        CalibrationBin& bin =
            bins[std::min(n_bins - 1, static_cast<std::size_t>(confidence * n_bins))];
        ++bin.count;
        bin.confidence += confidence;
        bin.accuracy += category == responses[i];
    }
    for (CalibrationBin& bin : bins) {
        if (bin.count == 0) continue;
        bin.confidence /= static_cast<double>(bin.count);
        bin.accuracy /= static_cast<double>(bin.count);
    }
    return bins;
}

}  // namespace manygpcm
