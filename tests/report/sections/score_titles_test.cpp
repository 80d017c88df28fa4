// What is said of scores: their measure, and after how much training they were taken.
#include "sections/score_titles.h"

#include <gtest/gtest.h>

#include "report/figures/drawn_study.h"

namespace manygpcm::report {
namespace {

ScoreTitles titles_of(const search::Study& study) {
    return score_titles(study, comparable_trials(study, 12));
}

TEST(ScoreTitles, SayOfOursTheFoldsAndTheEpochs) {
    const ScoreTitles rungs = titles_of(drawn_study(parse_model("deep_gpcm"), 20, 5, true));
    EXPECT_EQ(rungs.name, "Score (QWK)");
    EXPECT_EQ(rungs.full, "Score (QWK)\nmean of 5 folds after epoch 15");
    EXPECT_EQ(rungs.compared, "Score (QWK)\nmean of 5 folds after epoch 2");
    EXPECT_EQ(rungs.compared_at, "mean of 5 folds after epoch 2");
    EXPECT_EQ(titles_of(running_study()).compared, "Score (QWK)\nfold 1 after epoch 2");
    search::Study two_folds = drawn_study(parse_model("deep_gpcm"), 3);
    for (search::Trial& trial : two_folds.trials)
        trial.folds.resize(2);
    EXPECT_EQ(titles_of(two_folds).compared, "Score (QWK)\nmean of folds 1 to 2 after epoch 15");
}

TEST(ScoreTitles, SayOfOptunasItsNameAndWhichWayIsBetter) {
    search::Study study = foreign_example();
    EXPECT_EQ(titles_of(study).full, "Score (value)");
    EXPECT_EQ(titles_of(study).compared, "Score (value)");
    study.minimize = true;
    study.objective = "validation\nloss";
    EXPECT_EQ(titles_of(study).compared, "Score (validation loss, lower is better)");
}

TEST(ScoreTitles, SayNothingOfAFidelityWhereNoTrialIsCompared) {
    const ScoreTitles titles = titles_of(unsuccessful_study(search::TrialState::failed));
    EXPECT_EQ(titles.compared, titles.name);
    EXPECT_EQ(titles.compared_at, "");
}

}  // namespace
}  // namespace manygpcm::report
