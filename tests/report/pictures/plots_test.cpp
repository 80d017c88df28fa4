// The pictures: whole where gnuplot is there, missed in one line where it isn't; studies at the
// edges of what can be drawn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sstream>

#include "engine/test_directory.h"
#include "figures/number_text.h"
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

// The rows of the first block of data of that name.
std::vector<std::vector<double>> block(const std::string& script, const std::string& name) {
    const std::string begin = "$" + name + " << END\n";
    const std::size_t from = script.find(begin) + begin.size();
    std::istringstream lines(script.substr(from, script.find("END\n", from) - from));
    std::vector<std::vector<double>> rows;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream values(line);
        auto& row = rows.emplace_back();
        for (std::string value; values >> value;)
            row.push_back(std::stod(value));
    }
    return rows;
}

std::vector<std::string> labels(const Tics& tics) {
    std::vector<std::string> all;
    for (const auto& [position, label] : tics)
        all.push_back(label);
    return all;
}

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
    void expect_items_drawn(const search::Study& study) const {
        expect_drawn(items_plot(analyse(study)));
    }

    TestDirectory temporary;
    fs::path directory = temporary.path();
};

// What a summary's label says beside the one of that name; empty: there is none.
std::string summary_value(const std::string& script, const std::string& name) {
    const std::string label = "set label '" + name + "' at graph -0.08";
    const std::size_t at = script.find(label);
    if (at == script.npos) return "";
    const std::size_t begin = script.find("set label '", at + label.size()) + 11;
    return script.substr(begin, script.find('\'', begin) - begin);
}

TEST_F(Plots, TheSummaryHasEverybodyWhoWasScored) {
    search::Study study = drawn_study(parse_model("deep_gpcm"), 8);
    const nlohmann::json analysis = analyse(study);
    const std::string script = overview_plot(analysis);
    EXPECT_EQ(summary_value(script, "Learners held out"), "QWK [95% interval]");
    EXPECT_EQ(summary_value(script, "Cross-validation"), "");
    const auto expect_score = [&](const std::string& of, const nlohmann::json& predictor) {
        const std::string name = "    " + predictor.at("name").get<std::string>();
        EXPECT_THAT(summary_value(of, name),
                    testing::StartsWith(fixed(predictor.at("metrics").at("qwk").get<double>(), 4)))
            << name;
    };
    const auto& baselines = analysis.at("baselines");
    expect_score(script, analysis.at("held_out"));
    expect_score(script, analysis.at("folds_average"));
    for (const auto& baseline : baselines.at("held_out"))
        expect_score(script, baseline);
    expect_score(script, analysis.at("ceiling").at("held_out"));

    study.winner.reset();
    study.folds_average.reset();
    const nlohmann::json validated = analyse(study);
    const std::string without = overview_plot(validated);
    EXPECT_EQ(summary_value(without, "Learners held out"), "");
    EXPECT_EQ(summary_value(without, "Cross-validation"), "QWK");
    expect_score(without,
                 {{"name", "winner"}, {"metrics", validated.at("best").at("cross_validated")}});
    for (const auto& baseline : validated.at("baselines").at("cross_validation"))
        expect_score(without, baseline);
    expect_score(without, validated.at("ceiling").at("cross_validation"));
}

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

TEST_F(Plots, Items) {
    search::Study study = example_study();
    study.portrait->items[0].question = "it's a 'quoted' {question} of $5, with a long name";
    const std::string script = items_plot(analyse(study));
    EXPECT_THAT(script, testing::HasSubstr("Most information: question it''s a"));
    EXPECT_THAT(script, testing::HasSubstr("Most striking: question 1"));
    EXPECT_THAT(script, testing::HasSubstr("r = 1.000"));
    expect_items_drawn(study);
}

// Far points are within the axes; those so far that the others would have no room are counted.
TEST_F(Plots, ScattersOfItemsLeaveNoneOutWithoutAWord) {
    search::Study study = example_study();
    for (int q = 2; q < 42; ++q) {
        search::ItemPortrait item = study.portrait->items[0];
        item.question = std::to_string(q);
        item.classical = item.winner = {1 + 0.01 * q, {0.02 * q}};
        study.portrait->items.push_back(item);
        study.psychometrics->items.push_back(study.psychometrics->items[0]);
    }
    study.psychometrics->winner.ability = study.psychometrics->classical.ability;
    // Of items 0.01 apart the middle 80% are about 0.33 wide: within and beyond three times that.
    study.portrait->items[41].classical.alpha = study.portrait->items[41].winner.alpha = 2;
    const auto panel = [&] {
        const std::string script = items_plot(analyse(study));
        const std::size_t from = script.find("'Discriminations per deviation");
        return script.substr(from, script.find("'Intercepts", from) - from);
    };
    EXPECT_THAT(panel(), testing::Not(testing::HasSubstr("outside'")));
    study.portrait->items[41].classical.alpha = 3;
    EXPECT_THAT(panel(), testing::HasSubstr("'1 of 42 outside'"));
    expect_items_drawn(study);
}

