// Trains replicas: one model each, a trial on a fold. A replica's result depends on its spec alone,
// never on its neighbours, the number of threads or how often its training was interrupted.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/training_checkpoints.h"
#include "manygpcm/engine/training_length.h"

namespace manygpcm::kernels {
class Device;  // manygpcm/kernels/devices.h
}

namespace manygpcm {

/// What one replica is: its hyperparameters, its learners and the numbers that key its randomness.
struct ReplicaSpec {
    Hyperparameters hyperparameters;
    std::vector<int> train;       ///< numbers of learners in the set that is trained on
    std::vector<int> validation;  ///< may be empty: nothing is scored then
    std::uint64_t seed = 0;
    int trial = 0;
    int fold = 0;
    int planned_epochs = 0;  ///< that a falling learning rate is spread over; 0: it doesn't fall
    bool keep_model = true;  ///< whether ReplicaResult::model is wanted; a sweep needs scores alone
};

struct EpochResult {
    int epoch = 0;          ///< 1-based
    double train_loss = 0;  ///< mean over the batches that weren't skipped; NaN if all were
    double lr = 0;          ///< learning rate of the epoch
    double seconds = 0;  ///< training and validation; on a device, an equal share of the cohort's
    int skipped_steps = 0;  ///< steps left out because loss or gradient wasn't finite
    Metrics validation;     ///< n = 0 where there are no validation learners
};

/// Everything of a replica that training changes. A replica continued from it ends in the same bits
/// as one that was never interrupted, on the device and build that the state is from.
struct ReplicaState {
    int epoch = 0;            ///< epochs trained
    int optimizer_steps = 0;  ///< taken, those skipped left out
    std::uint32_t dropout_steps = 0;
    double lr = 0;                                                 ///< of the next epoch
    double best_score = -std::numeric_limits<double>::infinity();  ///< validation QWK so far
    int epochs_without_better = 0;
    /// [ParameterLayout(config).size()] each
    std::vector<float> parameters, first_moment, second_moment;
};

/// So much training may be lost in a replica whose process dies.
constexpr std::chrono::seconds checkpoint_interval{10};

/// Writes the state as safetensors, with the spec that it belongs to and a checksum; aside, then
/// renamed. @throws InputError where it can't be written.
void save_checkpoint(const ReplicaSpec& spec, const ReplicaState& state,
                     const std::filesystem::path& file);

/// The state in a file; none where there is no such file, where it is torn or damaged, or where it
/// is another spec's: training is repeated then, which costs time and changes nothing.
std::optional<ReplicaState> load_checkpoint(const ReplicaSpec& spec, const ModelConfig& config,
                                            const std::filesystem::path& file);

/// A replica to train until it has had `epochs` epochs in all, those of its start included.
struct TrainingJob {
    std::int64_t id = 0;  ///< the source's name for it
    ReplicaSpec spec;
    std::shared_ptr<const ReplicaState> start;  ///< null: from the initial weights
    int epochs = 0;
    /// What weights start as that start fitted; null: whoever trains the job sees to it.
    std::shared_ptr<const ClassicalGpcm> fitted = nullptr;
};

/// Takes a replica's state between two epochs; a copy, so not for nothing.
using StateReader = std::function<ReplicaState()>;

/// Gives jobs and hears of them. All of it may be called from several threads at once. What one
/// job is told comes in order; jobs in training at once are independent. What a source throws ends
/// the training of all jobs.
class JobSource {
  public:
    virtual ~JobSource() = default;

    /// The next job, which the caller then trains. None: with `wait`, there will never be one; else
    /// there is none now. A caller that trains many at once asks without waiting while it has some.
    virtual std::optional<TrainingJob> next(bool wait) = 0;

    /// After every epoch, the last included. @return whether to go on; `false` ends the job here
    virtual bool epoch_done(std::int64_t id, const EpochResult& epoch,
                            const StateReader& state) = 0;

