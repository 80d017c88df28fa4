// How much better than the best a normally distributed score is expected to be, as a logarithm.
#pragma once

namespace manygpcm::search {

/// log E[max(0, s - best)] for s normal with this mean and standard deviation > 0; accurate where
/// the expectation itself underflows.
/// Ament et al.: "Unexpected improvements to expected improvement for Bayesian optimization",
/// NeurIPS 2023, eqs. 8 and 9.
double log_expected_improvement(double mean, double deviation, double best);

}  // namespace manygpcm::search
