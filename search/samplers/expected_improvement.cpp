// log(phi(z) + z Phi(z)) without the cancellation of its two terms far below 0.
#include "samplers/expected_improvement.h"

#include <cmath>
#include <numbers>

namespace manygpcm::search {
namespace {

double log_h(double z) {
    const double log_root_two_pi = 0.5 * std::log(2 * std::numbers::pi);
    if (z > -1) {
        const double phi = std::exp(-0.5 * z * z - log_root_two_pi);
        return std::log(phi + z * 0.5 * std::erfc(-z / std::numbers::sqrt2));
    }
    if (z > -30) {
        // exp(x^2) erfc(x) neither overflows nor underflows for these x.
        const double x = -z / std::numbers::sqrt2;
        const double scaled = std::exp(x * x) * std::erfc(x);
        return -0.5 * z * z - log_root_two_pi +
               std::log1p(z * scaled * std::sqrt(std::numbers::pi / 2));
    }
    // Mills' ratio as a series: h = phi (1/z^2 - 3/z^4 + 15/z^6 - ...).
    const double w = 1 / (z * z);
    return -0.5 * z * z - log_root_two_pi + std::log(w * (1 - 3 * w * (1 - 5 * w)));
}

}  // namespace

double log_expected_improvement(double mean, double deviation, double best) {
    return std::log(deviation) + log_h((mean - best) / deviation);
}

}  // namespace manygpcm::search
