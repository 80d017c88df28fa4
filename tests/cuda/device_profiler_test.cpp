// What bench/ learns of a step on a device, here one that the host plays.
#include "device_profiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/data/random_learners.h"
#include "engine/device/host_device.h"
#include "training_time.h"

namespace manygpcm::bench {
namespace {

constexpr int replicas = 2, epochs = 3;

class DeviceProfilerTest : public testing::Test {
  protected:
    DeviceProfilerTest() {
        dataset_.n_questions = 7;
        dataset_.n_categories = 3;
        dataset_.train = able_learners(2, dataset_.n_questions, 2, 2);
        const auto open = [this] {
            return std::make_unique<DeviceProfiler>(std::make_unique<kernels::HostDevice>(memory_),
                                                    profile_);
        };
        epoch_seconds(dataset_, model_, dataset_.train.size(), replicas, {.open = open},
                      epochs - 1);
    }

    const ModelKind model_ = parse_model("attn_gpcm_learn");
    kernels::HostMemory memory_;
    Dataset dataset_;
    DeviceProfile profile_;
};

TEST_F(DeviceProfilerTest, BooksEveryOperationOfOneStep) {
    std::map<std::string, int> calls;
    for (const DeviceProfile::Entry& entry : profile_.operations) {
        SCOPED_TRACE(entry.operation);
        EXPECT_GT(entry.seconds, 0);
        EXPECT_EQ(entry.grouped_seconds > 0, entry.operation.starts_with("linear_"));
        calls[entry.operation] = entry.calls;
    }
    Hyperparameters h = published_best(model_);
    h.batch_size = static_cast<int>(dataset_.train.size());
    for (const kernels::WorkCounter::Entry& counted : step_work(dataset_, h, replicas)) {
        SCOPED_TRACE(counted.operation);
        // A cohort zeroes its gradients, too.
        const int more = counted.operation == "zero" ? 1 : 0;
        EXPECT_EQ(calls[counted.operation], counted.calls + more);
    }
    for (const char* once : {"pack_batch", "ordinal_losses", "next_batch"})
        EXPECT_EQ(calls[once], 1) << once;
}

TEST_F(DeviceProfilerTest, TimesReplaysOfTheStepAndAsManyLaunchesOfNothing) {
    EXPECT_GT(profile_.launches, profile_.operations.size());
    // An epoch is a batch, and the first was looked at.
    EXPECT_THAT(profile_.replays, testing::SizeIs(epochs - 1));
    EXPECT_THAT(profile_.replays, testing::Each(testing::Gt(0)));
    kernels::HostDevice device(memory_);
    EXPECT_GT(empty_launches_seconds(device, profile_.launches), 0);
}

}  // namespace
}  // namespace manygpcm::bench
