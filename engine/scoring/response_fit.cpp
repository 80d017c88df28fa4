// Moments of one predicted distribution, and what sums of them say.
#include "manygpcm/engine/response_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace manygpcm {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
// A distribution that is all but certain has no less variance than this: a surprise costs much, but
// not everything.
constexpr double least_variance = 1e-6;

// Wilson and Hilferty's cube root is accurate from so many degrees of freedom 2 / q^2 on (the
// manual of Winsteps, WHEXACT). Simulated, chance then takes 3% to 6% of |z| beyond 1.96, of
// questions of two and of four categories; with fewer 1% to 24%, however many answered.
constexpr double fewest_degrees_of_freedom = 25;

double standardized_mean_square(double mean_square, double variance) {
    if (!(variance > 0) || 2 / variance < fewest_degrees_of_freedom) return undefined;
    const double q = std::sqrt(variance);
    return (std::cbrt(mean_square) - 1) * 3 / q + q / 3;
}

}  // namespace

ResponseFit response_fit(std::span<const float> probabilities, int response) {
    double expected = 0;
    ResponseFit fit;
    const auto log_of = [](float p) {
        return std::log(double{std::max(p, std::numeric_limits<float>::min())});
    };
    double squares = 0;
    for (std::size_t k = 0; k < probabilities.size(); ++k) {
        const double p = probabilities[k], log_p = log_of(probabilities[k]);
        expected += static_cast<double>(k) * p;
        fit.expected_log += p * log_p;
        squares += p * log_p * log_p;
    }
    fit.variance_of_log = std::max(0.0, squares - fit.expected_log * fit.expected_log);
    for (std::size_t k = 0; k < probabilities.size(); ++k) {
        const double square = std::pow(static_cast<double>(k) - expected, 2);
        fit.variance += double{probabilities[k]} * square;
        fit.fourth += double{probabilities[k]} * square * square;
    }
    fit.variance = std::max(fit.variance, least_variance);
    fit.fourth = std::max(fit.fourth, fit.variance * fit.variance);
    fit.residual = response - expected;
    fit.log_likelihood = log_of(probabilities[static_cast<std::size_t>(response)]);
    return fit;
}

void ItemFitSums::add(const ResponseFit& of) {
    ++n_;
    const double square = of.residual * of.residual, w = of.variance;
    squares_ += square;
    standardized_ += square / w;
    variance_ += w;
    excess_ += of.fourth - w * w;
    standardized_excess_ += of.fourth / (w * w) - 1;
}

ItemFit ItemFitSums::fit() const {
    if (n_ == 0) return {undefined, undefined, undefined, undefined};
    const auto n = static_cast<double>(n_);
    const double outfit = standardized_ / n, infit = squares_ / variance_;
    return {.outfit = outfit,
            .infit = infit,
            .z_outfit = standardized_mean_square(outfit, standardized_excess_ / (n * n)),
            .z_infit = standardized_mean_square(infit, excess_ / (variance_ * variance_))};
}

void PersonFitSums::add(const ResponseFit& of) {
    ++n_;
    difference_ += of.log_likelihood - of.expected_log;
    variance_ += of.variance_of_log;
}

double PersonFitSums::lz() const {
    return variance_ > 0 ? difference_ / std::sqrt(variance_) : undefined;
}

}  // namespace manygpcm
