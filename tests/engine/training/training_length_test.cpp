// For how long replicas are trained, and what they are validated on where that is to be found out.
#include <gtest/gtest.h>

#include "engine/expect_input_error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

std::vector<ReplicaSpec> replicas_of(const char* model, int n_learners, int fold = 0) {
    ReplicaSpec spec;
    spec.hyperparameters = default_hyperparameters(parse_model(model));
    spec.train = numbers_from(0, n_learners);
    spec.validation = {n_learners};
    spec.fold = fold;
    return {spec};
}

TEST(TrainingLength, IsWhatIsAskedFor) {
    auto replicas = replicas_of("deep_gpcm", 40);
    const TrainingLength length = choose_length(7, 1, replicas);
    EXPECT_FALSE(finds_best(length));
    EXPECT_EQ(most_epochs(length), 7);
    EXPECT_EQ(replicas.front().train, numbers_from(0, 40));
    EXPECT_EQ(replicas.front().validation, std::vector<int>{40});
}

TEST(TrainingLength, IsFoundOnATenthWhereNoneIsAskedFor) {
    auto replicas = replicas_of("deep_gpcm", 40);
    const TrainingLength length = choose_length(std::nullopt, 1, replicas);
    EXPECT_TRUE(finds_best(length));
    EXPECT_EQ(most_epochs(length),
              early_stopping_for(replicas.front().hyperparameters).most_epochs);
    EXPECT_EQ(replicas.front().train.size(), 36u);
    EXPECT_EQ(replicas.front().validation.size(), 4u);
}

TEST(TrainingLength, OfWhatIsFittedIsOnePass) {
    for (const std::optional<int> epochs : {std::optional<int>(), std::optional(7)}) {
        auto replicas = replicas_of("gpcm", 5);
        const TrainingLength length = choose_length(epochs, 1, replicas);
        EXPECT_FALSE(finds_best(length));
        EXPECT_EQ(most_epochs(length), 1);
        EXPECT_EQ(replicas.front().train.size(), 5u);
    }
}

TEST(TrainingLength, TakesTenLearners) {
    for (const auto& [fold, where] : {std::pair{0, "9 training learners: too few"},
                                      std::pair{2, "9 training learners in a fold: too few"}})
        expect_input_error(
            [&, fold = fold] {
                auto replicas = replicas_of("deep_gpcm", 9, fold);
                choose_length(std::nullopt, 1, replicas);
            },
            {where, "expected at least 10, or a number of epochs"});
}

}  // namespace
}  // namespace manygpcm
