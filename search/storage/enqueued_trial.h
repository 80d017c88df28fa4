// Trials that a user enqueues by Optuna or its dashboard: what of them is given, the search fills
// in.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "manygpcm/engine/random.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

struct EnqueuedPoint {
    std::optional<Point> point = {};  ///< settled and feasible
    std::string refusal = {};         ///< where there is none: why, in a line
};

/// The point with the parameters that `given` names at their values, as Optuna has them, and the
/// others as `proposed`. Where that isn't one of the space, as it leaves a parameter open that
/// `given` makes matter, or breaks a constraint, others are drawn from `random`.
EnqueuedPoint enqueued_point(const Space& space, const nlohmann::json& given, const Point& proposed,
                             RandomStream random);

}  // namespace manygpcm::search
