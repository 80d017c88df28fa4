// Many learners some at a time, so that little of what is said of them is held at once.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// `which` cut, in its order, into parts of whole learners that have about so many steps.
inline std::vector<std::span<const int>> parts_of(Learners learners, std::span<const int> which,
                                                  std::size_t steps = std::size_t{1} << 18) {
    std::vector<std::span<const int>> parts;
    for (std::size_t first = 0, last = 0; first < which.size(); first = last) {
        for (std::size_t own = 0; last < which.size() && own < steps; ++last)
            own += learners[static_cast<std::size_t>(which[last])].questions.size();
        parts.push_back(which.subspan(first, last - first));
    }
    return parts;
}
std::vector<std::span<const int>> parts_of(Learners learners, const std::vector<int>&& which,
                                           std::size_t steps = 0) =
    delete;  // parts of what is gone

}  // namespace manygpcm
