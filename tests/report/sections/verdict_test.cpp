// The verdict: what it says of the winner, on which grounds, and what it doesn't say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "figures/scoreboard.h"
#include "manygpcm/report/report.h"
#include "report/example_study.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

/// From its heading to the next.
std::string verdict_of(const search::Study& study) {
    const std::string report = markdown_report(study, "2025-01-02 03:04:05");
    const std::size_t at = report.find("## Verdict\n\n");
    EXPECT_NE(at, std::string::npos);
    return report.substr(at, report.find("\n## ", at) - at);
}

void expect_says(const search::Study& study, const char* text) {
    EXPECT_NE(verdict_of(study).find(text), std::string::npos) << text << '\n' << verdict_of(study);
}

void expect_silent(const search::Study& study, const char* text) {
    EXPECT_EQ(verdict_of(study).find(text), std::string::npos) << text;
}

/// The example with these figures of item frequencies and of the classical GPCM; the winner has
/// 0.63 and 1.1, and a difference is sure beyond 0.04. Of four categories, where QWK leads.
search::Study with_baselines(double qwk, double cross_entropy, double classical_qwk,
                             double classical_cross_entropy) {
    search::Study study = example_study();
    study.n_categories = 4;
    study.baselines[1] = example_baseline("item frequencies", qwk, cross_entropy);
    study.baselines[2] =
        example_baseline(search::classical_name, classical_qwk, classical_cross_entropy);
    return study;
}

search::Study without_test_learners() {
    search::Study study = example_study();
    study.n_test_learners = 0;
    study.winner.reset();
    study.folds_average.reset();
    study.ceiling.reset();
    study.baselines.clear();
    return study;
}

TEST(Verdict, StandsOnceBeforeAllFigures) {
    const std::string report = markdown_report(example_study(), "2025-01-02 03:04:05");
    EXPECT_LT(report.find("## Verdict"), report.find("## Summary"));
    for (const char* once : {"beats every baseline", "| Predictor | AUC"})
        EXPECT_EQ(report.find(once), report.rfind(once)) << once;
}

TEST(Verdict, ComparesTheClassicalGpcmWithTheOthersWhereItWins) {
    search::Study study = with_baselines(0.3, 1.25, 0.63, 1.1);
    const std::string before = markdown_report(study, "2025-01-02 03:04:05");
    EXPECT_NE(before.find("Training loss (own scale)"), std::string::npos);
    EXPECT_NE(before.find("more trials"), std::string::npos);
    study.base.model = parse_model("gpcm");
    EXPECT_EQ(analyse(study)["verdict"]["claim"],
              "The winner is the classical GPCM. The winner beats every baseline by quadratic "
              "weighted kappa (QWK), and its probabilities fit the responses better than every "
              "baseline's (cross-entropy)");
    EXPECT_TRUE(analyse(study)["learning_curve"].is_null());
    EXPECT_EQ(analyse(study)["baselines"].dump().find("classical GPCM"), std::string::npos);
    const std::string report = markdown_report(study, "2025-01-02 03:04:05");
    expect_silent(study, "| classical GPCM |");
    for (const char* without : {"Training loss", "more trials", "RMSD"})
        EXPECT_EQ(report.find(without), std::string::npos) << without;
    EXPECT_NE(report.find("- Use the classical GPCM that won"), std::string::npos);
}

TEST(Verdict, NamesTheBaselinesThatTheWinnerIsntAheadOf) {
    const auto claim = [](const search::Study& study) {
        return analyse(study)["verdict"]["claim"].get<std::string>();
    };
    const std::string by = " by quadratic weighted kappa (QWK)";
    EXPECT_EQ(claim(with_baselines(0.3, 1.25, 0.55, 1.15)),
              "The winner beats every baseline" + by +
                  ", and its probabilities fit the responses better than every baseline's "
                  "(cross-entropy)");
    EXPECT_EQ(claim(with_baselines(0.3, 1.25, 0.55, 1.1)),
              "The winner beats every baseline" + by +
                  ", but its probabilities can't be told from those of classical GPCM "
                  "(cross-entropy)");
    EXPECT_EQ(claim(with_baselines(0.3, 1.0, 0.65, 1.0)),
              "The winner can't be told from classical GPCM" + by +
                  ", and its probabilities fit the responses worse than those of item frequencies "
                  "and classical GPCM (cross-entropy)");
    EXPECT_EQ(claim(with_baselines(0.60, 1.25, 0.70, 1.2)),
              "By quadratic weighted kappa (QWK) the winner is behind classical GPCM and can't be "
              "told from item frequencies, but its probabilities fit the responses better than "
              "every baseline's (cross-entropy)");
    expect_says(with_baselines(0.3, 1.25, 0.55, 1.15),
                "(cross-entropy)** on the 10 learners held out.\n");
}