// One range for both maps, and no threshold of a negative slope.
TEST_F(Plots, WrightMapsCompare) {
    search::Study study = example_study();
    study.psychometrics->winner.ability.histogram.high = 9;
    study.portrait->items[1].classical.alpha = -0.4;
    const std::string script = items_plot(analyse(study));
    std::vector<std::string> ranges;
    for (const char* title : {"'Wright map, classical GPCM'", "'Wright map, winner'"}) {
        const std::size_t map = script.find(title), range = script.find("set yrange", map);
        ranges.push_back(script.substr(range, script.find('\n', range) - range));
    }
    EXPECT_EQ(ranges[0], ranges[1]);
    const std::size_t winner = script.find("'Wright map, winner'");
    EXPECT_LT(script.find("without 1 question of negative slope"), winner);
    EXPECT_EQ(script.find("of negative slope", winner), std::string::npos);
    expect_items_drawn(study);
}

// Twelve thresholds at one height have no room for names; three have, for short ones; a name that
// would be cut to what another is cut to is none.
TEST_F(Plots, NamesOfAWrightMapHaveRoomOrAreBars) {
    const auto map_of = [](int n_items, const std::string& end, const std::string& begin = "") {
        search::Study study = example_study();
        study.portrait->items.resize(1);
        study.psychometrics->items.resize(1);
        for (int q = 0; q < n_items; ++q) {
            search::ItemPortrait item = study.portrait->items[0];
            item.question = begin + std::to_string(q) + end;
            item.classical = item.winner = {1, {0.3}};
            study.portrait->items.push_back(item);
            study.psychometrics->items.push_back(study.psychometrics->items[0]);
        }
        study.portrait->items.erase(study.portrait->items.begin());
        study.psychometrics->items.erase(study.psychometrics->items.begin());
        const std::string script = items_plot(analyse(study));
        const std::size_t from = script.find("'Wright map, winner'");
        return script.substr(from, script.find("set label 900", from) - from);
    };
    const auto far_apart = [](const std::string& map) {
        std::istringstream lines(map);
        std::vector<double> at;
        for (std::string line; std::getline(lines, line);)
            if (const std::size_t name = line.find("…"); name != std::string::npos)
                at.push_back(std::stod(line.substr(line.find(" at ", name) + 4)));
        return at;
    };
    const std::vector<double> at = far_apart(map_of(3, " of a long name"));
    ASSERT_EQ(at.size(), 3U);
    EXPECT_GE(at[1] - at[0], 0.3);  // of the 225 pixels of 1: eight characters and a blank
    EXPECT_GE(at[2] - at[1], 0.3);
    EXPECT_THAT(far_apart(map_of(12, " of a long name")), testing::IsEmpty());
    EXPECT_THAT(block(map_of(12, " of a long name"), "thresholds0"), testing::SizeIs(12));
    EXPECT_THAT(map_of(5, ""), testing::HasSubstr("set label '4' at"));
    EXPECT_THAT(map_of(3, " and the same end", "the same beginning "),
                testing::Not(testing::HasSubstr("font 'Sans,9' tc")));
}

TEST_F(Plots, ItemsOfWhichNothingIsKnown) {
    search::Study study = example_study();
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    const ItemFit none{unknown, unknown, unknown, unknown};
    for (std::size_t i = 0; i < 2; ++i) {
        study.portrait->items[i].winner = study.portrait->items[i].classical = {unknown, {unknown}};
        study.psychometrics->items[i].winner = study.psychometrics->items[i].classical = none;
    }
    study.psychometrics->winner.ability.deviation = 0;
    study.psychometrics->winner.ability.histogram = {1, 1, {40}};
    study.psychometrics->classical.ability.histogram = {0, 0, {}};
    expect_items_drawn(study);
    for (search::ItemPortrait& item : study.portrait->items)
        item.responses = 0;
    expect_items_drawn(study);
}

