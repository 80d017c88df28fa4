// A replica that is interrupted, saved, loaded and continued is the one that never was.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <utility>

#include "engine/data/random_learners.h"
#include "engine/small_hyperparameters.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/context.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 12, n_categories = 3, n_epochs = 5;

class Checkpoint : public testing::TestWithParam<ModelKind> {
  protected:
    void SetUp() override {
        learners = learners_of_lengths({7, 20, 1, 13, 9, 4, 18, 6, 11}, n_questions, n_categories);
        Hyperparameters& h = spec.hyperparameters = small_hyperparameters(GetParam());
        h.batch_size = 3;
        h.lr = 0.1;
        h.dropout_rate = 0.3;
        h.lr_patience = 1;
        spec.train = {0, 1, 2, 3, 4, 5, 6};
        spec.validation = {7, 8};
        spec.seed = 3;
        spec.trial = 2;
        spec.fold = 1;
    }

    ModelConfig config() const { return {spec.hyperparameters, n_questions, n_categories}; }

    std::vector<Learner> learners;
    ReplicaSpec spec;
};

/// One job; keeps what it is told.
class OneJob : public JobSource {
  public:
    explicit OneJob(TrainingJob job) : job_(std::move(job)) {}
    std::optional<TrainingJob> next(bool) override { return std::exchange(job_, std::nullopt); }
    bool epoch_done(std::int64_t, const EpochResult& epoch, const StateReader& read) override {
        epochs.push_back(epoch);
        EXPECT_EQ(read().epoch, epoch.epoch);
        return epoch.epoch != stop_after;
    }
    void job_done(std::int64_t, ReplicaState end, Model kept) override {
        state = std::move(end);
        model = std::move(kept);
    }
    void job_stopped(std::int64_t, ReplicaState end) override {
        state = std::move(end);
        stopped = true;
    }
    void job_failed(std::int64_t, std::exception_ptr why) override {
        std::rethrow_exception(std::move(why));
    }
    void abandon() override { job_.reset(); }

    int stop_after = 0;
    bool stopped = false;
    std::vector<EpochResult> epochs;
    std::optional<ReplicaState> state;
    Model model;

