// Which learners a sweep cross-validates on and which it holds out.
#pragma once

#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm::search {

/// Train and test learners together: cross-validation takes numbers below n_cross_validated, the
/// rest is held out.
struct LearnerPool {
    Learners all;
    int n_questions = 0, n_categories = 0;
    int n_cross_validated = 0;

    /// @param dataset  must outlive it
    LearnerPool(const Dataset& dataset, bool cv_on_all);
    LearnerPool(const Dataset&&, bool) = delete;

    LearnerSet set() const { return {all, n_questions, n_categories}; }
    std::vector<int> cross_validated() const;
    std::vector<int> held_out() const;
};

}  // namespace manygpcm::search
