// The statistics of a race: a paired comparison on the folds that both trials have.
#include "scheduler/fold_race.h"

#include <cmath>
#include <cstddef>

namespace manygpcm::search {
namespace {

constexpr double standard_errors = 2;
constexpr int least_degrees = 5;

}  // namespace

int last_fold_of_heat(int told) {
    int last = 1;
    while (last <= told)
        last *= 3;
    return last;
}

void FoldVariance::add(std::span<const std::vector<double>> table) {
    if (table.size() < 2) return;
    const auto rows = static_cast<double>(table.size()), columns = static_cast<double>(folds_);
    std::vector<double> of_fold(static_cast<std::size_t>(folds_));
    double all = 0;
    for (const auto& scores : table)
        for (std::size_t fold = 0; fold < scores.size(); ++fold) {
            of_fold[fold] += scores[fold] / rows;
            all += scores[fold] / (rows * columns);
        }
    for (const auto& scores : table) {
        double of_trial = 0;
        for (const double score : scores)
            of_trial += score / columns;
        for (std::size_t fold = 0; fold < scores.size(); ++fold)
            squares_ += std::pow(scores[fold] - of_trial - of_fold[fold] + all, 2);
    }
    degrees_ += (static_cast<int>(table.size()) - 1) * (folds_ - 1);
}

std::optional<double> FoldVariance::value() const {
    if (degrees_ < least_degrees) return std::nullopt;
    return squares_ / degrees_;
}

double lead(std::span<const double> so_far, std::span<const double> other) {
    double sum = 0;
    for (std::size_t fold = 0; fold < so_far.size(); ++fold)
        sum += so_far[fold] - other[fold];
    return sum / static_cast<double>(so_far.size());
}

bool falls_behind(std::span<const double> so_far, std::span<const double> other, double variance) {
    const auto known = static_cast<double>(so_far.size());
    const auto folds = static_cast<double>(other.size());
    const double error = std::sqrt(2 * variance * (1 / known - 1 / folds));
    return lead(so_far, other) < -standard_errors * error;
}

}  // namespace manygpcm::search
