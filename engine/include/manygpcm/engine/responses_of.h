// The responses of some learners laid end to end, as predictions are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// @param which numbers of learners, in the order of the result
inline std::vector<std::int32_t> responses_of(Learners learners, std::span<const int> which) {
    std::vector<std::int32_t> responses;
    for (const int i : which) {
        const auto& own = learners[static_cast<std::size_t>(i)].responses;
        responses.insert(responses.end(), own.begin(), own.end());
    }
    return responses;
}

/// [n + 1] Where each one's responses begin in responses_of(), and where the last's end.
inline std::vector<std::int32_t> offsets_of(Learners learners, std::span<const int> which) {
    std::vector<std::int32_t> offsets = {0};
    for (const int i : which)
        offsets.push_back(
            offsets.back() +
            static_cast<std::int32_t>(learners[static_cast<std::size_t>(i)].responses.size()));
    return offsets;
}

}  // namespace manygpcm
