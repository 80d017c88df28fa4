// A study of ours as its log adds up to it, kept up line by line: a line costs the work for
// what it changes, however much there is.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/search/study.h"
#include "storage/replayed_log.h"

namespace manygpcm::search {

/// The system attribute that says which process trains a trial: only trials of the search have it.
inline constexpr const char* worker_attribute = "manygpcm:worker";

class OwnStudy {
  public:
    /// Study `id` of the lines read so far. Epochs are taken out of the replay: they are here now.
    /// @param log  outlives it
    /// @throws InputError naming the attribute that isn't as ours are, and its line
    OwnStudy(ReplayedLog& log, int id);

    /// Takes in what a line changed. @throws InputError likewise
    void take_in(const Change& change);

    /// Trials in every state, each at its number. @throws InputError likewise
    const Study& study();

    /// Numbers of the trials that Optuna enqueued and nobody has begun, in order.
    const std::set<int>& enqueued() const { return enqueued_; }

  private:
    const StoredStudy& stored() const { return log_.replay.studies().at(id_); }
    void read_attributes();
    void add(int id);
    void read_epochs(int id, int fold);
    void update(int id);

    ReplayedLog& log_;
    int id_;
    Study study_;
    bool attributes_changed_ = false;
    std::set<int> enqueued_;
    std::vector<bool> begun_;                          ///< [number]
    std::vector<std::pair<std::size_t, int>> joined_;  ///< line and number of those begun
};

}  // namespace manygpcm::search
