// Races over folds: whether a trial that has been scored on some folds only can still reach another
// that has been scored on all (docs/search.md).
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace manygpcm::search {

/// Folds are trained in heats, with a race after each: of one fold, then of twice as many as in all
/// before. @return the folds that have been assigned when the heat ends that `told` folds are in
int last_fold_of_heat(int told);

/// What a trial and a fold don't explain of a score, among trials that were all scored on all
/// folds: the residual variance of the two-way layout (Fisher), pooled over several tables.
class FoldVariance {
  public:
    explicit FoldVariance(int folds) : folds_(folds) {}

    /// @param table [trials][folds]
    void add(std::span<const std::vector<double>> table);

    /// None while there are too few degrees of freedom to tell.
    std::optional<double> value() const;

  private:
    int folds_;
    int degrees_ = 0;
    double squares_ = 0;
};

/// By how much the mean of a trial's folds so far is above the other's on the same folds.
double lead(std::span<const double> so_far, std::span<const double> other);

/// Whether the other will stay ahead, at 2 standard errors. The lead over all F folds differs from
/// the lead over m of them by an error of variance 2 v (1/m - 1/F), for the fold variance v: twice,
/// as two trials are compared, and less the more of the folds are known.
bool falls_behind(std::span<const double> so_far, std::span<const double> other, double variance);

}  // namespace manygpcm::search
