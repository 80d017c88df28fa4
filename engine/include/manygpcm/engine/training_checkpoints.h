// Training of a list of replicas that goes on where it was interrupted: a directory with a file a
// replica, of its state, its epochs so far and the best of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace manygpcm {

/// Where train_replicas() keeps what it has, and goes on from what it finds.
struct TrainingCheckpoints {
    std::filesystem::path directory;  ///< made when it is first written to
    /// JSON: what the replicas' results depend on. States with others are none of theirs.
    std::string settings;
};

/// What a file in such a directory says of itself.
struct KeptReplica {
    int replica = 0;
    std::filesystem::path file;
    std::string settings;  ///< JSON; empty where the file is damaged or of a newer format
    int epochs = 0;        ///< trained so far
    int best = 0;          ///< of these, so far; 0: none, or none is asked for
};

/// Those of the replicas 0 to n-1 that are in a directory, which need not exist.
std::vector<KeptReplica> kept_replicas(const std::filesystem::path& directory, int n);

/// Removes all of them, what writers that were killed have left, and the directory where nothing
/// else is in it.
void remove_kept_replicas(const std::filesystem::path& directory);

}  // namespace manygpcm
