// The trainer of a device, on one whose operations are the CPU's: whatever cohorts replicas train
// in, they end in the bits that they end in on the CPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "device/cohort_plan.h"
#include "engine/data/random_learners.h"
#include "engine/device/host_device.h"
#include "engine/small_hyperparameters.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

using kernels::HostDevice;
using kernels::HostMemory;

constexpr int n_questions = 12, n_categories = 3, n_learners = 24;

/// Replicas of one shape that differ in all that a cohort allows, the number of batches included.
std::vector<ReplicaSpec> cohort_of(int n, ModelKind model = parse_model("deep_gpcm")) {
    ReplicaSpec spec;
    Hyperparameters& h = spec.hyperparameters = small_hyperparameters(model);
    h.batch_size = 4;
    h.dropout_rate = 0.2;
    h.lr_patience = 1;
    spec.seed = 3;
    std::vector<ReplicaSpec> specs(static_cast<std::size_t>(n), spec);
    for (int i = 0; i < n; ++i) {
        ReplicaSpec& replica = specs[static_cast<std::size_t>(i)];
        replica.trial = replica.fold = i;
        replica.hyperparameters.lr = 0.002 * (i + 1);
        replica.hyperparameters.label_smoothing = 0.1 * (i % 2);
        if (i % 2 == 1) replica.hyperparameters.optimizer = Optimizer::adamw;
        for (int learner = 0; learner < n_learners; ++learner)
            (learner % 4 == i % 4 ? replica.validation : replica.train).push_back(learner);
        replica.train.resize(replica.train.size() - static_cast<std::size_t>(5 * (i % 3)));
    }
    return specs;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void expect_same(const EpochResult& got, const EpochResult& want) {
    EXPECT_EQ(got.epoch, want.epoch);
    EXPECT_EQ(got.lr, want.lr);
    EXPECT_EQ(got.skipped_steps, want.skipped_steps);
    EXPECT_THAT(got.train_loss, testing::NanSensitiveDoubleEq(want.train_loss));
    EXPECT_EQ(got.validation.n, want.validation.n);
    EXPECT_EQ(got.validation.confusion, want.validation.confusion);
    const auto got_scores = got.validation.scalars(), scores = want.validation.scalars();
    for (std::size_t i = 0; i < scores.size(); ++i)
        EXPECT_THAT(got_scores[i].second, testing::NanSensitiveDoubleEq(scores[i].second))
            << scores[i].first;
}

void expect_same(const std::vector<ReplicaResult>& got, const std::vector<ReplicaResult>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        SCOPED_TRACE("replica " + std::to_string(i));
        ASSERT_EQ(got[i].epochs.size(), want[i].epochs.size());
        for (std::size_t e = 0; e < want[i].epochs.size(); ++e)
            expect_same(got[i].epochs[e], want[i].epochs[e]);
        EXPECT_TRUE(same_bits(got[i].model.parameters, want[i].model.parameters));
    }
}

class DeviceTrainer : public testing::Test {
  protected:
    std::vector<ReplicaResult> on_cpu(std::span<const ReplicaSpec> specs, int epochs) {
        return train_replicas({learners, n_questions, n_categories}, specs, epochs, 1);
    }
    std::vector<ReplicaResult> on_device(std::span<const ReplicaSpec> specs, int epochs,
                                         int streams = 1) {
        return train_replicas({learners, n_questions, n_categories}, specs, epochs,
                              options(streams));
    }
    DeviceTraining options(int streams) {
        return {[this] { return std::make_unique<HostDevice>(memory); }, streams,
                [this](const std::string& line) {
                    if (!line.starts_with(" ")) plans.push_back(line);
                }};
    }

    const std::vector<Learner> learners = able_learners(n_learners, n_questions, 3, 22);
    HostMemory memory;
    std::vector<std::string> plans;  ///< the first line of each
};

class DeviceTrainerOfModels : public DeviceTrainer,
                              public testing::WithParamInterface<ModelKind> {};

