// Mann and Whitney's statistic over a sorted list with multiplicities.
#include "scoring/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace manygpcm {

void Ranking::add(float probability, bool positive, std::int32_t learner) {
    (std::isnan(probability) ? unranked_ : steps_).push_back({probability, learner, positive});
}

void Ranking::sort() {
    std::ranges::sort(steps_, {}, &Step::probability);
}

double Ranking::area(std::span<const int> times) const {
    double below = 0, all_positive = 0, pairs = 0;  // below: steps with response 0
    for (std::size_t first = 0; first < steps_.size();) {
        double positive = 0, negative = 0;
        const float probability = steps_[first].probability;
        std::size_t i = first;
        do {
            (steps_[i].positive ? positive : negative) +=
                times[static_cast<std::size_t>(steps_[i].learner)];
        } while (++i < steps_.size() && steps_[i].probability == probability);
        pairs += positive * (below + negative / 2);
        below += negative;
        all_positive += positive;
        first = i;
    }
    for (const Step& step : unranked_) {  // last, each in its place
        const double n = times[static_cast<std::size_t>(step.learner)];
        if (step.positive) pairs += n * below;
        (step.positive ? all_positive : below) += n;
    }
    return below > 0 && all_positive > 0 ? pairs / (below * all_positive) : 0.5;
}

void RankedOnce::add(float probability, bool positive) {
    if (std::isnan(probability))
        unranked_.push_back(positive);
    else
        (positive ? positive_ : negative_).push_back(probability);
}

double RankedOnce::area() {
    std::ranges::sort(positive_);
    std::ranges::sort(negative_);
    double pairs = 0;
    auto below = negative_.begin(), equal = below;  // the first not below, and not equal
    for (const float probability : positive_) {
        while (below != negative_.end() && *below < probability)
            ++below;
        equal = std::max(equal, below);
        while (equal != negative_.end() && *equal == probability)
            ++equal;
        pairs +=
            static_cast<double>(below - negative_.begin()) + static_cast<double>(equal - below) / 2;
    }
    auto n_positive = static_cast<double>(positive_.size()),
         n_negative = static_cast<double>(negative_.size());
    for (const bool positive : unranked_) {  // last, each in its place
        if (positive) pairs += n_negative;
        (positive ? n_positive : n_negative) += 1;
    }
    return n_negative > 0 && n_positive > 0 ? pairs / (n_negative * n_positive) : 0.5;
}

}  // namespace manygpcm