  private:
    std::optional<TrainingJob> job_;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST_P(Checkpoint, ContinuesToTheSameBits) {
    const TestDirectory directory;
    const auto file = directory.path() / "checkpoint";
    OneJob whole({.id = 0, .spec = spec, .start = nullptr, .epochs = n_epochs});
    train_jobs({learners, n_questions, n_categories}, whole, 1);
    for (int stop = 1; stop < n_epochs; ++stop) {
        OneJob first({.id = 0, .spec = spec, .start = nullptr, .epochs = n_epochs});
        first.stop_after = stop;
        train_jobs({learners, n_questions, n_categories}, first, 1);
        save_checkpoint(spec, *first.state, file);
        auto loaded = load_checkpoint(spec, config(), file);
        ASSERT_TRUE(loaded);
        EXPECT_EQ(loaded->epoch, stop);
        OneJob second({.id = 0,
                       .spec = spec,
                       .start = std::make_shared<ReplicaState>(std::move(*loaded)),
                       .epochs = n_epochs});
        train_jobs({learners, n_questions, n_categories}, second, 1);
        ASSERT_EQ(first.epochs.size() + second.epochs.size(), whole.epochs.size());
        EXPECT_EQ(second.epochs.front().epoch, stop + 1);
        for (std::size_t i = 0; i < second.epochs.size(); ++i) {
            const EpochResult &a = second.epochs[i], &b = whole.epochs[i + first.epochs.size()];
            EXPECT_EQ(a.train_loss, b.train_loss);
            EXPECT_EQ(a.lr, b.lr);
            EXPECT_EQ(a.validation.scalars(), b.validation.scalars());
        }
        EXPECT_TRUE(same_bits(second.model.parameters, whole.model.parameters)) << stop;
        EXPECT_TRUE(same_bits(second.state->second_moment, whole.state->second_moment)) << stop;
        EXPECT_EQ(second.state->lr, whole.state->lr);
        EXPECT_EQ(second.state->best_score, whole.state->best_score);
    }
}

// Wherever in an epoch the stop comes, what is left is the state before it.
TEST_P(Checkpoint, ContinuesToTheSameBitsWhereItWasStoppedInAnEpoch) {
    OneJob whole({.id = 0, .spec = spec, .start = nullptr, .epochs = n_epochs});
    train_jobs({learners, n_questions, n_categories}, whole, 1);
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    int stops = 0;
    std::shared_ptr<const ReplicaState> start;
    for (bool done = false; !done;) {
        std::atomic<bool> stop{false};
        OneJob part({.id = 0, .spec = spec, .start = start, .epochs = n_epochs});
        double epochs_to_stop = std::uniform_real_distribution(0.0, n_epochs / 2.0)(random);
        train_jobs({learners, n_questions, n_categories}, part,
                   Context{.jobs = 1, .stop = &stop, .trained = [&](double part_of_epoch) {
                               stop = (epochs_to_stop -= part_of_epoch) < 0;
                           }});
        done = part.state && !part.stopped;
        stops += !done;
        ASSERT_LT(stops, 1000);
        const int before = start ? start->epoch : 0;
        if (!part.state) continue;  // stopped before it began
        EXPECT_EQ(part.state->epoch, before + static_cast<int>(part.epochs.size()));
        for (const EpochResult& epoch : part.epochs)
            EXPECT_EQ(epoch.train_loss,
                      whole.epochs[static_cast<std::size_t>(epoch.epoch) - 1].train_loss);
        if (done) {
            EXPECT_TRUE(same_bits(part.model.parameters, whole.model.parameters));
            EXPECT_TRUE(same_bits(part.state->second_moment, whole.state->second_moment));
        }
        start = std::make_shared<ReplicaState>(std::move(*part.state));
    }
}

TEST_P(Checkpoint, IsIgnoredWhereItIsTornDamagedOrAnothers) {
    const TestDirectory directory;
    const auto file = directory.path() / "checkpoint";
    EXPECT_FALSE(load_checkpoint(spec, config(), file)) << "there is none";
    OneJob job({.id = 0, .spec = spec, .start = nullptr, .epochs = 1});
    train_jobs({learners, n_questions, n_categories}, job, 1);
    save_checkpoint(spec, *job.state, file);
    EXPECT_TRUE(load_checkpoint(spec, config(), file));

    const std::string content = read_file(file);
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{200},
                                   content.size() / 2, content.size() - 1}) {
        write_file(file, std::string_view(content).substr(0, size));
        EXPECT_FALSE(load_checkpoint(spec, config(), file)) << size << " bytes";
    }
    std::string damaged = content;
    damaged[content.size() - 100] ^= 1;
    write_file(file, damaged);
    EXPECT_FALSE(load_checkpoint(spec, config(), file));

    write_file(file, content);
    const auto anothers = [&](auto&& change) {
        ReplicaSpec other = spec;
        change(other);
        return !load_checkpoint(other, {other.hyperparameters, n_questions, n_categories}, file);
    };
    EXPECT_TRUE(anothers([](ReplicaSpec& s) { s.seed = 4; }));
    EXPECT_TRUE(anothers([](ReplicaSpec& s) { s.fold = 0; }));
    EXPECT_TRUE(anothers([](ReplicaSpec& s) { s.hyperparameters.lr = 0.2; }));
    EXPECT_TRUE(anothers([](ReplicaSpec& s) { s.train.back() = 7; }));
}

TEST_P(Checkpoint, HasNothingToTrainWhereTheStartHasAllEpochs) {
    OneJob first({.id = 0, .spec = spec, .start = nullptr, .epochs = 2});
    train_jobs({learners, n_questions, n_categories}, first, 1);
    OneJob second({.id = 0,
                   .spec = spec,
                   .start = std::make_shared<ReplicaState>(*first.state),
                   .epochs = 2});
    train_jobs({learners, n_questions, n_categories}, second, 1);
    EXPECT_TRUE(second.epochs.empty());
    EXPECT_TRUE(same_bits(second.model.parameters, first.model.parameters));
}

INSTANTIATE_TEST_SUITE_P(Models, Checkpoint,
                         testing::Values(parse_model("deep_gpcm"), parse_model("attn_gpcm_linear")),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace manygpcm
