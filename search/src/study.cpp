// What a trial's epochs add up to, and which trial won.
#include "manygpcm/search/study.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace manygpcm {
namespace {

bool finished(const std::vector<EpochResult>& fold) {
    return !fold.empty();
}

double last_score(const std::vector<EpochResult>& fold) {
    return fold.back().validation.qwk;
}

}  // namespace

Metrics mean_over_folds(std::span<const Metrics> folds) {
    Metrics mean;
    const auto n = static_cast<double>(folds.size());
    for (const Metrics& fold : folds) {
        mean.n += fold.n;
        for (const auto& [name, scalar] : Metrics::scalar_members())
            mean.*scalar += fold.*scalar / n;
        mean.confusion.resize(fold.confusion.size());
        for (std::size_t i = 0; i < fold.confusion.size(); ++i)
            mean.confusion[i] += fold.confusion[i];
        mean.categories.resize(fold.categories.size());
        for (std::size_t k = 0; k < fold.categories.size(); ++k) {
            mean.categories[k].precision += fold.categories[k].precision / n;
            mean.categories[k].recall += fold.categories[k].recall / n;
            mean.categories[k].f1 += fold.categories[k].f1 / n;
            mean.categories[k].count += fold.categories[k].count;
        }
    }
    return mean;
}

double Trial::score() const {
    if (folds.empty() || !std::all_of(folds.begin(), folds.end(), finished))
        return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const auto& fold : folds)
        sum += last_score(fold);
    return sum / static_cast<double>(folds.size());
}

double Trial::cv_std() const {
    if (folds.size() < 2) return 0;
    const double mean = score();
    double squares = 0;
    for (const auto& fold : folds)
        if (finished(fold)) squares += std::pow(last_score(fold) - mean, 2);
    return std::sqrt(squares / static_cast<double>(folds.size() - 1));
}

double Trial::seconds() const {
    double sum = 0;
    for (const auto& fold : folds)
        for (const EpochResult& epoch : fold)
            sum += epoch.seconds;
    return sum;
}

int Trial::skipped_steps() const {
    int sum = 0;
    for (const auto& fold : folds)
        for (const EpochResult& epoch : fold)
            sum += epoch.skipped_steps;
    return sum;
}

bool Trial::successful() const {
    if (!std::isfinite(score())) return false;
    // A fold whose last epoch has no finite loss is one whose every step there was skipped: its
    // model stands still, and its score is that of the point where training broke down.
    return std::all_of(folds.begin(), folds.end(), [&](const auto& fold) {
        return fold.size() == folds.front().size() && std::isfinite(fold.back().train_loss);
    });
}

const Trial* Study::best() const {
    const Trial* highest = nullptr;
    for (const Trial& trial : trials)
        if (trial.state == TrialState::complete && trial.successful() &&
            (highest == nullptr || trial.score() > highest->score()))
            highest = &trial;
    return highest;
}

}  // namespace manygpcm
