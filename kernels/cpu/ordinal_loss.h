// The part of the ordinal loss that isn't a sum over steps: the soft quadratic weighted kappa.
#pragma once

#include "manygpcm/kernels/gpcm_head.h"

namespace manygpcm::kernels {

/// Writes slope [K, K]: the gradient of -w_qwk softQWK with respect to one step's probability of
/// category k (column) where its response is r (row), up to a constant in each row, which the
/// softmax takes out.
void soft_kappa_slope(int categories, const OrdinalLoss& loss, const double* statistics,
                      double* slope);

}  // namespace manygpcm::kernels
