// Statistics of samples that Boost.Math lacks.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

namespace manygpcm {

/// Of numbers one after another, however many: the mean and the squares about it (Welford 1962).
struct Moments {
    double n = 0, mean = 0, squares = 0;

    void add(double x) {
        const double from_mean = x - mean;
        mean += from_mean / ++n;
        squares += from_mean * (x - mean);
    }
    /// Theirs; NaN of none.
    double variance() const { return n > 0 ? squares / n : not_known; }
    /// Of what they are a sample of; NaN of fewer than two.
    double sample_deviation() const { return n > 1 ? std::sqrt(squares / (n - 1)) : not_known; }

    static constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
};

/// How much of the variance of abilities is not that of their estimation; NaN of none.
/// @param means, variances  of each learner's posterior
inline double reliability(const Moments& means, const Moments& variances) {
    return means.variance() / (means.variance() + variances.mean);
}

/// The q-quantile of one or more values, linear between the two nearest order statistics (type 7 of
/// Hyndman and Fan 1996, as NumPy's).
/// @param q 0 to 1
double quantile(std::vector<double> values, double q);

/// Pearson's correlation of two samples of one length; NaN where either doesn't vary.
double pearson(const std::vector<double>& x, const std::vector<double>& y);

/// How the values y lie to the values x that they should equal; NaN where a figure is undefined.
struct Likeness {
    double r = 0;                       ///< Pearson's
    double slope = 0, slope_error = 0;  ///< of the least-squares line of y on x; standard error
    double bias = 0, rmsd = 0;          ///< mean and root mean square of y - x
};
/// Of two samples of one length.
Likeness likeness(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace manygpcm
