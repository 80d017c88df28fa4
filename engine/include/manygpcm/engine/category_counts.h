// How often every question was answered in every category, and so which of its thresholds the
// answers tell of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// [Q x K] responses of the learners `which`, by question and category.
std::vector<std::int64_t> count_categories(const LearnerSet& learners, std::span<const int> which);

/// Whether a question was answered in more than one category. @param counts [K] of the question
inline bool answers_vary(std::span<const std::int64_t> counts) {
    return std::ranges::count_if(counts, [](std::int64_t n) { return n > 0; }) > 1;
}

/// Puts NaN for every threshold that no answer tells of. Threshold j is where categories j and j+1
/// are equally probable: where one of them never occurred, its value is the prior's, or chance's.
/// @param counts [Q x K]; empty: unknown, nothing is changed  @param thresholds [Q x (K-1)]
template <class T>
void blank_unidentified(std::span<const std::int64_t> counts, int n_categories,
                        std::span<T> thresholds) {
    const auto n = static_cast<std::size_t>(n_categories);
    for (std::size_t i = 0; i < thresholds.size() && !counts.empty(); ++i) {
        const std::size_t below = i / (n - 1) * n + i % (n - 1);
        if (counts[below] == 0 || counts[below + 1] == 0)
            thresholds[i] = std::numeric_limits<T>::quiet_NaN();
    }
}

}  // namespace manygpcm
