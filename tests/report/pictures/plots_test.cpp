// The pictures: whole where gnuplot is there, missed in one line where it isn't; studies at the
// edges of what can be drawn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <limits>

#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/report/page.h"
#include "manygpcm/report/report.h"
#include "pictures/gnuplot.h"
#include "pictures/plot_script.h"
#include "pictures/plots.h"
#include "pictures/plotted_study.h"
#include "report/figures/drawn_study.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

namespace fs = std::filesystem;

class Plots : public testing::Test {
  protected:
    void expect_drawn(const std::string& script) const {
        const Gnuplot outcome = draw(script, directory / "plot.png");
        if (outcome == Gnuplot::missing) GTEST_SKIP() << "gnuplot isn't here (Debian: gnuplot-nox)";
        ASSERT_EQ(outcome, Gnuplot::drawn) << script;
        EXPECT_TRUE(read_file(directory / "plot.png").starts_with("\x89PNG")) << script;
        fs::remove(directory / "plot.png");
    }
    void expect_both_drawn(const search::Study& study) const {
        const nlohmann::json analysis = analyse(study);
        expect_drawn(overview_plot(analysis));
        expect_drawn(parameters_plot(analysis));
    }

    TestDirectory temporary;
    fs::path directory = temporary.path();
};

TEST_F(Plots, ManyTrialsAndParameters) {
    expect_both_drawn(drawn_study(parse_model("attn_gpcm_learn"), 30, 7, true));
}

TEST_F(Plots, WordsAndConditions) {
    search::Study study = example_study_with_words();
    study.trials[0].point["optimizer"] = 0;
    study.trials[0].point["lr_patience"] = 0;
    study.dataset = "it's 'quoted', with_underscores {and} $5\n";
    expect_both_drawn(study);
}

TEST_F(Plots, OneTrial) {
    const search::Study study = drawn_study(parse_model("deep_gpcm"), 1);
    EXPECT_THAT(overview_plot(analyse(study)), testing::HasSubstr("± n/a"));
    expect_both_drawn(study);
}

TEST_F(Plots, CorrelationsAndTrendsTakeFourTrials) {
    const auto has_r = testing::HasSubstr("'r = "),
               has_bound_of_chance = testing::HasSubstr("dt 2 lw");
    const nlohmann::json three = analyse(drawn_study(parse_model("deep_gpcm"), 3));
    EXPECT_THAT(parameters_plot(three), testing::Not(has_r));
    EXPECT_THAT(overview_plot(three), testing::Not(has_bound_of_chance));
    const nlohmann::json four = analyse(drawn_study(parse_model("deep_gpcm"), 4));
    EXPECT_THAT(parameters_plot(four), has_r);
    EXPECT_THAT(overview_plot(four), has_bound_of_chance);
}

TEST_F(Plots, TrialsThatStoppedFailedOrStillRun) {
    search::Study study = drawn_study(parse_model("deep_gpcm"), 20, 5, true);
    study.trials.back().state = search::TrialState::running;
    study.trials.back().folds.clear();
    const std::string overview = overview_plot(analyse(study));
    EXPECT_THAT(overview, testing::HasSubstr("title 'failed'"));
    EXPECT_THAT(overview, testing::HasSubstr("title 'stopped early'"));
    study.trials.resize(4);  // before the first that failed
    EXPECT_THAT(overview_plot(analyse(study)), testing::Not(testing::HasSubstr("'failed'")));
    expect_both_drawn(study);
}

TEST_F(Plots, NoTrialThatSucceeded) {
    for (const search::Study& study :
         {unsuccessful_study(search::TrialState::failed),
          unsuccessful_study(search::TrialState::pruned), running_study()}) {
        const nlohmann::json analysis = analyse(study);
        EXPECT_THAT(overview_plot(analysis), testing::HasSubstr("no trial was trained fully"));
        EXPECT_EQ(
            parameters_plot(analysis).find("no trial has a score to compare") == std::string::npos,
            analysis["comparable"]["trials"] > 0);
        expect_both_drawn(study);
    }
}

TEST_F(Plots, OptunasStudyHasValuesNotEpochs) {
    const search::Study study = foreign_example();
    const nlohmann::json analysis = analyse(study);
    for (const std::string& script : {overview_plot(analysis), parameters_plot(analysis)}) {
        EXPECT_THAT(script, testing::HasSubstr("Score (value)"));
        EXPECT_THAT(script, testing::Not(testing::HasSubstr("epoch")));
        EXPECT_THAT(script, testing::Not(testing::HasSubstr("fold")));
    }
    expect_both_drawn(study);
}

TEST_F(Plots, BarsWhere0IsNearElseLines) {
    EXPECT_THAT(parameters_plot(analyse(drawn_study(parse_model("deep_gpcm"), 8))),
                testing::HasSubstr("bars: means"));
    EXPECT_THAT(parameters_plot(analyse(foreign_example())), testing::HasSubstr("lines: means"));
}

