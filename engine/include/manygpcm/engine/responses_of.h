// The responses of some learners laid end to end, as predictions are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// @param which numbers of learners, in the order of the result
inline std::vector<std::int32_t> responses_of(std::span<const Learner> learners,
                                              std::span<const int> which) {
    std::vector<std::int32_t> responses;
    for (const int i : which) {
        const auto& own = learners[static_cast<std::size_t>(i)].responses;
        responses.insert(responses.end(), own.begin(), own.end());
    }
    return responses;
}

}  // namespace manygpcm
