// How far the training of a list of replicas is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "manygpcm/engine/training_length.h"

namespace manygpcm {

/// Counts what an EpochObserver hears of.
class ReplicasProgress {
  public:
    ReplicasProgress(std::size_t replicas, EpochsLeft of_each) : left_(replicas, of_each) {}

    /// The replica has had so many epochs more, and these are left.
    void trained(int replica, int epochs, EpochsLeft left) {
        done_ += epochs;
        left_[static_cast<std::size_t>(replica)] = left;
    }

    std::int64_t epochs_done() const { return done_; }
    std::int64_t least_left() const { return sum(&EpochsLeft::least); }
    std::int64_t most_left() const { return sum(&EpochsLeft::most); }
    std::ptrdiff_t over() const { return std::ranges::count(left_, 0, &EpochsLeft::most); }

  private:
    std::int64_t sum(int EpochsLeft::*of_each) const {
        std::int64_t sum = 0;
        for (const EpochsLeft& left : left_)
            sum += left.*of_each;
        return sum;
    }

    std::vector<EpochsLeft> left_;
    std::int64_t done_ = 0;
};

}  // namespace manygpcm
