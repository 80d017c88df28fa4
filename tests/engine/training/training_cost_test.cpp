// What training is said to cost before anything was trained.
#include "manygpcm/engine/detail/training_cost.h"

#include <gtest/gtest.h>

#include "engine/data/random_learners.h"
#include "engine/small_hyperparameters.h"
#include "manygpcm/engine/models.h"

namespace manygpcm {
namespace {

TEST(TrainingCost, IsInProportionToResponsesAndGrowsWithTheModel) {
    const auto cost = [](std::initializer_list<int> lengths, int batch_size, int value_dim) {
        Hyperparameters h = small_hyperparameters(parse_model("deep_gpcm"));
        h.batch_size = batch_size;
        h.value_dim = value_dim;
        const std::vector<Learner> learners = learners_of_lengths(lengths, 12, 3);
        return epoch_cost({learners, 12, 3}, h);
    };
    const double two = cost({20, 20}, 2, 17);
    EXPECT_GT(two, 0);
    EXPECT_DOUBLE_EQ(cost({20, 20, 20, 20}, 2, 17), 2 * two);
    EXPECT_GT(cost({20, 20}, 2, 34), two);
    EXPECT_LT(cost({20, 20}, 32, 17), 1.01 * two) << "a batch of all learners";
}

TEST(TrainingCost, IsKnownOfEveryModel) {
    const std::vector<Learner> learners = learners_of_lengths({7, 20, 1}, 12, 3);
    for (const ModelKind model : all_models())
        EXPECT_GT(epoch_cost({learners, 12, 3}, small_hyperparameters(model)), 0)
            << to_string(model);
}

TEST(TrainingCost, IsCountedOnceForThoseThatCostTheSame) {
    const std::vector<Learner> learners = learners_of_lengths({7, 20, 1}, 12, 3);
    EpochCosts costs({learners, 12, 3});
    Hyperparameters h = small_hyperparameters(parse_model("attn_gpcm_learn"));
    for (const double dropout_rate : {0.2, 0.0, 0.4})
        for (const double lr : {0.01, 0.02})
            for (const int batch_size : {1, 3, 1}) {
                h.dropout_rate = dropout_rate;
                h.lr = lr;
                h.batch_size = batch_size;
                EXPECT_EQ(costs.of(h), epoch_cost({learners, 12, 3}, h));
            }
}

}  // namespace
}  // namespace manygpcm