TEST(Verdict, LeadsWithTheAreaUnderTheCurveOfTwoCategories) {
    search::Study study = example_study();
    const auto verdict = [&] { return analyse(study)["verdict"]; };
    expect_says(study,
                "**The winner beats every baseline by area under the receiver operating "
                "characteristic curve (AUC), and its probabilities fit");
    expect_says(study,
                " The search's objective, quadratic weighted kappa (QWK), is 0.6300 and says "
                "the same.");
    EXPECT_EQ(verdict()["metric"], "auc");
    const std::string classical = "Use the classical GPCM for now";
    const auto recommends_classical = [&] {
        return analyse(study)["recommendations"].dump().find(classical) != std::string::npos;
    };
    EXPECT_FALSE(recommends_classical());
    study.baselines[2].winner_differences["auc"] = {-0.02, -0.01};
    expect_says(study, "curve (AUC) the winner is behind classical GPCM, but its");
    expect_says(study, "is 0.6300. The winner beats every baseline by it.");
    EXPECT_EQ(verdict()["outcome"], "behind");
    EXPECT_EQ(verdict()["worst_outcome"], "behind");
    EXPECT_TRUE(recommends_classical());
    study.score_by(*find_metric("accuracy"));  // whoever asks for it wants to know of it
    EXPECT_EQ(verdict()["metric"], "accuracy");
    expect_silent(study, "The search's objective");
    study = example_study();
    study.baselines[1].winner_differences.erase("auc");  // as of an earlier version
    EXPECT_EQ(verdict()["metric"], "qwk");
}

TEST(Verdict, LetsTheLearnersHeldOutDecide) {
    search::Study study = example_study();
    study.baselines_cv[1] = example_baseline_cv("item frequencies", 0.7, 1.26);
    expect_says(study, "**The winner beats every baseline");
    expect_silent(study, "cross-validation");  // whose figures decide nothing
    EXPECT_EQ(analyse(study)["verdict"]["decided_on_held_out"], true);
    study = without_test_learners();
    expect_says(study,
                "(cross-entropy)** in cross-validation of 40 learners. The search chose the "
                "winner by these scores, which favours it.");
    study.baselines_cv[1] = example_baseline_cv("item frequencies", 0.7, 1.26);
    expect_says(study, "the winner is behind item frequencies");
    study = example_study();
    study.n_test_learners = 3;
    expect_says(study,
                "in cross-validation of 40 learners. 3 learners held out are too few to "
                "decide; it takes 10.");
    expect_says(study, "| Scored | Predictor |");
    expect_says(study, "| held out | majority | 0.5000 | +0.3150 | ");  // without an interval
}

TEST(Verdict, SaysNothingFromFewerThanTenLearners) {
    search::Study study = without_test_learners();
    study.n_learners = 9;
    expect_says(study,
                "Whether the winner beats the baselines can't be told: 9 learners in "
                "cross-validation are too few; it takes 10.");
    expect_says(study, "| majority | 0.5000 | +0.3200 | ");
    EXPECT_TRUE(analyse(study)["verdict"]["outcome"].is_null());
    EXPECT_FALSE(analyse(study)["baselines"]["cross_validation"][0].contains("winner_differences"));
    EXPECT_TRUE(analyse(study)["learning_curve"]["recent_gain_interval"].is_null());
    EXPECT_TRUE(analyse(study)["best"]["rivals"].is_null());
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold.back().validation["accuracy"] = 0.1;  // majority has 0.25
    expect_silent(study, "no better than");
}

TEST(Verdict, TakesNoIntervalFromTwoFolds) {
    search::Study study = without_test_learners();
    study.n_folds = 2;
    for (search::Trial& trial : study.trials)
        trial.folds.resize(2);
    expect_says(study,
                "can't be told: 2 folds are too few for intervals, and no learner is held "
                "out; it takes 3 folds, or 10 learners held out.");
    expect_says(study, "QWK: quadratic weighted kappa.");  // no claim spells it
    const std::string hold_out =
        "Sweep anew with `--folds 5`, or hold 10 learners or more out (`manygpcm sweep --data DIR`";
    const auto first_recommendation = [&] {
        return analyse(study)["recommendations"][0].get<std::string>();
    };
    EXPECT_EQ(first_recommendation().rfind(hold_out, 0), 0u) << first_recommendation();
    EXPECT_FALSE(interval_over_folds(study, std::vector{0.1, 0.2}));
    study.n_folds = 3;
    EXPECT_NE(first_recommendation().rfind(hold_out, 0), 0u);
    study.n_folds = 2;
    study.baselines_cv.clear();  // the search goes on: what it lacks isn't known
    EXPECT_NE(first_recommendation().rfind(hold_out, 0), 0u);
    study = without_test_learners();
    EXPECT_TRUE(interval_over_folds(study, std::vector{0.1, 0.2, 0.3}));
}