TEST_F(DeviceTrainer, GoesOnFromCheckpointsToTheSameBits) {
    const std::vector<ReplicaSpec> specs = cohort_of(4);
    const auto expected = on_cpu(specs, 5);
    const TestDirectory directory;
    const TrainingCheckpoints checkpoints{.directory = directory.path() / "kept", .settings = "{}"};
    for (int stops = 0;; ++stops) {
        ASSERT_LT(stops, 20);
        std::atomic<bool> stop{false};
        int epochs = 0;
        try {
            const auto trained = train_replicas(
                {learners, n_questions, n_categories}, specs, 5, options(1),
                [&](int, const EpochResult&, EpochsLeft) { stop = ++epochs >= 6; }, &stop,
                &checkpoints);
            EXPECT_GT(stops, 1);
            return expect_same(trained, expected);
        } catch (const Interrupted&) {
        }
    }
}

TEST_P(DeviceTrainerOfModels, EndsInTheBitsOfTheCpu) {
    const std::vector<ReplicaSpec> specs = cohort_of(3, GetParam());
    const auto expected = on_cpu(specs, 3), trained = on_device(specs, 3);
    expect_same(trained, expected);
    for (std::size_t i = 0; i < specs.size(); ++i)
        EXPECT_EQ(trained[i].model.mean_alpha, expected[i].model.mean_alpha);
    EXPECT_EQ(memory.used, 0u);
}

