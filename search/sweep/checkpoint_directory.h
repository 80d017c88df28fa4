// Where the states of replicas in flight lie: beside the study, one file a replica.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "manygpcm/engine/training.h"

namespace manygpcm::search {

/// The directory <study>.checkpoints, made when it is first written to. Several processes may use
/// it at once: a replica's states are the same whoever writes them.
class CheckpointDirectory {
  public:
    /// @throws InputError where there can't be such a directory, as its name is too long
    explicit CheckpointDirectory(const std::filesystem::path& study);

    void save(const ReplicaSpec& spec, const ReplicaState& state) const;

    /// The replica's state; null where there is none that is whole and of at most `epochs` epochs.
    std::shared_ptr<const ReplicaState> load(const ReplicaSpec& spec, const ModelConfig& config,
                                             int epochs) const;

    /// Removes the states of all trials and folds but those for which `needed` is true.
    void keep(const std::function<bool(int trial, int fold)>& needed) const;

    /// Removes all of them, and the directory, when nobody writes there any more.
    void clear() const;

  private:
    std::filesystem::path file_of(int trial, int fold) const;

    std::filesystem::path directory_;
};

}  // namespace manygpcm::search
