// What a trial's epochs add up to, and which trial won.
#include "manygpcm/search/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "manygpcm/engine/statistics.h"

namespace manygpcm::search {
namespace {

double score_after(const Trial& trial, const std::vector<EpochResult>& fold, int epochs) {
    return trial.score_of(fold[static_cast<std::size_t>(epochs) - 1]);
}

}  // namespace

Metrics mean_over_folds(std::span<const Metrics> folds) {
    Metrics mean;
    const auto n = static_cast<double>(folds.size());
    for (const Metrics& fold : folds) {
        mean.n += fold.n;
        for (const Metric& metric : metric_table())
            mean[metric] += fold[metric] / n;
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

int Trial::epochs() const {
    if (folds.empty()) return 0;
    return static_cast<int>(std::ranges::min(folds, {}, &std::vector<EpochResult>::size).size());
}

int Trial::folds_trained() const {
    return static_cast<int>(
        std::ranges::count_if(folds, [](const auto& fold) { return !fold.empty(); }));
}

int Trial::epochs_trained() const {
    if (folds.empty()) return 0;
    return static_cast<int>(std::ranges::max(folds, {}, &std::vector<EpochResult>::size).size());
}

int Trial::fold_epochs() const {
    std::size_t sum = 0;
    for (const auto& fold : folds)
        sum += fold.size();
    return static_cast<int>(sum);
}

double Trial::score() const {
    if (value) return *value;
    const int n = epochs();
    if (n == 0) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const auto& fold : folds)
        sum += score_after(*this, fold, n);
    return sum / static_cast<double>(folds.size());
}

double Trial::cv_std() const {
    const int n = epochs();
    if (folds.size() < 2 || n == 0) return 0;
    Moments scores;
    for (const auto& fold : folds)
        scores.add(score_after(*this, fold, n));
    return scores.sample_deviation();
}

std::vector<Metrics> Trial::last_epochs() const {
    std::vector<Metrics> last;
    for (const auto& fold : folds)
        if (!fold.empty()) last.push_back(fold.back().validation);
    return last;
}

double Trial::seconds() const {
    double sum = duration;
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

std::string Trial::why_failed() const {
    for (std::size_t fold = 0; fold < folds.size(); ++fold) {
        const auto says = [&](const std::string& what) {
            return folds.size() == 1 ? what : fmt::format("fold {}: {}", fold + 1, what);
        };
        if (fold < fold_failures.size() && !fold_failures[fold].empty())
            return says(fold_failures[fold]);
        if (folds[fold].empty()) continue;
        const EpochResult& last = folds[fold].back();
        if (!std::isfinite(last.train_loss))
            return says(
                fmt::format("no step of epoch {} counted, as loss or gradient wasn't finite (a "
                            "lower lr may help)",
                            last.epoch));
        if (!std::isfinite(score_of(last)))
            return says(fmt::format("no score after epoch {}", last.epoch));
    }
    return "ended before all folds and epochs";
}

bool Trial::successful() const {
    if (!std::isfinite(score())) return false;
    if (value) return true;
    // A fold whose epoch has no finite loss is one whose every step there was skipped: its model
    // stands still, and its score is that of the point where training broke down.
    const auto n = static_cast<std::size_t>(epochs());
    return std::ranges::all_of(
        folds, [&](const auto& fold) { return std::isfinite(fold[n - 1].train_loss); });
}

const Metric& Study::metric() const {
    const Metric* found = find_metric(objective);
    if (found == nullptr)
        throw std::out_of_range(fmt::format("no metric is named '{}'", objective));
    return *found;
}

void Study::score_by(const Metric& metric) {
    objective = metric.name;
    minimize = metric.minimize;
    for (Trial& trial : trials)
        trial.objective = &metric;
}

const Trial* Study::best() const {
    const Trial* found = nullptr;
    for (const Trial& trial : trials)
        if (trial.full() && (found == nullptr || better(trial.score(), found->score())))
            found = &trial;
    return found;
}

}  // namespace manygpcm::search