INSTANTIATE_TEST_SUITE_P(Models, DeviceTrainerOfModels, testing::ValuesIn(all_models()),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_F(DeviceTrainer, ReplaysOneRecordingAndTransfersOnceAnEpoch) {
    std::vector<ReplicaSpec> specs = cohort_of(3);
    for (ReplicaSpec& spec : specs)
        spec.keep_model = false;
    constexpr int epochs = 4, train_batches = 5, validation_batches = 2, states = 3 * 3;
    on_device(specs, epochs);
    EXPECT_EQ(memory.recordings, 2);
    EXPECT_EQ(memory.replays, epochs * (train_batches + validation_batches) - 2);
    EXPECT_EQ(memory.downloads, epochs + states);
}

TEST_F(DeviceTrainer, MixesShapesSchedulesAndReplicasWithoutValidation) {
    std::vector<ReplicaSpec> specs = cohort_of(4);
    specs[1].hyperparameters.key_dim = 10;
    specs[2].validation.clear();
    specs[3].hyperparameters.lr = 1e30;  // the first step ruins the weights
    expect_same(on_device(specs, 3), on_cpu(specs, 3));
}

TEST_F(DeviceTrainer, GivesTheSameOnSeveralStreams) {
    std::vector<ReplicaSpec> specs = cohort_of(9);
    for (int i = 0; i < 9; i += 2)
        specs[static_cast<std::size_t>(i)].hyperparameters.memory_size = 6;
    expect_same(on_device(specs, 2, 3), on_cpu(specs, 2));
}

TEST_F(DeviceTrainer, HalvesCohortsThatDoNotFit) {
    const std::vector<ReplicaSpec> specs = cohort_of(5);
    on_device(specs, 1);
    const auto expected = on_cpu(specs, 2);
    memory.limit = memory.peak / 2;  // two at once
    expect_same(on_device(specs, 2), expected);
    EXPECT_GT(memory.refused, 0);
    EXPECT_THAT(plans.back(), testing::StartsWith("5 replicas in 3 cohorts, 3 fleets, 1 at once"));
}

TEST_F(DeviceTrainer, HalvesFleetsThatDoNotFit) {
    std::vector<ReplicaSpec> specs = cohort_of(4);
    for (std::size_t i = 0; i < specs.size(); ++i)
        specs[i].hyperparameters.memory_size += static_cast<int>(i);
    const auto expected = on_cpu(specs, 2);
    expect_same(on_device(specs, 2), expected);
    EXPECT_THAT(plans.back(), testing::StartsWith("4 replicas in 4 cohorts, 1 fleet, 1 at once"));
    memory.limit = memory.peak * 2 / 3;
    expect_same(on_device(specs, 2), expected);
    EXPECT_THAT(plans.back(), testing::StartsWith("4 replicas in 4 cohorts, 2 fleets, 1 at once"));
}

TEST_F(DeviceTrainer, SaysWhatWouldFitWhereASingleReplicaDoesNot) {
    const std::vector<ReplicaSpec> specs = cohort_of(1);
    on_device(specs, 1);
    memory.limit = memory.said_free = memory.peak * 9 / 10;
    try {
        on_device(specs, 1);
        FAIL() << "nothing was thrown";
    } catch (const InputError& error) {
        EXPECT_THAT(error.what(), testing::StartsWith("batch_size 4 takes about"));
        EXPECT_THAT(error.what(), testing::HasSubstr("batch_size 2 would fit"));
    }
}

TEST_F(DeviceTrainer, PassesOnThatADeviceCannotBeOpened) {
    DeviceTraining broken = options(2);
    broken.open = []() -> std::unique_ptr<kernels::Device> {
        throw kernels::DeviceError("there is no GPU");
    };
    EXPECT_THROW(train_replicas({learners, n_questions, n_categories}, cohort_of(2), 1, broken),
                 kernels::DeviceError);
}

TEST_F(DeviceTrainer, RefusesHyperparametersThatDoNotFitTogether) {
    std::vector<ReplicaSpec> specs = cohort_of(1, parse_model("attn_gpcm_learn"));
    specs[0].hyperparameters.n_heads = 3;
    EXPECT_THROW(on_device(specs, 1), InputError);
}

/// Ends jobs early, and keeps every state.
class EndingSource : public JobSource {
  public:
    /// @param last epochs after which jobs are ended
    EndingSource(std::vector<TrainingJob> jobs, std::vector<int> last)
        : jobs_(std::move(jobs)), last_(std::move(last)) {}

    std::optional<TrainingJob> next(bool) override {
        const std::lock_guard lock(mutex_);
        if (next_ == jobs_.size()) return std::nullopt;
        return jobs_[next_++];
    }
    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) override {
        ReplicaState copy = state();
        const std::lock_guard lock(mutex_);
        states[{id, epoch.epoch}] = std::move(copy);
        return epoch.epoch < last_[static_cast<std::size_t>(id)];
    }
    void job_done(std::int64_t id, ReplicaState state, Model) override {
        const std::lock_guard lock(mutex_);
        EXPECT_TRUE(done.emplace(id, std::move(state)).second) << "told twice";
    }
    void job_stopped(std::int64_t id, ReplicaState state) override {
        const std::lock_guard lock(mutex_);
        EXPECT_TRUE(stopped.emplace(id, std::move(state)).second) << "told twice";
    }
    void job_failed(std::int64_t id, std::exception_ptr why) override {
        const std::lock_guard lock(mutex_);
        try {
            std::rethrow_exception(std::move(why));
        } catch (const std::exception& error) {
            EXPECT_TRUE(failed.emplace(id, error.what()).second) << "told twice";
        }
    }
    void abandon() override {}

    std::map<std::pair<std::int64_t, int>, ReplicaState> states;
    std::map<std::int64_t, ReplicaState> done, stopped;
    std::map<std::int64_t, std::string> failed;

  private:
    std::vector<TrainingJob> jobs_;
    std::vector<int> last_;
    std::size_t next_ = 0;
    std::mutex mutex_;
};

void expect_same(const ReplicaState& got, const ReplicaState& want) {
    EXPECT_EQ(got.epoch, want.epoch);
    EXPECT_EQ(got.optimizer_steps, want.optimizer_steps);
    EXPECT_EQ(got.dropout_steps, want.dropout_steps);
    EXPECT_EQ(got.lr, want.lr);
    EXPECT_EQ(got.best_score, want.best_score);
    EXPECT_EQ(got.epochs_without_better, want.epochs_without_better);
    EXPECT_TRUE(same_bits(got.parameters, want.parameters));
    EXPECT_TRUE(same_bits(got.first_moment, want.first_moment));
    EXPECT_TRUE(same_bits(got.second_moment, want.second_moment));
}

