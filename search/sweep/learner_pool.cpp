// Learner numbers by what the sweep does with them.
#include "sweep/learner_pool.h"

#include "manygpcm/engine/numbers_from.h"

namespace manygpcm::search {

LearnerPool::LearnerPool(const Dataset& dataset, bool cv_on_all)
    : all(all_learners(dataset)),
      n_questions(dataset.n_questions),
      n_categories(dataset.n_categories) {
    n_cross_validated = static_cast<int>(cv_on_all ? all.size() : dataset.train.size());
}

std::vector<int> LearnerPool::cross_validated() const {
    return numbers_from(0, n_cross_validated);
}

std::vector<int> LearnerPool::held_out() const {
    return numbers_from(n_cross_validated, static_cast<int>(all.size()));
}

}  // namespace manygpcm::search
