// What makes two commands the same sweep, their data aside.
#pragma once

#include <cstdint>
#include <string>

#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

struct Settings {
    Hyperparameters base;           ///< the model and every value that isn't searched
    Space space;                    ///< what is searched
    std::string objective = "qwk";  ///< the metric that trials are compared by; what scores are
    std::string sampler = "gp", scheduler = "halving";
    std::string cv_on = "train";  ///< the learners cross-validated on: train, or all with none left
    std::uint64_t seed = 42;
    int n_folds = 5, epochs = 15;
};

}  // namespace manygpcm::search