// The next epoch runs already when the source is asked, so states must be those before it. Jobs
// that outlive most of their cohort, and jobs that start from a state, go on as if nothing was.
TEST_F(DeviceTrainer, EndsContinuesAndReadsJobsBetweenEpochs) {
    std::vector<TrainingJob> jobs;
    for (const ReplicaSpec& spec : cohort_of(5))
        jobs.push_back({static_cast<std::int64_t>(jobs.size()), spec, nullptr, 5});
    const std::vector<int> last{1, 5, 2, 3, 5};
    EndingSource on_cpu(jobs, last);
    train_jobs({learners, n_questions, n_categories}, on_cpu, 1);

    jobs[4].start = std::make_shared<const ReplicaState>(on_cpu.states.at({4, 3}));
    jobs.push_back({5, jobs[0].spec, std::make_shared<const ReplicaState>(on_cpu.done.at(0)), 1});
    EndingSource on_device(jobs, {1, 5, 2, 3, 5, 1});
    train_jobs({learners, n_questions, n_categories}, on_device, options(1));
    EXPECT_EQ(plans.size(), 2u);
    EXPECT_EQ(on_device.states.size(), 1u + 5 + 2 + 3 + 2);
    for (const auto& [key, state] : on_device.states) {
        SCOPED_TRACE("job " + std::to_string(key.first) + " after epoch " +
                     std::to_string(key.second));
        expect_same(state, on_cpu.states.at(key));
    }
    ASSERT_EQ(on_device.done.size(), 6u);
    for (const auto& [id, state] : on_device.done) {
        SCOPED_TRACE("job " + std::to_string(id));
        expect_same(state, on_cpu.done.at(id == 5 ? 0 : id));
    }
}

// Stopped from within an epoch that the device runs: every job is left as it was before, those too
// that wait to be planned anew, and goes on to the same bits.
TEST_F(DeviceTrainer, StopsInAnEpochAndGoesOnToTheSameBits) {
    std::vector<TrainingJob> jobs;
    for (const ReplicaSpec& spec : cohort_of(4))
        jobs.push_back({static_cast<std::int64_t>(jobs.size()), spec, nullptr, 6});
    const std::vector<int> last{6, 6, 6, 6};
    EndingSource whole(jobs, last);
    train_jobs({learners, n_questions, n_categories}, whole, options(1));

    std::map<std::int64_t, ReplicaState> done;
    int runs = 0;
    for (int replays = 3; done.size() < jobs.size(); replays += 5) {
        std::atomic<bool> stop{false};
        memory.replays = 0;
        memory.on_replay = [&] { stop = stop || memory.replays >= replays; };
        std::vector<TrainingJob> left;
        for (const TrainingJob& job : jobs)
            if (!done.contains(job.id)) left.push_back(job);
        EndingSource part(left, last);
        train_jobs({learners, n_questions, n_categories}, part, options(1), &stop);
        for (const auto& [key, state] : part.states)
            expect_same(state, whole.states.at(key));
        for (const auto& [id, state] : part.stopped) {
            SCOPED_TRACE("job " + std::to_string(id) + ", run " + std::to_string(runs));
            if (state.epoch > 0) expect_same(state, whole.states.at({id, state.epoch}));
            jobs[static_cast<std::size_t>(id)].start = std::make_shared<const ReplicaState>(state);
        }
        for (const auto& [id, state] : part.done)
            done.emplace(id, state);
        ASSERT_LT(++runs, 100);
    }
    EXPECT_GT(runs, 3);
    for (const auto& [id, state] : done)
        expect_same(state, whole.done.at(id));
    EXPECT_EQ(memory.used, 0u);
}

