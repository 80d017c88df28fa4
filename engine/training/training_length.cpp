// For how long replicas are trained: as asked, or until the best is found.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

void hold_out_tenth_of(ReplicaSpec& replica, std::uint64_t seed) {
    if (replica.train.size() < fewest_for_a_tenth)
        throw InputError(
            fmt::format("{}{}: too few to tell the best epoch by a tenth of them; expected "
                        "at least {}, or a number of epochs",
                        counted(std::ssize(replica.train), "training learner"),
                        replica.fold > 0 ? " in a fold" : "", fewest_for_a_tenth));
    Fold fold = hold_out_tenth(replica.train, seed);
    replica.train = std::move(fold.train);
    replica.validation = std::move(fold.validation);
}

}  // namespace

TrainingLength choose_length(std::optional<int> epochs, std::uint64_t seed,
                             std::vector<ReplicaSpec>& replicas) {
    const Hyperparameters& chosen = replicas.front().hyperparameters;
    if (!is_trained(chosen.model)) return 1;
    if (epochs) return *epochs;
    for (ReplicaSpec& replica : replicas)
        hold_out_tenth_of(replica, seed);
    return early_stopping_for(chosen);
}

bool finds_best(const TrainingLength& length) {
    return std::holds_alternative<EarlyStopping>(length);
}

int most_epochs(const TrainingLength& length) {
    const auto* stopping = std::get_if<EarlyStopping>(&length);
    return stopping ? stopping->most_epochs : std::get<int>(length);
}

EpochsLeft epochs_left(const TrainingLength& length, int epochs, int best) {
    const int most = std::max(0, most_epochs(length) - epochs);
    const auto* stopping = std::get_if<EarlyStopping>(&length);
    if (stopping == nullptr || stopping->patience == 0) return {most, most};
    const int least = std::clamp(best + stopping->patience - epochs, 0, most);
    return {least, least > 0 ? most : 0};
}

}  // namespace manygpcm
