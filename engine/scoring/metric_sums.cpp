// Sums over steps: O(K^2), however many steps there were.
#include "scoring/metric_sums.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scoring/calibration_bin.h"

namespace manygpcm {
namespace {

constexpr std::array decisions = {Decision::argmax, Decision::median, Decision::expected};
constexpr std::size_t bin_width = 3;  // steps, sum of confidences, steps decided correctly

}  // namespace

MetricSums::MetricSums(int n_categories)
    : n_categories_(static_cast<std::size_t>(n_categories)),
      sums_(decisions.size() * n_categories_ * n_categories_ + calibration_bins * bin_width + 1) {}

void MetricSums::add(std::span<const float> probabilities, int response) {
    const auto observed = static_cast<std::size_t>(response);
    double* confusion = sums_.data();
    for (const Decision decision : decisions) {
        confusion[observed * n_categories_ +
                  static_cast<std::size_t>(decide(probabilities, decision))] += 1;
        confusion += n_categories_ * n_categories_;
    }
    const auto top = static_cast<std::size_t>(decide(probabilities, Decision::argmax));
    const double confidence = probabilities[top];
    double* bins = confusion + calibration_bin(confidence) * bin_width;
    bins[0] += 1;
    bins[1] += confidence;
    bins[2] += top == observed ? 1 : 0;
    // A probability that underflowed to 0 counts as the smallest one a float holds: the mean stays
    // finite.
    sums_.back() -= std::log(std::max(probabilities[observed], std::numeric_limits<float>::min()));
}

void MetricSums::add(const MetricSums& other, int times) {
    for (std::size_t i = 0; i < sums_.size(); ++i)
        sums_[i] += times * other.sums_[i];
}

std::vector<std::int64_t> MetricSums::confusion(Decision decision) const {
    const std::size_t size = n_categories_ * n_categories_;
    const double* first = sums_.data() + static_cast<std::size_t>(decision) * size;
    return {first, first + size};
}

std::vector<double> MetricSums::calibration_gaps() const {
    std::vector<double> gaps;
    const double* bins = sums_.data() + decisions.size() * n_categories_ * n_categories_;
    for (std::size_t bin = 0; bin < calibration_bins; ++bin, bins += bin_width)
        gaps.push_back(std::abs(bins[1] - bins[2]));
    return gaps;
}

}  // namespace manygpcm