// What a device can't run fails alone, whatever it was planned with.
TEST_F(DeviceTrainer, TellsOfJobsThatCannotBeTrainedAndTrainsTheOthers) {
    std::vector<TrainingJob> jobs;
    for (const ReplicaSpec& spec : cohort_of(5))
        jobs.push_back({static_cast<std::int64_t>(jobs.size()), spec, nullptr, 2});
    const std::vector<int> last(5, 2);
    EndingSource whole(jobs, last);
    train_jobs({learners, n_questions, n_categories}, whole, options(1));
    const std::size_t enough = memory.peak;

    memory.widest_scan = jobs[0].spec.hyperparameters.memory_size;
    jobs[1].spec.hyperparameters.memory_size = memory.widest_scan + 1;  // in step with the others
    jobs[2].spec.hyperparameters.key_dim = 1200;                        // takes much memory
    jobs[3].spec.hyperparameters.lr = 1e30;  // diverges, which is no failure
    jobs[4].spec.train.clear();
    memory.limit = enough;
    EndingSource some(jobs, last);
    train_jobs({learners, n_questions, n_categories}, some, options(1));
    ASSERT_EQ(some.done.size(), 2u);
    expect_same(some.done.at(0), whole.done.at(0));
    ASSERT_EQ(some.failed.size(), 3u);
    EXPECT_THAT(some.failed.at(1), testing::HasSubstr("memory_scan: more than"));
    EXPECT_THAT(some.failed.at(2), testing::StartsWith("batch_size 4 takes about"));
    EXPECT_THAT(some.failed.at(4), testing::HasSubstr("no training learners"));
    EXPECT_EQ(memory.used, 0u);
}

TEST(CohortPlan, KeepsShapesApartAndFitsCohortsToMemoryAndStreams) {
    const std::vector<Learner> learners = able_learners(n_learners, n_questions, 3, 22);
    std::vector<TrainingJob> jobs;
    for (const ReplicaSpec& spec : cohort_of(9))
        jobs.push_back({static_cast<std::int64_t>(jobs.size()), spec, nullptr, 2});
    jobs[4].spec.hyperparameters.dropout_rate = 0;
    const auto plan = [&](const CohortLimits& limits) {
        return plan_fleets(kernels::cpu_backend(), jobs, {learners, n_questions, n_categories},
                           limits);
    };
    const auto sizes = [](const std::vector<FleetPlan>& fleets) {
        std::vector<std::vector<std::size_t>> n;
        for (const FleetPlan& fleet : fleets) {
            n.emplace_back();
            for (const CohortPlan& cohort : fleet)
                n.back().push_back(cohort.jobs.size());
        }
        return n;
    };
    using Sizes = std::vector<std::vector<std::size_t>>;
    CohortLimits plenty;
    plenty.memory = std::size_t{1} << 40;
    const std::vector<FleetPlan> fleets = plan(plenty);
    EXPECT_EQ(sizes(fleets), (Sizes{{8, 1}})) << "in step";
    const CohortPlan& first = fleets[0][0];

    CohortLimits limits = plenty;
    limits.streams = 3;
    EXPECT_EQ(sizes(plan(limits)), (Sizes{{3}, {3}, {2, 1}}));
    limits = plenty;
    limits.cohorts = 1;
    EXPECT_EQ(sizes(plan(limits)), (Sizes{{8}, {1}}));
    limits = plenty;
    limits.memory = first.replica_bytes * 4;
    EXPECT_EQ(sizes(plan(limits)), (Sizes{{4}, {4}, {1}}));
    limits.memory = 1;
    EXPECT_EQ(sizes(plan(limits)).size(), 9u) << "each is tried, at least";
    limits = plenty;
    limits.replicas = {{first.shape, 3}};
    EXPECT_EQ(sizes(plan(limits)), (Sizes{{3, 3, 2, 1}}));

    limits = plenty;
    limits.memory = std::size_t{3} << 29;
    const std::vector<std::string> lines = describe(plan(limits), limits);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0], "9 replicas in 2 cohorts, 1 fleet, 1 at once in 1.5 GiB");
    EXPECT_THAT(lines[1], testing::MatchesRegex(
                              "  8 x .* MiB: deep_gpcm threshold_link=identity memory_size=5 "
                              "final_fc_dim=50 dropout_rate=0.2 key_dim=9 value_dim=17 "
                              "batch_size=4 ability_from=state_and_question ordered_thresholds=off "
                              "history=off, batches of up to [0-9]+ steps"));
    EXPECT_THAT(lines[2], testing::StartsWith("  + 1 x "));
    limits.memory = 1;
    EXPECT_THAT(describe(plan(limits), limits),
                testing::ElementsAre(testing::MatchesRegex(
                    "9 replicas in 9 cohorts, 9 fleets, .*; a replica takes .* MiB to .* MiB")));
}

}  // namespace
}  // namespace manygpcm