TEST_F(Plots, ScoresThatAreAllTheSame) {
    search::Study study = example_study();
    for (search::Trial& trial : study.trials)
        trial.folds = study.trials.front().folds;
    expect_both_drawn(study);
}

TEST_F(Plots, WhatGnuplotRefusesLeavesNothing) {
    const Gnuplot outcome = draw("plot no_such_function(x)\n", directory / "plot.png");
    if (outcome == Gnuplot::missing) GTEST_SKIP() << "gnuplot isn't here (Debian: gnuplot-nox)";
    EXPECT_EQ(outcome, Gnuplot::failed);
    EXPECT_TRUE(fs::is_empty(directory));
}

TEST_F(Plots, WithoutGnuplotEverythingElseComes) {
    const std::string path = std::getenv("PATH");
    setenv("PATH", directory.c_str(), 1);
    std::vector<std::string> left_out;
    const auto written = write_report(example_study(), directory / "out",
                                      [&](const std::string& line) { left_out.push_back(line); });
    setenv("PATH", path.c_str(), 1);
    EXPECT_THAT(left_out, testing::Contains(testing::HasSubstr("gnuplot wasn't found")));
    std::vector<std::string> names;
    for (const fs::path& file : written) {
        EXPECT_TRUE(fs::exists(file)) << file;
        names.push_back(file.filename().string());
    }
    EXPECT_THAT(names, testing::IsSupersetOf({"deep_gpcm_example_hyperopt_report.md",
                                              "deep_gpcm_example_hyperopt_analysis.json"}));
    EXPECT_THAT(names, testing::Not(testing::Contains(testing::EndsWith(".png"))));
    EXPECT_THAT(read_file(directory / "out/deep_gpcm_example_hyperopt_report.md"),
                testing::HasSubstr("no pictures: gnuplot wasn't found"));
}

TEST(PlottedStudy, ComparesTrialsAtOneFidelity) {
    const search::Study study = drawn_study(parse_model("deep_gpcm"), 20, 5, true);
    const nlohmann::json analysis = analyse(study);
    const PlottedStudy plotted = plotted_study(analysis);
    const auto epochs = analysis["comparable"]["epochs"].get<std::size_t>();
    EXPECT_LT(plotted.successful().size(), plotted.compared().size());
    EXPECT_EQ(plotted.compared().size(), analysis["comparable"]["trials"]);
    for (const PlottedTrial& trial : plotted.compared()) {
        const auto& folds = study.trials[static_cast<std::size_t>(trial.number - 1)].folds;
        double mean = 0;
        for (const auto& fold : folds)
            mean += fold[epochs - 1].validation["qwk"] / static_cast<double>(folds.size());
        EXPECT_NEAR(trial.compared, mean, 1e-12);
    }
}

TEST(PlottedStudy, SaysWhatScoresAre) {
    const PlottedStudy rungs =
        plotted_study(analyse(drawn_study(parse_model("deep_gpcm"), 20, 5, true)));
    EXPECT_EQ(rungs.full_title, "Score (QWK)\nmean of 5 folds after epoch 15");
    EXPECT_EQ(rungs.compared_at, "mean of 5 folds after epoch 2");
    EXPECT_EQ(plotted_study(analyse(unsuccessful_study(search::TrialState::failed))).compared_at,
              "");
}

TEST(PlotScript, KeepsLabelsWithinTheirRoom) {
    EXPECT_EQ(elided("learning_rate", 13), "learning_rate");
    EXPECT_EQ(elided("learning_rate", 9), "lear…rate");
    EXPECT_EQ(elided("größenordnung", 6), "grö…ng");
    EXPECT_EQ(text_width("größe"), text_width("grobe"));
    EXPECT_THAT(wrapped("size of_the_memory", 9),
                testing::ElementsAre("size of_", "the_", "memory"));
    EXPECT_THAT(wrapped("indivisible", 4), testing::ElementsAre("indivisible"));
}

TEST(PlottedStudy, PlacesValuesBetweenTheirBounds) {
    const PlottedParameter lr{
        .name = "lr", .categories = {}, .choices = {}, .low = 1e-4, .high = 1e-2, .log = true};
    EXPECT_NEAR(lr.fraction(lr.position(1e-3)), 0.5, 1e-12);
    EXPECT_TRUE(std::isnan(lr.position(0)));  // what it has where it isn't searched
    const PlottedParameter sizes{.name = "memory_size",
                                 .categories = {"20", "50", "100"},
                                 .choices = {20, 50, 100},
                                 .high = 2};
    EXPECT_EQ(sizes.position(100), 2);
    EXPECT_EQ(sizes.fraction(sizes.position(50)), 0.5);
    EXPECT_TRUE(std::isnan(sizes.position(70)));
    EXPECT_TRUE(std::isnan(sizes.position(nullptr)));
    // Wider than any number.
    const double largest = std::numeric_limits<double>::max();
    EXPECT_EQ((PlottedParameter{
                  .name = "x", .categories = {}, .choices = {}, .low = -largest, .high = largest}
                   .fraction(0)),
              0.5);
}

}  // namespace
}  // namespace manygpcm::report
