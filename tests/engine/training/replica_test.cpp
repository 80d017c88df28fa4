// Memory cuts a batch into parts, and nobody should notice.
#include "training/replica.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/data/random_learners.h"
#include "engine/small_hyperparameters.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/kernels/cpu.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 12, n_categories = 3;
constexpr std::size_t no_room = 1;  // for more than the longest learner

class ReplicaInParts : public testing::TestWithParam<ModelKind> {
  protected:
    void SetUp() override {
        learners = learners_of_lengths({7, 20, 1, 13, 9, 4, 18}, n_questions, n_categories);
        spec.hyperparameters = small_hyperparameters(GetParam());
        spec.hyperparameters.batch_size = static_cast<int>(learners.size());
        spec.train = numbers_from(0, static_cast<int>(learners.size()));
    }

    Replica replica(double dropout_rate, std::size_t arena_limit) {
        spec.hyperparameters.dropout_rate = dropout_rate;
        return Replica(spec, {learners, n_questions, n_categories}, nullptr, arena_limit);
    }

    kernels::WorkerThread prepared;
    std::vector<Learner> learners;
    ReplicaSpec spec;
};

TEST_P(ReplicaInParts, HasTheLossAndGradientOfTheWholeWithoutDropout) {
    Replica whole = replica(0, default_arena_limit), cut = replica(0, no_room);
    EXPECT_NEAR(cut.loss_and_gradient(spec.train), whole.loss_and_gradient(spec.train), 1e-6);
    float largest = 0;
    for (const float g : whole.gradient())
        largest = std::max(largest, std::abs(g));
    for (std::size_t i = 0; i < whole.gradient().size(); ++i)
        ASSERT_NEAR(cut.gradient()[i], whole.gradient()[i], 1e-5 * largest) << i;
}

INSTANTIATE_TEST_SUITE_P(Models, ReplicaInParts, testing::ValuesIn(all_models()),
                         [](const auto& test) { return std::string(to_string(test.param)); });

// Dropout in the model whose loss is smooth; the others have kinks in every neighbourhood.
using SmoothReplicaInParts = ReplicaInParts;

// Against a difference of losses along the gradient: were the masks of a part not the same both
// times that it runs, the gradient would be another loss's.
TEST_P(SmoothReplicaInParts, HasTheGradientOfItsLossWithDropout) {
    Replica whole = replica(0.4, default_arena_limit), cut = replica(0.4, no_room);
    const double loss = cut.loss_and_gradient(spec.train);
    EXPECT_NE(loss, whole.loss_and_gradient(spec.train)) << "nothing was cut";
    const std::vector<float> gradient = cut.gradient(), parameters = cut.parameters();
    double squares = 0;
    for (const double g : gradient)
        squares += g * g;
    const double norm = std::sqrt(squares);
    const auto loss_at = [&](double distance) {
        for (std::size_t i = 0; i < gradient.size(); ++i)
            cut.parameters()[i] = static_cast<float>(parameters[i] + distance / norm * gradient[i]);
        return cut.loss_and_gradient(spec.train);
    };
    constexpr double distance = 3e-3;
    EXPECT_NEAR((loss_at(distance) - loss_at(-distance)) / (2 * distance), norm, 1e-3 * norm);
}

INSTANTIATE_TEST_SUITE_P(Models, SmoothReplicaInParts, testing::Values(parse_model("deep_gpcm")),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace manygpcm
