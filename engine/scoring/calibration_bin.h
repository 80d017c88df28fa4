// Into which bin a step's confidence falls, for the bins that are shown and for the error they
// make.
#pragma once

#include <cstddef>

namespace manygpcm {

inline constexpr std::size_t calibration_bins = 10;

/// Of bins of one width from 0 to 1: the last one for 1, and for NaN, of a model that diverged.
inline std::size_t calibration_bin(double confidence) {
    return confidence < 1 ? static_cast<std::size_t>(confidence * calibration_bins)
                          : calibration_bins - 1;
}

}  // namespace manygpcm
