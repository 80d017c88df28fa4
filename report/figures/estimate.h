// A figure with what is known of its accuracy.
#pragma once

namespace manygpcm::report {

/// A figure with its 95% interval.
struct Estimate {
    double value = 0, low = 0, high = 0;

    bool surely_not_zero() const { return low > 0 || high < 0; }
};

}  // namespace manygpcm::report