TEST(Verdict, CutsIntervalsToWhatAMetricCanBe) {
    search::Study study = without_test_learners();
    study.baselines_cv[0].winner_differences["qwk"] = {-0.1, 1.3};
    study.baselines_cv[1].winner_differences["cross_entropy"] = {-2, 0.1};
    expect_says(study,
                "| majority | 0.5000 | +0.3200 (+0.2800 to +0.3600) | "
                "0.0000 | +0.6400 (-0.1000 to +1.0000) |");
    expect_says(study, "1.2600 | -0.0600 (-1.2600 to +0.1000) |");
}

TEST(Verdict, CallsNobodyABetterOneForAgreeingNoMoreThanChance) {
    search::Study study = example_study();
    study.n_categories = 4;
    study.baselines[0].winner_differences["qwk"] = {-0.003, -0.001};  // majority's QWK is 0
    expect_says(study, "**The winner can't be told from majority by");
    expect_silent(study, "behind");
}

TEST(Verdict, SaysFirstThatAWinnerIsNoBetterThanTheMostFrequentCategory) {
    search::Study study = example_study();
    study.base.batch_size = 32;
    expect_silent(study, "no better than always predicting");
    study.winner->metrics["accuracy"] = 0.2;  // majority has 0.25
    expect_says(study,
                "## Verdict\n\n**The winner is no better than always predicting the most "
                "frequent category, on the 10 learners held out: its accuracy, 0.2000, is "
                "below majority's, 0.2500. It was trained in 2 optimizer steps an epoch, 6 "
                "in all (`batch_size` 32, 40 learners, 3 epochs): try smaller batches and "
                "more epochs.**\n\n**The winner beats");
    study.winner->metrics["cross_entropy"] = 1.36;
    expect_says(study, "0.2500 and its cross-entropy, 1.3600, is above majority's, 1.3500.");
    study.winner->metrics = example_metrics(0.63, 1.1);
    study.winner->metrics.confusion = {0, 60, 0, 60};
    expect_says(study, "held out: it predicts category 1 for every response. It was trained in");
    EXPECT_EQ(analyse(study)["warnings"].size(), 1u);
    // What was learned helps nobody else: smaller batches would make it worse.
    for (search::Trial& trial : study.trials) {
        trial = example_trial(trial.number, trial.point, {0.4, 0.6, 0.55});
        for (auto& fold : trial.folds)
            fold.back().train_loss = 0.8;
    }
    expect_says(study, "so try fewer epochs or more `weight_decay` and `dropout_rate`.**");
    study.base.model = parse_model("gpcm");  // isn't trained in steps
    expect_silent(study, "It was trained in");
}

TEST(Verdict, ShowsTheAreaUnderTheCurveFirstForTwoCategoriesOnly) {
    search::Study study = example_study();
    expect_says(study,
                "| Predictor | AUC | Difference | QWK (argmax) | Difference | "
                "Cross-entropy | Difference |");
    expect_silent(study, "AUC: area under");  // the claim has spelled it
    EXPECT_EQ(analyse(study)["metrics"][0]["name"], "auc");
    study.score_by(*find_metric("auc"));
    expect_says(study, "by area under the receiver operating characteristic curve (AUC)");
    expect_says(study, "| Predictor | AUC | Difference | Cross-entropy | Difference |");
    study = example_study();
    study.n_categories = 4;
    expect_says(study, "| Predictor | QWK (argmax) | Difference | Cross-entropy |");
    expect_silent(study, "AUC");
}

TEST(Verdict, SaysWhyNothingIsCompared) {
    search::Study study = without_test_learners();
    for (search::ScoredPredictor& baseline : study.baselines_cv)
        baseline.winner_differences.clear();
    expect_says(study, "the sweep's command, given again, compares them.");
    study.baselines_cv.clear();
    expect_says(study, "can't be told: the baselines are fitted once the search has ended.");
    expect_silent(study, "| Predictor |");
}

TEST(Verdict, SaysThatBidirectionalAttentionInflatesScores) {
    search::Study study = example_study();
    study.base.attention = AttentionKind::bidirectional;
    expect_silent(study, "inflated");  // deep_gpcm has no attention
    study.base.model = parse_model("attn_gpcm_learn");
    expect_says(study, "## Verdict\n\n**Attention was bidirectional");
    expect_says(study, "Repeat the sweep with `attention=causal`.");
}

}  // namespace
}  // namespace manygpcm::report
