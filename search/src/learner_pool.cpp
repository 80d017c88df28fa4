// Learner numbers by what the sweep does with them.
#include "learner_pool.h"

#include <cstddef>
#include <numeric>

namespace manygpcm {
namespace {

std::vector<int> learners_from(int from, int to) {
    std::vector<int> numbers(static_cast<std::size_t>(to - from));
    std::iota(numbers.begin(), numbers.end(), from);
    return numbers;
}

}  // namespace

LearnerPool::LearnerPool(const Dataset& dataset, bool cv_on_all) : all(dataset.train) {
    all.insert(all.end(), dataset.test.begin(), dataset.test.end());
    n_cross_validated = static_cast<int>(cv_on_all ? all.size() : dataset.train.size());
}

std::vector<int> LearnerPool::cross_validated() const {
    return learners_from(0, n_cross_validated);
}

std::vector<int> LearnerPool::held_out() const {
    return learners_from(n_cross_validated, static_cast<int>(all.size()));
}

}  // namespace manygpcm
