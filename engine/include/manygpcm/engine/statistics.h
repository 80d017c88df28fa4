// Statistics of samples that Boost.Math lacks.
#pragma once

#include <vector>

namespace manygpcm {

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
