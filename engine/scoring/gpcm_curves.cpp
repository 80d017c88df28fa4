// One question's curves, by its discrimination and thresholds.
#include "manygpcm/engine/gpcm_curves.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace manygpcm {
namespace {

/// The most categories that follow each other with a known threshold between neighbours.
struct KnownPart {
    std::size_t first = 0, last = 0;  ///< categories, both within
};
KnownPart largest_known_part(std::span<const double> beta) {
    KnownPart largest;
    for (std::size_t from = 0, to = 0; to <= beta.size(); ++to) {
        if (to - from > largest.last - largest.first) largest = {from, to};
        if (to < beta.size() && !std::isfinite(beta[to])) from = to + 1;
    }
    return largest;
}

}  // namespace

std::vector<double> category_probabilities(double theta, double alpha,
                                           std::span<const double> beta) {
    const KnownPart known = largest_known_part(beta);
    if (known.first == known.last || !std::isfinite(alpha))
        return std::vector<double>(beta.size() + 1, std::numeric_limits<double>::quiet_NaN());
    std::vector<double> p(beta.size() + 1, 0.0);
    double logit = 0, largest = 0;
    for (std::size_t k = known.first + 1; k <= known.last; ++k) {
        p[k] = logit += alpha * (theta - beta[k - 1]);
        largest = std::max(largest, logit);
    }
    double total = 0;
    for (std::size_t k = known.first; k <= known.last; ++k)
        total += p[k] = std::exp(p[k] - largest);
    for (double& of_category : p)
        of_category /= total;
    return p;
}

double item_information(double theta, double alpha, std::span<const double> beta) {
    const std::vector<double> p = category_probabilities(theta, alpha, beta);
    double mean = 0, squares = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
        const auto category = static_cast<double>(k);
        mean += category * p[k];
        squares += category * category * p[k];
    }
    return alpha * alpha * (squares - mean * mean);
}

MostInformation most_information(double alpha, std::span<const double> beta) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN(), bound = 6;
    MostInformation most{unknown, unknown};
    // The best tenth of ability, then the best hundredth about it.
    const auto look = [&](double from, double step, int steps) {
        for (int i = 0; i <= steps; ++i) {
            const double theta = std::clamp(from + step * i, -bound, bound);
            const double information = item_information(theta, alpha, beta);
            if (!(information <= most.information) && std::isfinite(information))
                most = {theta, information};
        }
    };
    look(-bound, 0.1, 120);
    if (std::isfinite(most.theta)) look(most.theta - 0.1, 0.01, 20);
    // It still rises there, or is nothing anywhere.
    if (std::abs(most.theta) == bound) most.theta = unknown;
    return most;
}

}  // namespace manygpcm
