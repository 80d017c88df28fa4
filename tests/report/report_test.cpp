// The report as a whole: one golden file, and what it must say when something limits its figures.
// MANYGPCM_UPDATE_GOLDEN=1 ./report_tests writes the golden file anew; review the difference.
#include "manygpcm/report/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "manygpcm/engine/files.h"
#include "manygpcm/report/analysis.h"
#include "report/example_study.h"

namespace manygpcm {
namespace {

constexpr const char* generated = "2025-01-02 03:04:05";

void expect_says(const Study& study, const char* text) {
    EXPECT_NE(markdown_report(study, generated).find(text), std::string::npos) << text;
}

void expect_silent(const Study& study, const char* text) {
    EXPECT_EQ(markdown_report(study, generated).find(text), std::string::npos) << text;
}

void set_epochs(Study& study, const std::vector<double>& scores) {
    study.epochs = static_cast<int>(scores.size());
    for (Trial& trial : study.trials)
        trial = example_trial(trial.number, trial.point, scores);
}

TEST(Report, IsTheGoldenOne) {
    const std::filesystem::path golden = MANYGPCM_TEST_DATA "/golden_report.md";
    const std::string report = markdown_report(example_study(), generated);
    if (std::getenv("MANYGPCM_UPDATE_GOLDEN") != nullptr) write_file(golden, report);
    EXPECT_EQ(report, read_file(golden));
}

TEST(Report, WritesBothFilesNamedAfterModelAndDataset) {
    const auto out = std::filesystem::path(testing::TempDir()) / "manygpcm_report" / "new";
    const auto files = write_report(example_study(), out);
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(files[0], out / "deep_gpcm_example_hyperopt_report.md");
    EXPECT_EQ(files[1], out / "deep_gpcm_example_hyperopt_analysis.json");
    EXPECT_EQ(read_file(files[0]).rfind("# Hyperparameter Optimization Report\n", 0), 0u);
    EXPECT_EQ(nlohmann::json::parse(read_file(files[1])), analyse(example_study()));
    std::filesystem::remove_all(out.parent_path());
}

TEST(Report, SaysBeforeAnyFigureThatABaselineWins) {
    Study study = example_study();
    expect_silent(study, "A baseline wins");
    study.baselines[1] = example_held_out("item frequencies", 0.66, 1.0);
    const std::string report = markdown_report(study, generated);
    const auto warning = report.find(
        "> **A baseline wins: item frequencies reaches QWK 0.6600 on the learners held out, the "
        "winner "
        "0.6300.**");
    EXPECT_LT(warning, report.find("## Summary"));
    expect_silent(study, "above every baseline's");

    study.baselines[1] = example_held_out("item frequencies", 0.60, 1.0);
    expect_says(study, "item frequencies lies within the winner's 95% interval");

    study = example_study();
    study.baselines_cv[1].metrics.qwk = 0.7;
    expect_says(study,
                "item frequencies reaches QWK 0.7000 in cross-validation, the winner 0.6400");
}

TEST(Report, SaysThatBidirectionalAttentionInflatesScores) {
    Study study = example_study();
    study.base.attention = AttentionKind::bidirectional;
    expect_silent(study, "inflated");  // deep_gpcm has no attention
    study.base.model = ModelKind::attn_gpcm_learn;
    expect_says(study, "> **Attention was bidirectional");
    expect_says(study, "Scores are inflated");
    expect_says(study, "attention=causal");
}

TEST(Report, SaysWhichWayToExtendTheSpace) {
    const Study study = example_study();
    expect_says(study, "| lr | 0.009950 | upper 0.010000 | upwards to 0.020000 |");
    expect_says(study, "| dropout_rate | 0 | lower 0 | not possible |");
    expect_says(study, "`memory_size` upwards (best 100, bound 100; try 200)");
}

TEST(Report, ReadsTheLearningCurve) {
    Study study = example_study();
    expect_says(study, "Still improving at the last epoch: +0.0300 over the last epoch");
    set_epochs(study, {0.4, 0.6, 0.55});
    expect_says(study, "Overfitting: the score fell by 0.0500 from its best epoch, 2 of 3");
    expect_says(study, "Train for about 2 epochs");
    set_epochs(study, {0.5, 0.602, 0.6});
    expect_says(study, "Level at the end: the last epoch is 0.0020 below the best epoch, 2 of 3");
    set_epochs(study, {0.5});
    expect_says(study, "One epoch makes no curve");
}

TEST(Report, CountsFailuresAndSkippedSteps) {
    Study study = example_study();
    expect_says(study, "3 training steps of 1 trial were skipped");
    study.trials[0].folds[0].back().validation.qwk = std::nan("");
    expect_says(study, "1 of 6 trials failed; all statistics are of the other 5.");
    expect_says(study, "- **Successful Trials**: 5 (83.3%)");
    EXPECT_TRUE(analyse(study)["trials"][0]["score"].is_number_float());
    EXPECT_EQ(nlohmann::json::parse(analyse(study).dump())["trials"][0]["score"], nullptr);
}

TEST(Report, NeverClaimsHeldOutLearnersThatArentThere) {
    Study study = example_study();
    study.winner.reset();
    study.baselines.clear();
    study.n_test_learners = 0;
    expect_says(study, "nothing confirms the best score");
    study.cv_on = "all";
    expect_says(study, "no learner is left that the search hasn't seen");
    expect_silent(study, "refitted on all");
}

TEST(Report, StandsWithoutASuccessfulTrial) {
    Study study = example_study();
    for (Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold.back().train_loss = std::nan("");
    study.winner.reset();
    const std::string report = markdown_report(study, generated);
    EXPECT_LT(report.find("> **No trial succeeded"), report.find("## Summary"));
    EXPECT_NE(report.find("- **Successful Trials**: 0 (0.0%)"), std::string::npos);
    EXPECT_EQ(report.find("nan"), std::string::npos);
    EXPECT_TRUE(analyse(study)["best"].is_null());
    study.trials.clear();
    expect_says(study, "- **Total Trials**: 0");
}

TEST(Report, StandsWithOneTrial) {
    Study study = example_study();
    study.trials.resize(1);
    expect_says(study, "- **Mean Score**: 0.2800 ± n/a");
    expect_silent(study, "nan");
}

TEST(Report, HasEverySectionInOrderAndWholeTables) {
    const std::string report = markdown_report(example_study(), generated);
    std::size_t at = 0;
    for (const char* section :
         {"Summary", "Best Parameters", "Parameter Importance",
          "Parameter-Performance Correlations", "Convergence Analysis", "Optimization Efficiency",
          "Learners held out", "Baselines", "Edges", "Fidelity", "Caveats",
          "Automated Analysis & Recommendations", "Visualizations"}) {
        const std::size_t found = report.find("\n\n## " + std::string(section) + "\n\n");
        ASSERT_NE(found, std::string::npos) << section;
        EXPECT_GE(found, at) << section;
        at = found;
    }
    // Every line of a table has as many pipes as the line above it, if that is of the table too.
    std::istringstream lines(report);
    std::string above, line;
    while (std::getline(lines, line)) {
        const auto pipes = [](const std::string& text) {
            return std::count(text.begin(), text.end(), '|');
        };
        if (above.starts_with('|') && !line.empty()) {
            EXPECT_EQ(pipes(line), pipes(above)) << line;
        }
        above = line;
    }
}

TEST(Analysis, CarriesTheFiguresOfTheReport) {
    const nlohmann::json analysis = analyse(example_study());
    EXPECT_EQ(analysis["schema_version"], 1);
    EXPECT_EQ(analysis["summary"]["best_trial"], 5);
    EXPECT_NEAR(analysis["best"]["score"].get<double>(), 0.64, 1e-12);
    EXPECT_EQ(analysis["best"]["parameters"]["memory_size"], 100);
    EXPECT_EQ(analysis["learning_curve"]["shape"], "improving");
    EXPECT_EQ(analysis["edges"].size(), 3u);
    EXPECT_EQ(analysis["held_out"]["metrics"]["qwk"], 0.63);
    EXPECT_EQ(analysis["baselines"]["held_out"].size(), 2u);
    EXPECT_EQ(analysis["fidelity"],
              nlohmann::json::parse(R"([{"epochs":3,"folds":2,"trials":6}])"));
    EXPECT_EQ(analysis["trials"].size(), 6u);
}

}  // namespace
}  // namespace manygpcm
