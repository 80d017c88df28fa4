// Whole training runs on a GPU against the CPU's: the same batches, dropout masks and schedule, so
// losses, scores and weights agree to rounding.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/cuda.h"

#ifdef MANYGPCM_CUDA_EMULATED
#include <cuda_emulation/control.h>
#endif

namespace manygpcm {
namespace {

constexpr int n_questions = 7, n_categories = 3, n_learners = 11;

/// Three replicas of one shape that differ in all that a cohort allows: learning rate, clipping,
/// optimizer, and in how many learners they have; and one of another shape, which runs in step.
std::vector<ReplicaSpec> cohort_of(ModelKind model, History history = History::off) {
    ReplicaSpec spec;
    Hyperparameters& h = spec.hyperparameters;
    h.model = model;
    h.history = history;
    h.memory_size = 5;
    h.key_dim = 8;
    h.value_dim = 12;
    h.final_fc_dim = 6;
    h.embed_dim = 8;
    h.n_heads = 2;
    h.batch_size = 3;
    h.dropout_rate = 0.2;
    h.weight_decay = 1e-3;
    h.label_smoothing = 0.1;
    h.ce_weight_logit = 0.5;
    h.focal_weight_logit = -0.5;
    h.lr_patience = 1;
    spec.seed = 3;
    std::vector<ReplicaSpec> specs(4, spec);
    for (int i = 0; i < 4; ++i) {
        specs[i].trial = specs[i].fold = i;
        specs[i].hyperparameters.lr = 0.002 * (i + 1);
        for (int learner = 0; learner < n_learners; ++learner)
            (learner % 4 == i ? specs[i].validation : specs[i].train).push_back(learner);
    }
    specs[1].hyperparameters.optimizer = Optimizer::adamw;
    specs[1].hyperparameters.grad_clip = 0.1;
    specs[1].train.resize(4);
    specs[2].validation.clear();
    specs[3].hyperparameters.key_dim = 7;
    specs[3].hyperparameters.value_dim = 16;
    specs[3].hyperparameters.embed_dim = 12;
    specs[3].hyperparameters.batch_size = 4;
    return specs;
}

class CudaTraining : public testing::TestWithParam<std::pair<ModelKind, History>> {
  protected:
    void SetUp() override {
        if (kernels::cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU";
#ifdef MANYGPCM_CUDA_EMULATED
        cuda_emulation::reset();
    }
    void TearDown() override {
        EXPECT_EQ(cuda_emulation::last_report(), "");
        EXPECT_EQ(cuda_emulation::leaks(), "");
#endif
    }
};

TEST_P(CudaTraining, EndsWhereTheCpuDoes) {
    constexpr int epochs = 2;
    const std::vector<Learner> learners = able_learners(n_learners, n_questions, 2, 10);
    const auto [model, history] = GetParam();
    const std::vector<ReplicaSpec> specs = cohort_of(model, history);
    const auto expected = train_replicas({learners, n_questions, n_categories}, specs, epochs, 1);
    const auto trained =
        train_replicas({learners, n_questions, n_categories}, specs, epochs,
                       DeviceTraining{[] { return kernels::open_cuda_device(0); }, 1, {}});

    for (std::size_t i = 0; i < specs.size(); ++i) {
        SCOPED_TRACE("replica " + std::to_string(i));
        ASSERT_EQ(trained[i].epochs.size(), std::size_t{epochs});
        for (int e = 0; e < epochs; ++e) {
            const EpochResult &got = trained[i].epochs[e], &want = expected[i].epochs[e];
            EXPECT_EQ(got.epoch, want.epoch);
            EXPECT_EQ(got.lr, want.lr);
            EXPECT_EQ(got.skipped_steps, want.skipped_steps);
            EXPECT_NEAR(got.train_loss, want.train_loss, 1e-4);
            EXPECT_EQ(got.validation.n, want.validation.n);
            EXPECT_EQ(got.validation.confusion, want.validation.confusion);
            EXPECT_NEAR(got.validation["cross_entropy"], want.validation["cross_entropy"], 1e-4);
        }
        const Model &got = trained[i].model, &want = expected[i].model;
        const ReplicaSpec& spec = specs[i];
        const std::vector<float> start =
            initial_parameters(want.config, spec.seed, spec.trial, spec.fold);
        const ParameterLayout layout(want.config);
        for (const ParameterTensor& tensor : layout.tensors()) {
            // The keys' bias has no gradient but rounding, which Adam makes steps of.
            if (tensor.name.ends_with("in_proj.bias")) continue;
            double distance = 0, moved = 0;
            for (std::size_t j = tensor.offset; j < tensor.offset + tensor.size(); ++j) {
                distance += std::pow(got.parameters[j] - want.parameters[j], 2);
                moved += std::pow(want.parameters[j] - start[j], 2);
            }
            EXPECT_LE(std::sqrt(distance), 0.01 * std::sqrt(moved) + 1e-6) << tensor.name;
        }
        for (int q = 0; q < n_questions; ++q) {
            EXPECT_EQ(std::isnan(got.mean_alpha[q]), std::isnan(want.mean_alpha[q])) << q;
            if (!std::isnan(want.mean_alpha[q])) {
                EXPECT_NEAR(got.mean_alpha[q], want.mean_alpha[q], 1e-3) << q;
            }
        }
    }
}

std::vector<std::pair<ModelKind, History>> models_and_histories() {
    std::vector<std::pair<ModelKind, History>> all;
    for (const ModelKind model : all_models()) {
        all.emplace_back(model, History::off);
        if (uses(model, "history")) all.emplace_back(model, History::both);
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(Models, CudaTraining, testing::ValuesIn(models_and_histories()),
                         [](const auto& test) {
                             return std::string(to_string(test.param.first)) +
                                    (test.param.second == History::off ? "" : "_with_history");
                         });

#ifdef MANYGPCM_CUDA_EMULATED
TEST(CudaTrainingMemory, SplitsWhatDoesNotFit) {
    const std::vector<Learner> learners = able_learners(n_learners, n_questions, 2, 10);
    const std::vector<ReplicaSpec> specs = cohort_of(parse_model("deep_gpcm"));
    std::vector<std::string> plans;
    const auto train = [&](std::span<const ReplicaSpec> replicas, std::size_t memory) {
        cuda_emulation::reset();
        cuda_emulation::set_memory_limit(memory);
        plans.clear();
        return train_replicas(
            {learners, n_questions, n_categories}, replicas, 1,
            DeviceTraining{[] { return kernels::open_cuda_device(0); }, 1,
                           [&](const std::string& plan) { plans.push_back(plan); }});
    };
    // The least memory, within a fraction of what a replica takes, in which the largest replica can
    // be trained.
    constexpr std::size_t precision = 16 << 10;
    std::size_t too_little = 0, enough = std::size_t{256} << 20;
    while (enough - too_little > precision) {
        const std::size_t middle = (too_little + enough) / 2;
        try {
            train(std::span(specs).last(1), middle);
            enough = middle;
        } catch (const std::runtime_error&) {
            too_little = middle;
        }
    }
    const auto expected = train_replicas({learners, n_questions, n_categories}, specs, 1, 1);
    const auto trained = train(specs, enough + 2 * precision);
    EXPECT_GT(plans.size(), 1u);
    for (std::size_t i = 0; i < specs.size(); ++i)
        EXPECT_NEAR(trained[i].epochs.at(0).train_loss, expected[i].epochs.at(0).train_loss, 1e-4);
    EXPECT_EQ(cuda_emulation::leaks(), "");
}
#endif

}  // namespace
}  // namespace manygpcm
