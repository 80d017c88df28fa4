// Scores of trials, and which of them wins.
#include "manygpcm/search/study.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

EpochResult epoch(double qwk) {
    EpochResult result;
    result.seconds = 0.5;
    result.skipped_steps = 1;
    result.validation["qwk"] = qwk;
    return result;
}

Trial trial(int number, std::vector<double> last_scores) {
    Trial result{.number = number, .state = TrialState::complete, .point = {}, .folds = {}};
    for (const double score : last_scores)
        result.folds.push_back({epoch(0), epoch(score)});
    return result;
}

TEST(Trial, ScoresTheMeanOfItsFoldsLastEpochs) {
    const Trial t = trial(0, {0.5, 0.7});
    EXPECT_DOUBLE_EQ(t.score(), 0.6);
    EXPECT_DOUBLE_EQ(t.cv_std(), std::sqrt(0.02));
    EXPECT_DOUBLE_EQ(t.seconds(), 2);
    EXPECT_EQ(t.skipped_steps(), 4);
    EXPECT_EQ(trial(0, {0.5}).cv_std(), 0);
}

TEST(Trial, FailsWithoutAFiniteScoreAndLossOnEveryFold) {
    EXPECT_TRUE(trial(0, {0.5, 0.7}).successful());
    EXPECT_FALSE(trial(0, {0.5, nan}).successful());
    EXPECT_FALSE(trial(0, {}).successful());
    Trial unstarted = trial(0, {0.5, 0.7});
    unstarted.folds[0].clear();
    EXPECT_FALSE(unstarted.successful());
    EXPECT_TRUE(std::isnan(unstarted.score()));
    Trial diverged = trial(0, {0.5, 0.7});
    diverged.folds[0].back().train_loss = nan;
    EXPECT_FALSE(diverged.successful());
}

TEST(Trial, IsScoredWhereAllFoldsHaveBeen) {
    Trial stopped = trial(0, {0.5, 0.7});
    stopped.state = TrialState::pruned;
    stopped.folds[1].pop_back();
    stopped.folds[1].front().validation["qwk"] = 0.4;
    stopped.folds[0].front().validation["qwk"] = 0.2;
    EXPECT_EQ(stopped.epochs(), 1);
    EXPECT_EQ(stopped.epochs_trained(), 2);
    EXPECT_EQ(stopped.folds_trained(), 2);
    EXPECT_EQ(stopped.fold_epochs(), 3);
    EXPECT_DOUBLE_EQ(stopped.score(), 0.3);
    EXPECT_TRUE(stopped.successful());
    EXPECT_FALSE(stopped.full());
    stopped.folds[1].clear();
    EXPECT_EQ(stopped.epochs(), 0);
    EXPECT_EQ(stopped.folds_trained(), 1);
    EXPECT_FALSE(stopped.successful());
}

TEST(MeanOverFolds, AveragesEveryScoreAndSumsEveryCount) {
    // Two folds of different size, whose metrics differ.
    const std::vector<float> sure = {0.9F, 0.1F, 0.2F, 0.8F};
    const std::vector<float> unsure = {0.6F, 0.4F, 0.7F, 0.3F, 0.4F, 0.6F};
    const std::vector<Metrics> folds = {
        compute_metrics(sure, std::vector<std::int32_t>{0, 1}, 2),
        compute_metrics(unsure, std::vector<std::int32_t>{0, 1, 1}, 2)};
    const Metrics mean = mean_over_folds(folds);
    for (std::size_t i = 0; i < mean.scalars().size(); ++i)
        EXPECT_DOUBLE_EQ(mean.scalars()[i].second,
                         (folds[0].scalars()[i].second + folds[1].scalars()[i].second) / 2)
            << mean.scalars()[i].first;
    EXPECT_NE(folds[0]["cross_entropy"], folds[1]["cross_entropy"]);
    EXPECT_EQ(mean.n, 5);
    EXPECT_EQ(mean.confusion, (std::vector<std::int64_t>{2, 0, 1, 2}));
    EXPECT_DOUBLE_EQ(mean.categories[1].recall, 0.75);
    EXPECT_EQ(mean.categories[1].count, 3);
    EXPECT_EQ(mean_over_folds({}).n, 0);
}

TEST(Study, TheEarliestOfTheHighestFullyTrainedTrialsWins) {
    Study study;
    EXPECT_EQ(study.best(), nullptr);
    study.trials = {trial(0, {nan}), trial(1, {0.4}), trial(2, {0.6}), trial(3, {0.6}),
                    trial(4, {0.9})};
    study.trials.back().state = TrialState::pruned;
    ASSERT_NE(study.best(), nullptr);
    EXPECT_EQ(study.best()->number, 2);
}

TEST(Study, TheClassicalModelHasThePriorOfEveryTrialWithItems) {
    Study study;  // of deep_gpcm, which has no classical items
    study.base.item_prior = ItemPrior::none;
    EXPECT_EQ(study.classical_prior(), ItemPrior::weak);
    study.further = {study.base};
    study.further[0].model = parse_model("residual_gpcm");
    EXPECT_EQ(study.classical_prior(), ItemPrior::none);
    study.further.push_back(study.further[0]);
    study.further[1].item_prior = ItemPrior::weak;
    EXPECT_EQ(study.classical_prior(), ItemPrior::weak);
    study.further.pop_back();
    study.space =
        Space({{.name = "item_prior", .kind = Parameter::Kind::choice, .choices = {0, 1}}});
    EXPECT_EQ(study.classical_prior(), ItemPrior::weak);
}

}  // namespace
}  // namespace manygpcm::search