    // How a job ends: it is told one of these, once.
    /// After the last epoch, or the one where epoch_done() ended it. `model` is empty unless
    /// ReplicaSpec::keep_model.
    virtual void job_done(std::int64_t id, ReplicaState state, Model model) = 0;
    /// The stop flag was set. `state` is that after the last epoch that the source was told of, or
    /// the job's start, without parameters where it had none and training hadn't begun: what the
    /// epoch in training had done is given up.
    virtual void job_stopped(std::int64_t id, ReplicaState state) = 0;
    /// It can't be trained: it asks for more memory than there is, or for what what trains it
    /// doesn't offer. Other jobs go on.
    virtual void job_failed(std::int64_t id, std::exception_ptr why) = 0;

    /// Training ends with an exception: from now on next() has none, for whoever waits there too.
    virtual void abandon() = 0;
};

/// Trains what `source` gives, one job a thread, until it has none. `learners` is shared and only
/// read. A start that has had the job's epochs is not trained and told of in job_done() alone. Once
/// `stop` is set, jobs in training end before their next optimizer step, and no more are asked for.
/// @throws whatever `source` throws
void train_jobs(const LearnerSet& learners, JobSource& source, int threads,
                StopFlag stop = nullptr);

/// How to train on a device.
struct DeviceTraining {
    /// Opens a stream of the device; each is used by the thread that opened it alone.
    std::function<std::unique_ptr<kernels::Device>()> open;
    int streams = 1;  ///< side by side, a fleet of cohorts on each
    /// Hears every plan of cohorts, for a person, line by line, one call at a time; may be empty.
    std::function<void(const std::string&)> report_plan = {};
};

/// Trains what `source` gives on a device, where replicas of one shape form cohorts. Results are
/// the CPU's but for rounding, which depends on the cohorts, too. Jobs end within about a second of
/// device time once `stop` is set.
/// @throws whatever `source` throws; kernels::DeviceError for a device that fails
void train_jobs(const LearnerSet& learners, JobSource& source, const DeviceTraining& options,
                StopFlag stop = nullptr);

/// What suits a learning rate that falls, which is at its best near the end, or one that doesn't.
EarlyStopping early_stopping_for(const Hyperparameters& h);

struct ReplicaResult {
    Model model;  ///< empty unless ReplicaSpec::keep_model
    std::vector<EpochResult> epochs;
    int epoch = 0;  ///< whose model it is: the last, unless training was to keep the best
};

/// Called after each epoch of each replica, from the thread that trains it, one call at a time.
using EpochObserver = std::function<void(int replica, const EpochResult&, EpochsLeft)>;

/// How long to train replicas of the same hyperparameters where `epochs` may not be given: a tenth
/// of each replica's training learners, by `seed`, then becomes its validation learners, on which
/// the best is found. What is fitted, not trained, takes one pass whatever is given.
/// @throws InputError for a replica with too few learners for that
TrainingLength choose_length(std::optional<int> epochs, std::uint64_t seed,
                             std::vector<ReplicaSpec>& replicas);

/// Trains every replica as long as `length` says on up to `threads` threads. `learners` is shared
/// and only read.
/// @param checkpoints  where the replicas' states are kept every checkpoint_interval and where
/// `stop` is set, and from where they go on, so that a model is the same however often it was
/// interrupted; null: nowhere
/// @throws InputError for hyperparameters that don't fit together; Interrupted where `stop` was set
/// before all were trained; why the first replica couldn't be trained, where one couldn't
std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length, int threads,
                                          const EpochObserver& observer = {},
                                          StopFlag stop = nullptr,
                                          const TrainingCheckpoints* checkpoints = nullptr);

/// The same on a device.
std::vector<ReplicaResult> train_replicas(
    const LearnerSet& learners, std::span<const ReplicaSpec> replicas, const TrainingLength& length,
    const DeviceTraining& options, const EpochObserver& observer = {}, StopFlag stop = nullptr,
    const TrainingCheckpoints* checkpoints = nullptr);

}  // namespace manygpcm
