// Every operation that the benchmarks and the doctor time can be set up and called on a device, at
// the sizes that they time. The emulation lists the calls instead of running them, which would take
// long; a GPU runs them.
#include "training_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/kernels/cuda.h"

#ifdef MANYGPCM_CUDA_EMULATED
#include <cuda_emulation/control.h>
#endif

namespace manygpcm {
namespace {

TEST(TimedOperations, CanBeCalledAtEverySize) {
    if (kernels::cuda_device_count() == 0) GTEST_SKIP() << "no GPU that CUDA's driver offers";
#ifdef MANYGPCM_CUDA_EMULATED
    cuda_emulation::reset();
#endif
    const auto device = kernels::open_cuda_device(0);
#ifdef MANYGPCM_CUDA_EMULATED
    std::vector<cuda_emulation::Listed> calls;
    cuda_emulation::list_only(&calls);
#endif
    constexpr int replicas = 2;
    for (const auto& sizes :
         {kernels::checks::smallest, kernels::checks::published_best, kernels::checks::largest})
        for (const kernels::checks::TimedOperation& operation :
             kernels::checks::timed_operations()) {
            SCOPED_TRACE(operation.name);
            const auto call = operation.set_up(*device, replicas, sizes);
            EXPECT_NO_THROW(call());
            EXPECT_GT(operation.work(replicas, sizes).bytes(), 0);
        }
    device->synchronize();
#ifdef MANYGPCM_CUDA_EMULATED
    cuda_emulation::list_only(nullptr);
    EXPECT_EQ(cuda_emulation::last_report(), "");
#endif
}

TEST(TimedOperations, TakeTheModelsNumberOfParameters) {
    for (const auto& sizes :
         {kernels::checks::smallest, kernels::checks::published_best, kernels::checks::largest}) {
        const Hyperparameters h = bench::published_best(parse_model("attn_gpcm_learn"), sizes);
        EXPECT_EQ(ParameterLayout(ModelConfig{h, 200, 4}).size(),
                  static_cast<std::size_t>(sizes.parameters));
    }
}

Dataset small_dataset(int n_learners, int steps) {
    Dataset dataset;
    dataset.n_questions = 7;
    dataset.n_categories = 3;
    dataset.train = able_learners(n_learners, dataset.n_questions, steps, steps);
    return dataset;
}

TEST(EpochSeconds, AreThoseOfEveryReplicaAndEpochThatCounts) {
    if (kernels::cuda_device_count() == 0) GTEST_SKIP() << "no GPU that CUDA's driver offers";
#ifdef MANYGPCM_CUDA_EMULATED
    cuda_emulation::reset();
#endif
    const std::vector<double> seconds =
        bench::epoch_seconds(small_dataset(1, 2), parse_model("deep_gpcm"), 1, 2,
                             DeviceTraining{[] { return kernels::open_cuda_device(0); }}, 2);
    EXPECT_THAT(seconds, testing::SizeIs(4));
    EXPECT_THAT(seconds, testing::Each(testing::Gt(0)));
}

TEST(StepWork, IsInProportionToReplicas) {
    const Dataset dataset = small_dataset(5, 4);
    Hyperparameters h =
        bench::published_best(parse_model("attn_gpcm_learn"), kernels::checks::smallest);
    h.batch_size = 2;
    EXPECT_EQ(bench::counted_batches(dataset, h.batch_size), 2);
    const auto one = bench::step_work(dataset, h, 1), six = bench::step_work(dataset, h, 6);
    ASSERT_EQ(one.size(), six.size());
    EXPECT_EQ(one.back().operation, "clip_and_adam");
    for (std::size_t i = 0; i < one.size(); ++i) {
        SCOPED_TRACE(one[i].operation);
        EXPECT_EQ(six[i].operation, one[i].operation);
        EXPECT_EQ(six[i].calls, one[i].calls);
        EXPECT_GT(one[i].work.bytes(), 0);
        EXPECT_DOUBLE_EQ(six[i].work.operations, 6 * one[i].work.operations);
        EXPECT_DOUBLE_EQ(six[i].work.bytes(), 6 * one[i].work.bytes());
    }
    h.batch_size = 6;
    EXPECT_THROW(bench::step_work(dataset, h, 1), InputError);
}

TEST(StepWork, TakesAtLeastWhatArithmeticOrBytesTakeInEachOperation) {
    const std::vector<kernels::WorkCounter::Entry> work = {
        {"arithmetic", 1, {.operations = 6, .read = 1}},
        {"functions", 1, {.operations = 6, .functions = 5, .read = 1}},
        {"bytes", 1, {.operations = 1, .added_to = 2}}};
    EXPECT_DOUBLE_EQ(bench::least_seconds(work, {.product = 2, .copy = 4}), 2 * 6.0 / 2 + 16.0 / 4);
    EXPECT_DOUBLE_EQ(bench::least_seconds(work, {.product = 2, .copy = 4, .functions = 0.5}),
                     2 * 6.0 / 2 + 5 / 0.5 + 16.0 / 4);
}

}  // namespace
}  // namespace manygpcm