TEST_F(Plots, ItemsByTheThousandAndOfManyCategories) {
    search::Study study = example_study();
    study.n_categories = 10;
    study.portrait->items.clear();
    study.psychometrics->items.clear();
    for (int q = 0; q < 1200; ++q) {
        search::ItemPortrait& item = study.portrait->items.emplace_back();
        item.question = std::to_string(q);
        item.responses = 100;
        item.classical.alpha = 0.5 + q % 7 * 0.2;
        for (int j = 0; j < 9; ++j)
            item.classical.beta.push_back(q == 3 ? 1e6 : (q * 37 % 100) / 25.0 - 2 + 0.2 * j);
        item.winner = item.classical;
        study.psychometrics->items.push_back({std::vector<std::int64_t>(10, 10),
                                              0.3,
                                              0.1,
                                              std::vector<double>(9, 0.2),
                                              {1, 1 + q % 10 * 0.01, 0, 0},
                                              {1, 1, 0, 0}});
    }
    expect_items_drawn(study);
    EXPECT_THAT(items_plot(analyse(study)), testing::HasSubstr("9 beyond"));
}

TEST_F(Plots, OneTrial) {
    const search::Study study = drawn_study(parse_model("deep_gpcm"), 1);
    EXPECT_THAT(overview_plot(analyse(study)), testing::Not(testing::HasSubstr("Mean score")));
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

TEST_F(Plots, TrialsThatStoppedStandAtTheirLastScore) {
    const search::Study study = drawn_study(parse_model("deep_gpcm"), 20, 0, true);
    std::vector<std::vector<double>> expected;
    for (const search::Trial& trial : study.trials)
        if (trial.state == search::TrialState::pruned)
            expected.push_back({static_cast<double>(trial.number + 1), trial.score()});
    const auto drawn = block(overview_plot(analyse(study)), "stopped");
    ASSERT_EQ(drawn.size(), expected.size());
    ASSERT_GT(drawn.size(), 0U);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        EXPECT_EQ(drawn[i][0], expected[i][0]);
        EXPECT_NEAR(drawn[i][1], expected[i][1], 1e-9);
    }
}

TEST_F(Plots, SayWhereStoppedTrialsStandAndWhetherImportancesTell) {
    search::Study study = drawn_study(parse_model("deep_gpcm"), 20, 0, true);
    const std::string rungs = overview_plot(analyse(study));
    EXPECT_THAT(rungs, testing::HasSubstr("'mean of 5 folds after epoch 15, or when stopped'"));
    EXPECT_THAT(rungs, testing::HasSubstr("'First by importance, not surely: "));
    study = drawn_study(parse_model("deep_gpcm"), 60);
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            for (EpochResult& epoch : fold)
                epoch.validation["qwk"] = 0.1 + 0.2 * (4 + std::log10(trial.point.at("lr")));
    const std::string fixed = overview_plot(analyse(study));
    EXPECT_THAT(fixed, testing::Not(testing::HasSubstr("or when stopped")));
    EXPECT_THAT(fixed, testing::HasSubstr("'The most important parameter: lr"));
}

TEST_F(Plots, TheBestSoFarIsALineEvenWhereTheLastTrialIsTheBest) {
    search::Study study = drawn_study(parse_model("deep_gpcm"), 3);
    study.trials.resize(1);
    const auto line = block(overview_plot(analyse(study)), "best");
    ASSERT_EQ(line.size(), 2U);
    EXPECT_EQ(line[0][1], line[1][1]);
    EXPECT_LT(line[0][0], line[1][0]);
}

// A histogram of one score, or what time bought in one trial, says nothing.
TEST_F(Plots, PanelsWithNothingToSeeGiveTheirPlace) {
    search::Study study = drawn_study(parse_model("deep_gpcm"), 20, 0, true);
    const auto has = [&](const char* title) { return testing::HasSubstr(title); };
    EXPECT_THAT(overview_plot(analyse(study)),
                testing::AllOf(has("Distribution of the scores"), has("Efficiency"),
                               testing::Not(has("Scores while training"))));
    for (search::Trial& trial : study.trials)
        if (trial.number != study.best()->number) trial.state = search::TrialState::pruned;
    const std::string one = overview_plot(analyse(study));
    EXPECT_THAT(one, testing::AllOf(testing::Not(has("Distribution of the scores'")),
                                    testing::Not(has("Efficiency")), has("Scores while training"),
                                    has("'Learners held out'")));
    expect_drawn(one);
    // Without learners held out, the scores that are compared.
    study.winner.reset();
    study.baselines.clear();
    const std::string without = overview_plot(analyse(study));
    EXPECT_THAT(without, has("Distribution of the scores that are compared"));
    expect_drawn(without);
    study.trials.resize(8);
    study.epochs = 1;
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold.resize(1);
    const std::string short_ones = overview_plot(analyse(study));
    EXPECT_THAT(short_ones, has("The first two parameters by importance"));
    expect_drawn(short_ones);
}

