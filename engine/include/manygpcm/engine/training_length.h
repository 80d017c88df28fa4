// How long replicas are trained: so many epochs, or until the best one is found.
#pragma once

#include <variant>

namespace manygpcm {

/// Training that keeps the epoch with the least cross-entropy on the validation learners. Where
/// that is the start, which is fitted to learners, it is fitted to these as well and so kept.
struct EarlyStopping {
    int most_epochs = 0;
    int patience = 0;  ///< epochs without a better one after which training ends; 0: it goes on
};

/// How long to train: so many epochs, or until the best is found; every replica then needs
/// validation learners.
using TrainingLength = std::variant<int, EarlyStopping>;

/// Whether training ends where the best is found.
bool finds_best(const TrainingLength& length);

/// Epochs that a replica is trained for, at most.
int most_epochs(const TrainingLength& length);

/// Epochs that a replica has still to come: how many is known where it isn't trained until the best
/// is found. None: it is over.
struct EpochsLeft {
    int least = 0, most = 0;
};

/// @param epochs that a replica has had  @param best of them; 0: none is better than the start
EpochsLeft epochs_left(const TrainingLength& length, int epochs = 0, int best = 0);

}  // namespace manygpcm
