#include "cpu/ordinal_loss.h"

#include <algorithm>
#include <cmath>

#include "cpu/scratch.h"

namespace manygpcm::kernels {
namespace {

/// Quadratic agreement of two categories (Cohen 1968): 1 on the diagonal, 0 in the far corners.
double agreement(int a, int b, int categories) {
    const double distance = static_cast<double>(a - b) / (categories - 1);
    return 1 - distance * distance;
}

struct SoftKappa {
    double observed = 0, expected = 0;  ///< agreement
    double* chance;  ///< [K] agreement of each predicted category with the responses' distribution

    double possible() const {
        constexpr double epsilon = 1e-7;  // the reference's
        return 1 - expected + epsilon;
    }
    double value() const { return (observed - expected) / possible(); }
};

SoftKappa soft_kappa(ScratchFrame& frame, int categories, const double* statistics) {
    const double steps = statistics[0], *confusion = statistics + 3;
    SoftKappa kappa{.chance = frame.take<double>(static_cast<std::size_t>(categories))};
    double* predicted = frame.take<double>(static_cast<std::size_t>(categories));
    std::fill_n(kappa.chance, categories, 0.0);
    std::fill_n(predicted, categories, 0.0);
    for (int r = 0; r < categories; ++r) {
        const double* row = confusion + std::ptrdiff_t{r} * categories;
        double share = 0;
        for (int k = 0; k < categories; ++k) {
            const double c = row[k] / steps;
            share += c;
            predicted[k] += c;
            kappa.observed += c * agreement(r, k, categories);
        }
        for (int k = 0; k < categories; ++k)
            kappa.chance[k] += share * agreement(r, k, categories);
    }
    for (int k = 0; k < categories; ++k)
        kappa.expected += predicted[k] * kappa.chance[k];
    return kappa;
}

}  // namespace

OrdinalLoss ordinal_loss(double ce_weight_logit, double focal_weight_logit,
                         double label_smoothing) {
    const double largest = std::max({ce_weight_logit, focal_weight_logit, 0.0});
    const double ce = std::exp(ce_weight_logit - largest);
    const double focal = std::exp(focal_weight_logit - largest), qwk = std::exp(-largest);
    const double sum = ce + focal + qwk;
    return {ce / sum, focal / sum, qwk / sum, label_smoothing};
}

OrdinalLossValue ordinal_loss_value(int categories, const OrdinalLoss& loss,
                                    const double* statistics) {
    ScratchFrame frame;
    const double steps = statistics[0];
    OrdinalLossValue value{.ce = statistics[1] / steps,
                           .focal = statistics[2] / steps,
                           .soft_qwk = soft_kappa(frame, categories, statistics).value()};
    value.total = loss.ce * value.ce + loss.focal * value.focal - loss.qwk * value.soft_qwk;
    return value;
}

void soft_kappa_slope(int categories, const OrdinalLoss& loss, const double* statistics,
                      double* slope) {
    ScratchFrame frame;
    const SoftKappa kappa = soft_kappa(frame, categories, statistics);
    const double by_observed = 1 / kappa.possible();
    const double by_expected = (kappa.value() - 1) / kappa.possible();
    const double weight = -loss.qwk / statistics[0];
    for (int r = 0; r < categories; ++r)
        for (int k = 0; k < categories; ++k)
            slope[r * categories + k] = weight * (by_observed * agreement(r, k, categories) +
                                                  by_expected * kappa.chance[k]);
}

}  // namespace manygpcm::kernels
