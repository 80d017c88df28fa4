// What makes two commands the same sweep, their data aside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

struct Settings {
    /// The model and every value that isn't searched; of several models those of the first choice
    /// of `model`.
    Hyperparameters base;
    std::vector<Hyperparameters> further = {};  ///< the same of the other choices, in their order
    Space space;                                ///< what is searched
    std::string objective = "qwk";  ///< the metric that trials are compared by; what scores are
    std::string sampler = "gp", scheduler = "halving";
    std::string cv_on = "train";  ///< the learners cross-validated on: train, or all with none left
    std::uint64_t seed = 42;
    int n_folds = 5, epochs = 15;

    std::vector<Hyperparameters> bases() const;  ///< of all models that are searched
    /// What is trained at a point: every value. @throws InputError as Space::apply() does
    Hyperparameters at(const Point& point) const;
    /// Where models are searched, of each the point of the space that is nearest to its own values:
    /// what is tried first. None of a model whose point isn't feasible.
    std::vector<Point> first_points() const;
    /// That the classical GPCM, to which the winner is compared, is fitted with: none where no
    /// trial has one, else weak.
    ItemPrior classical_prior() const;
    /// The model's, or that of several (auto_name).
    std::string model_name() const;
};

}  // namespace manygpcm::search
