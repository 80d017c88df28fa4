// Runs a study: asks points, trains trials on folds as far as the scheduler has it, refits the
// winner and scores it once on test. All is on record in a journal: a sweep that was killed goes
// on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/engine/context.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/choose_space.h"
#include "manygpcm/search/sampler.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// Without a parameter in its space, what is searched is the model's default space; choose_space()
/// sets both by name.
struct SweepConfig : Settings, Context {
    int trials = 50;
    int patience = 15;  ///< trials in a row without a gain that end the search; 0: none do
    /// Processes that will train for the study: a new one assigns so much at once that all find
    /// work.
    int workers = 1;
    /// The journal, or a database's URI; an existing study of the same settings goes on. Empty:
    /// none is kept, and a sweep that is stopped is lost. The sweep's checkpoints are beside the
    /// journal; of a database, beside `weights`.
    std::filesystem::path study;
    std::string study_name = {};  ///< which study of a database; empty: after model and dataset
    /// Where the refitted winner is written, empty: nowhere; the winner that is there already isn't
    /// trained again.
    std::filesystem::path weights;
    /// Where the winner's fold models are written, fold-1.safetensors and so on; empty: nowhere.
    std::filesystem::path fold_weights;
    /// A host's own sampler and rungs. On record they go by Settings::sampler and scheduler, which
    /// then are names that none of ours has: who goes on with the study needs them again. They are
    /// functions of what they are given, as decisions are made anew from the record.
    SamplerMaker own_sampler = {};
    /// Epochs at which trials are compared, ascending; the last is Settings::epochs, the argument.
    std::function<std::vector<int>(int epochs)> own_rungs = {};
};

/// A state of the sweep worth showing, after each epoch of any replica.
struct SweepProgress {
    std::int64_t trials_done = 0, trials = 0;  ///< done: with a first score, or failed
    std::int64_t epochs_done = 0;  ///< over all replicas and runs of the sweep, the refit included
    std::int64_t epochs_before = 0;    ///< of these by earlier runs
    std::int64_t epochs = 0;           ///< expected in all: how far trials are promoted isn't known
    std::optional<double> best_score;  ///< of the trials that were trained fully
    double seconds_elapsed = 0, seconds_left = 0;  ///< the latter to the end of run_sweep()
    double soonest_left = 0, latest_left = 0;  ///< the same where patience ends it at once, never
    double fraction = 0;  ///< of the time that the sweep takes, in all its runs
    bool refitting = false, scoring = false, over = false;
};

/// Who hears of a sweep as it goes; any may be empty. One call at a time, from threads that train
/// or the caller's, which wait for it. What returns false ends the sweep, once the epochs in
/// training are over.
struct SweepCallbacks {
    /// When a search that goes on begins to train, after every epoch of any replica, the refit's
    /// included, again and again while the winner is scored, and at the end; never where nothing is
    /// left to do.
    std::function<bool(const SweepProgress&)> epoch = {};
    /// A trial of this process's is over: trained fully, given up early, or failed.
    std::function<bool(const Trial&)> trial = {};
    /// A trial did so well that it is trained on, up to so many epochs.
    std::function<bool(const Trial&, int epochs)> promotion = {};
};

struct SweepResult {
    Study study;  ///< where the sweep was stopped, its trials so far
    std::optional<Model>
        best;  ///< the winner, refitted on all training learners; none if no trial succeeded
    std::int64_t trials_done = 0;  ///< as SweepProgress has it; other processes' included
    bool stopped = false;          ///< by Context::stop or a callback: the study isn't finished
};

/// The files of the winner's fold models in a directory.
std::vector<std::filesystem::path> fold_files(const std::filesystem::path& directory, int n_folds);

/// Which of a storage's studies the sweep begins or goes on with: the one of that name; of a
/// journal the only one of a sweep, whatever its name; else one named after model and dataset.
std::string study_name_of(const SweepConfig& config, const std::string& dataset);

/// Begins the study, or goes on with it. Several processes may run the same sweep at once, and one
/// process several sweeps, each with a study of its own. Context::notice is told of what the user
/// should know: a repaired journal, a study that goes on, a search that patience ended.
/// @throws InputError for counts below one, more folds than learners, an unknown sampler, scheduler
/// or objective, one that says nothing of the dataset's categories, a study of other settings or
/// asked for more trials before, a journal that can't be used.
SweepResult run_sweep(const Dataset& dataset, const SweepConfig& config,
                      const SweepCallbacks& callbacks = {});

}  // namespace manygpcm::search
