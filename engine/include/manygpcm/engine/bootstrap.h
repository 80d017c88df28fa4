// How far metrics depend on which learners they are of: these are drawn again, whole (Efron 1979),
// for their steps depend on each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/work.h"

namespace manygpcm {

/// The metrics of every draw, for every entry of Metrics::scalars().
class ResampledMetrics {
  public:
    /// The middle 95% (percentile bootstrap).
    Intervals intervals() const;
    /// The same of what they are above another predictor's of the same responses, both on every
    /// draw, so that what makes learners easy or hard for both cancels out.
    Intervals intervals_above(const ResampledMetrics& other) const;

  private:
    friend class ScoredLearners;
    std::map<std::string, std::vector<double>, std::less<>> values_;  // by metric, [draw]
};

/// What one predictor says of learners that are to be drawn again: sums by learner, and of two
/// categories twelve bytes a step, for the area under the ROC curve.
class ScoredLearners {
  public:
    explicit ScoredLearners(int n_categories);
    ScoredLearners(ScoredLearners&&) noexcept;
    ScoredLearners& operator=(ScoredLearners&&) noexcept;
    ~ScoredLearners();

    /// Adds learners.
    /// @param probabilities [n x K]  @param responses [n]
    /// @param offsets [learners + 1] steps of learner i are offsets[i]..offsets[i+1]-1
    void add(std::span<const float> probabilities, std::span<const std::int32_t> responses,
             std::span<const std::int32_t> offsets);

    /// As many learners are drawn as there are, by seed and draw alone: predictors of the same
    /// learners are scored on the same draws. @param observer  may be empty
    /// @throws Interrupted where `stop` is set
    ResampledMetrics resampled(int draws, std::uint64_t seed, StopFlag stop = nullptr,
                               const WorkObserver& observer = {});

  private:
    struct Sums;
    std::unique_ptr<Sums> sums_;
};

}  // namespace manygpcm
