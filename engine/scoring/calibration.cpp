// Sums by bin, then means.
#include "manygpcm/engine/calibration.h"

#include <algorithm>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {
namespace {

constexpr std::size_t bins_of_confidence = 10;

}  // namespace

Calibration::Calibration(int n_categories)
    : n_categories_(static_cast<std::size_t>(n_categories)), sums_(bins_of_confidence) {
    for (std::size_t i = 0; i < bins_of_confidence; ++i) {
        sums_[i].low = static_cast<double>(i) / bins_of_confidence;
        sums_[i].high = static_cast<double>(i + 1) / bins_of_confidence;
    }
}

void Calibration::add(std::span<const float> probabilities,
                      std::span<const std::int32_t> responses) {
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const auto row = probabilities.subspan(i * n_categories_, n_categories_);
        const int category = decide(row, Decision::argmax);
        const auto confidence = static_cast<double>(row[static_cast<std::size_t>(category)]);
        // Of a model that diverged it isn't a number.
        CalibrationBin& bin =
            sums_[confidence < 1 ? static_cast<std::size_t>(confidence * bins_of_confidence)
                                 : bins_of_confidence - 1];
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
