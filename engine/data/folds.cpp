// K-fold cross-validation over learners: shuffle once, cut evenly.
#include "manygpcm/engine/folds.h"

#include <fmt/format.h>

#include <algorithm>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/random.h"

namespace manygpcm {

std::vector<Fold> k_fold(int n_learners, int n_folds, std::uint64_t seed) {
    if (n_folds < 2 || n_folds > n_learners)
        throw InputError(fmt::format(
            "{} folds: expected at least 2 and at most one per learner ({})", n_folds, n_learners));
    std::vector<int> shuffled = numbers_from(0, n_learners);
    RandomStream(seed, RandomUse::folds).shuffle(shuffled);

    std::vector<Fold> folds;
    auto part = shuffled.begin();
    for (int i = 0; i < n_folds; ++i) {
        const auto next = part + n_learners / n_folds + (i < n_learners % n_folds ? 1 : 0);
        Fold fold;
        fold.validation.assign(part, next);
        fold.train.assign(shuffled.begin(), part);
        fold.train.insert(fold.train.end(), next, shuffled.end());
        std::ranges::sort(fold.validation);
        std::ranges::sort(fold.train);
        folds.push_back(std::move(fold));
        part = next;
    }
    return folds;
}

Fold hold_out_tenth(std::span<const int> learners, std::uint64_t seed) {
    if (learners.size() < fewest_for_a_tenth)
        throw InputError(
            fmt::format("{} training learners: expected at least {} to hold out a tenth",
                        learners.size(), fewest_for_a_tenth));
    constexpr int tenths = 10;
    Fold fold = k_fold(static_cast<int>(learners.size()), tenths, seed).front();
    for (std::vector<int>* part : {&fold.train, &fold.validation})
        for (int& i : *part)
            i = learners[static_cast<std::size_t>(i)];
    return fold;
}

}  // namespace manygpcm
