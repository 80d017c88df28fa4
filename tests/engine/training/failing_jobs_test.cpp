// Jobs that can't be trained on the CPU: each is told of, and the others are trained.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 12, n_categories = 3, n_learners = 12;

class Jobs : public JobSource {
  public:
    explicit Jobs(std::vector<ReplicaSpec> specs) : specs_(std::move(specs)) {}

    std::optional<TrainingJob> next(bool) override {
        const std::lock_guard lock(mutex_);
        if (next_ == specs_.size()) return std::nullopt;
        const auto id = static_cast<std::int64_t>(next_);
        return TrainingJob{.id = id, .spec = specs_[next_++], .start = nullptr, .epochs = 1};
    }
    bool epoch_done(std::int64_t id, const EpochResult&, const StateReader&) override {
        if (throws_at == id) throw InputError("the record can't be written");
        return true;
    }
    void job_done(std::int64_t id, ReplicaState, Model) override { end(id, "done"); }
    void job_stopped(std::int64_t id, ReplicaState) override { end(id, "stopped"); }
    void job_failed(std::int64_t id, std::exception_ptr why) override {
        try {
            std::rethrow_exception(std::move(why));
        } catch (const std::bad_alloc&) {
            end(id, "out of memory");
        } catch (const std::exception& error) {
            end(id, error.what());
        }
    }
    void abandon() override {
        const std::lock_guard lock(mutex_);
        next_ = specs_.size();
    }

    std::int64_t throws_at = -1;
    std::map<std::int64_t, std::string> ends;

  private:
    void end(std::int64_t id, const std::string& how) {
        const std::lock_guard lock(mutex_);
        EXPECT_TRUE(ends.emplace(id, how).second) << "told twice";
    }

    std::vector<ReplicaSpec> specs_;
    std::size_t next_ = 0;
    std::mutex mutex_;
};

std::vector<ReplicaSpec> small_specs(int n) {
    ReplicaSpec spec;
    spec.hyperparameters.memory_size = 5;
    spec.hyperparameters.key_dim = spec.hyperparameters.value_dim = 8;
    spec.train = numbers_from(0, n_learners);
    return std::vector<ReplicaSpec>(static_cast<std::size_t>(n), spec);
}

void train(Jobs& jobs, int threads) {
    train_jobs({able_learners(n_learners, n_questions, 3, 22), n_questions, n_categories}, jobs,
               threads);
}

TEST(FailingJobs, AreToldOfAndTheOthersTrained) {
    std::vector<ReplicaSpec> specs = small_specs(4);
    specs[1].hyperparameters.model = parse_model("attn_gpcm_learn");
    specs[1].hyperparameters.n_heads = 3;
    specs[2].train.clear();
    for (const int threads : {1, 3}) {
        Jobs jobs(specs);
        train(jobs, threads);
        ASSERT_EQ(jobs.ends.size(), 4u);
        EXPECT_EQ(jobs.ends.at(0), "done");
        EXPECT_EQ(jobs.ends.at(1), "n_heads=3: expected a divisor of embed_dim, which is 64");
        EXPECT_EQ(jobs.ends.at(2), "there are no training learners; expected at least one");
        EXPECT_EQ(jobs.ends.at(3), "done");
    }
}

TEST(FailingJobs, AreNotThoseWhoseSourceFails) {
    Jobs jobs(small_specs(3));
    jobs.throws_at = 1;
    EXPECT_THROW(train(jobs, 1), InputError);
    EXPECT_EQ(jobs.ends, (std::map<std::int64_t, std::string>{{0, "done"}}));
}

std::size_t address_space() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// How jobs end of which the second takes 200 MiB for each array of its parameters, where the
/// process may take 300 MiB more.
std::map<std::int64_t, std::string> ends_with_little_memory() {
    std::vector<ReplicaSpec> specs = small_specs(3);
    specs[1].hyperparameters.key_dim = specs[1].hyperparameters.value_dim = 4096;
    const std::size_t most = address_space() + (std::size_t{300} << 20);
    const rlimit limit{most, most};
    setrlimit(RLIMIT_AS, &limit);
    Jobs jobs(specs);
    train(jobs, 1);
    return jobs.ends;
}

TEST(FailingJobsDeath, AreThoseThatRunOutOfMemory) {
    if (address_space() > std::size_t{1} << 40)
        GTEST_SKIP() << "a sanitizer takes more addresses than can be limited";
    const std::map<std::int64_t, std::string> expected{
        {0, "done"}, {1, "out of memory"}, {2, "done"}};
    EXPECT_EXIT(std::_Exit(ends_with_little_memory() == expected ? 0 : 1),
                testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace manygpcm