TEST_F(Plots, NoRowOfTheOverviewHasOnePanelAlone) {
    for (int n_trials = 1; n_trials <= 12; ++n_trials) {
        search::Study study = drawn_study(parse_model("deep_gpcm"), n_trials);
        study.winner.reset();
        for (search::Trial& trial : study.trials)
            if (trial.number != study.best()->number) trial.state = search::TrialState::pruned;
        const std::string script = overview_plot(analyse(study));
        std::size_t panels = 0;
        for (std::size_t at = 0; (at = script.find("set label 900", at)) != script.npos; ++at)
            ++panels;
        EXPECT_TRUE(panels == 1 || panels % 3 != 1) << n_trials << " trials, " << panels;
    }
}

TEST_F(Plots, TheMostImportantParameterSaysWhatItsMarksMean) {
    EXPECT_THAT(overview_plot(analyse(drawn_study(parse_model("deep_gpcm"), 20))),
                testing::HasSubstr("title 'best ¼'"));
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

TEST_F(Plots, AStopEndsGnuplotAndLeavesNothing) {
    const std::atomic<bool> stop = true;
    if (draw("", directory / "plot.png") == Gnuplot::missing)
        GTEST_SKIP() << "gnuplot isn't here (Debian: gnuplot-nox)";
    EXPECT_THROW(draw("pause 1000\n", directory / "plot.png", &stop), Interrupted);
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
    const search::Study study = drawn_study(parse_model("deep_gpcm"), 14, 5, true);
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
        plotted_study(analyse(drawn_study(parse_model("deep_gpcm"), 14, 5, true)));
    EXPECT_EQ(rungs.full_title, "Score (QWK)\nmean of 5 folds after epoch 15");
    EXPECT_EQ(rungs.compared_at, "mean of 5 folds after epoch 2");
    EXPECT_EQ(plotted_study(analyse(unsuccessful_study(search::TrialState::failed))).compared_at,
              "");
}

TEST(PlotScript, LabelsOfAnAxisTellItsTicsApart) {
    EXPECT_THAT(labels(value_tics(0.02, 0.66)),
                testing::ElementsAre("'0.1'", "'0.2'", "'0.3'", "'0.4'", "'0.5'", "'0.6'"));
    EXPECT_THAT(labels(value_tics(0.64781, 0.64789, 5)),
                testing::ElementsAre("'0.64782'", "'0.64784'", "'0.64786'", "'0.64788'"));
    EXPECT_THAT(labels(value_tics(-1, 1, 2)), testing::ElementsAre("'-1'", "'0'", "'1'"));
    EXPECT_THAT(labels(value_tics(1e9, 1e9 + 300, 4)),
                testing::ElementsAre("'1.0000000e+09'", "'1.0000001e+09'", "'1.0000002e+09'",
                                     "'1.0000003e+09'"));
    EXPECT_THAT(labels(value_tics(2.5, 2.5)), testing::ElementsAre("'2.5'", "'2.5'"));
    const double largest = std::numeric_limits<double>::max();
    EXPECT_GE(value_tics(-largest, largest).size(), 2U);
}

TEST(PlotScript, LabelsOfAnAxisHaveRoom) {
    for (const auto& [low, high] : {std::pair{0.647812, 0.647818}, {0.0, 1.0}, {1e9, 1e9 + 3}}) {
        int widest = 0;
        const Tics up = value_tics(low, high), across = value_tics_within(low, high, 400);
        for (const auto& [position, label] : up)
            widest = std::max(widest, text_width(label) - 2 * text_width("'"));
        EXPECT_GE(with_room_for({}, up).margin_left, widest + 60) << low;
        int sum = 0;
        for (const auto& [position, label] : across)
            sum += text_width(label) - 2 * text_width("'");
        EXPECT_LE(sum, 400) << low;
    }
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
