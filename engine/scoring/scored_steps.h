// What the formulas of metrics are of: steps added up, the ways of deciding as tables with margins.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/metric_sums.h"

namespace manygpcm {

/// A confusion matrix in doubles with its margins.
struct ConfusionTable {
    std::size_t size;
    std::vector<double> cells, rows, columns;
    double n = 0;

    ConfusionTable(std::span<const std::int64_t> confusion, std::size_t n_categories);

    double at(std::size_t i, std::size_t j) const { return cells[i * size + j]; }

    /// Sum over all steps of f(observed, predicted).
    template <class F>
    double sum(F f) const {
        double total = 0;
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j)
                total += at(i, j) * f(i, j);
        return total;
    }
    /// The mean of it; 0 without steps.
    template <class F>
    double mean(F f) const {
        return n > 0 ? sum(f) / n : 0.0;
    }
};

class ScoredSteps {
  public:
    /// @param roc_area Ranking::area(); of no meaning but for two categories
    ScoredSteps(const MetricSums& sums, double roc_area);

    const ConfusionTable& decided(Decision decision) const {
        return tables_[static_cast<std::size_t>(decision)];
    }
    const MetricSums& sums() const { return sums_; }
    double n() const { return tables_.front().n; }
    double roc_area() const { return roc_area_; }

    /// All of the table by its formulas, NaN where one isn't defined for so many categories.
    Metrics metrics() const;

  private:
    const MetricSums& sums_;
    std::array<ConfusionTable, 3> tables_;  // [Decision]
    double roc_area_;
};

}  // namespace manygpcm
