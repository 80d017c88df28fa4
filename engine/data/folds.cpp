// K-fold cross-validation over learners: shuffle once, cut evenly.
#include "manygpcm/engine/folds.h"

#include <fmt/format.h>

#include <algorithm>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {

void expect_folds(int n_learners, int n_folds) {
    constexpr int fewest = 2;
    if (n_learners < fewest)
        throw InputError(
            fmt::format("{} to cross-validate on; expected {} or more, as a fold leaves "
                        "some out",
                        counted(n_learners, "learner"), fewest));
    if (n_folds < fewest || n_folds > n_learners)
        throw InputError(fmt::format(
            "{} of {} learners; expected {} folds{}", counted(n_folds, "fold"), n_learners, fewest,
            n_learners > fewest ? fmt::format(" to {}, one a learner", n_learners) : ""));
}

std::vector<Fold> k_fold(int n_learners, int n_folds, std::uint64_t seed) {
    expect_folds(n_learners, n_folds);
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
    Fold fold =
        k_fold(static_cast<int>(learners.size()), static_cast<int>(fewest_for_a_tenth), seed)
            .front();
    for (std::vector<int>* part : {&fold.train, &fold.validation})
        for (int& i : *part)
            i = learners[static_cast<std::size_t>(i)];
    return fold;
}

}  // namespace manygpcm
