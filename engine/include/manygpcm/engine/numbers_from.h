// Learners one after another, for what takes the numbers of some.
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

namespace manygpcm {

/// from, from + 1, ..., to - 1
inline std::vector<int> numbers_from(int from, int to) {
    std::vector<int> numbers(static_cast<std::size_t>(to - from));
    std::iota(numbers.begin(), numbers.end(), from);
    return numbers;
}

}  // namespace manygpcm
