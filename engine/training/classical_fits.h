// The classical models that replicas start from: one fit for all replicas that are trained on the
// same learners.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "manygpcm/engine/training.h"

namespace manygpcm {

class ClassicalFits {
  public:
    /// @param learners outlive it
    explicit ClassicalFits(const LearnerSet& learners) : learners_(learners) {}

    /// Gives a job what its weights start as, where it begins and they start fitted. Any thread may
    /// call it; those that need the same fit wait for it.
    /// @throws Interrupted where `stop` is set
    void provide(TrainingJob& job, StopFlag stop);

  private:
    struct Fit {
        std::mutex mutex;
        std::shared_ptr<const ClassicalGpcm> model;  // null: nobody has come to an end with it
    };

    LearnerSet learners_;
    std::mutex mutex_;  // of the next
    /// By the training learners and what is assumed of items.
    std::map<std::pair<std::vector<int>, ItemPrior>, std::unique_ptr<Fit>> fits_;
};

}  // namespace manygpcm
