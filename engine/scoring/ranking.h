// The area under the ROC curve, which isn't made of sums over steps: it is of pairs of them. They
// are sorted once; every draw of learners is then one walk along them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

/// Steps of two categories by the probability of category 1.
class Ranking {
  public:
    /// @param learner  number of a learner, from 0
    void add(float probability, bool positive, std::int32_t learner);
    /// Puts what was added in order; area() needs it.
    void sort();

    /// The chance that of a step with response 1 and one with response 0 the former has the higher
    /// probability of 1, equal ones counting half (Mann and Whitney 1947); 0.5 where either is
    /// missing.
    /// @param times [n_learners] how often each learner counts
    double area(std::span<const int> times) const;

  private:
    struct Step {
        float probability;
        std::int32_t learner;
        bool positive;
    };
    std::vector<Step> steps_;     // ascending when sorted
    std::vector<Step> unranked_;  // whose probability is no number, as of a model that diverged
};

/// The same area where each step counts once. Of a step it holds four bytes, and no order.
class RankedOnce {
  public:
    void add(float probability, bool positive);
    double area();

  private:
    std::vector<float> positive_, negative_;
    std::vector<bool> unranked_;  ///< whether positive, of those whose probability is no number
};

}  // namespace manygpcm
