// What the metrics need to know of a set of steps, as plain sums: learners can be added up and
// resampled without touching their steps again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {

class MetricSums {
  public:
    explicit MetricSums(int n_categories);

    /// Adds one step.
    void add(std::span<const float> probabilities, int response);
    /// Adds `times` copies of all steps of `other`.
    void add(const MetricSums& other, int times);

    int n_categories() const { return static_cast<int>(n_categories_); }
    /// [K x K], rows observed, columns predicted.
    std::vector<std::int64_t> confusion(Decision decision) const;
    /// Of the probabilities of the responses, their negative logarithms.
    double negative_log_likelihood() const { return sums_.back(); }
    /// [10] By bins of the most probable category's probability: how far the sum of these is from
    /// the number of steps where the category was the response.
    std::vector<double> calibration_gaps() const;

  private:
    // One flat vector, so that adding is one loop; counts stay exact in a double.
    // [3 decisions x K x K confusion][10 calibration bins x (steps, confidence, correct)][negative
    // log-likelihood]
    std::size_t n_categories_;
    std::vector<double> sums_;
};

}  // namespace manygpcm
