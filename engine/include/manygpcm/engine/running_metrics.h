// Metrics of responses that come in parts, whose predictions needn't be held until all are there.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {

class RunningMetrics {
  public:
    /// @param cut_points  whose kappa is asked for; empty: none's is
    explicit RunningMetrics(int n_categories, std::span<const double> cut_points = {});
    RunningMetrics(RunningMetrics&&) noexcept;
    RunningMetrics& operator=(RunningMetrics&&) noexcept;
    ~RunningMetrics();

    /// @param probabilities [n x K], rows sum to 1  @param responses [n], 0..K-1
    void add(std::span<const float> probabilities, std::span<const std::int32_t> responses);

    /// Leaves out each learner's first response, of which nothing is known.
    /// @param offsets [learners + 1] where their responses begin
    void add_without_first(std::span<const float> probabilities,
                           std::span<const std::int32_t> responses,
                           std::span<const std::int32_t> offsets);

    /// Those of compute_metrics() for all that was added.
    Metrics metrics();
    /// Quadratic weighted kappa of what the cut points decide.
    double kappa_of_cut_points() const;

  private:
    struct Sums;
    std::unique_ptr<Sums> sums_;
};

}  // namespace manygpcm
