// The report as a whole: one golden file, and what it must say when something limits its figures.
// MANYGPCM_UPDATE_GOLDEN=1 ./report_tests writes the golden file anew; review the difference.
#include "manygpcm/report/report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/report/analysis.h"
#include "report/example_study.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

constexpr const char* generated = "2025-01-02 03:04:05";

void expect_says(const search::Study& study, const char* text) {
    EXPECT_NE(markdown_report(study, generated).find(text), std::string::npos) << text;
}

void expect_silent(const search::Study& study, const char* text) {
    EXPECT_EQ(markdown_report(study, generated).find(text), std::string::npos) << text;
}

void set_epochs(search::Study& study, const std::vector<double>& scores) {
    study.epochs = static_cast<int>(scores.size());
    for (search::Trial& trial : study.trials)
        trial = example_trial(trial.number, trial.point, scores);
}

// As many trials as importances need, whose scores follow the learning rate and little else; the
// best trial has the space's highest learning rate, largest memory and higher final_fc_dim.
search::Study long_study(double slope) {
    search::Study study = example_study();
    std::vector<search::Parameter> parameters = study.space.parameters();
    parameters.push_back({.name = "final_fc_dim",
                          .kind = search::Parameter::Kind::choice,
                          .low = 50,
                          .high = 100,
                          .choices = {50, 100}});
    study.space = search::Space(parameters);
    study.trials.clear();
    for (int i = 0; i < 24; ++i) {
        const double share = (i * 5 % 24 + 1) / 24.0;
        study.trials.push_back(example_trial(i,
                                             {{"memory_size", i % 3 == 0 ? 100 : 20 + 30 * (i % 2)},
                                              {"dropout_rate", 0.1},
                                              {"lr", 1e-4 + share * (1e-2 - 1e-4)},
                                              {"final_fc_dim", i % 2 == 0 ? 50 : 100}},
                                             {0.3, 0.4 + slope * share}));
    }
    return study;
}

TEST(Report, IsTheGoldenOne) {
    const std::filesystem::path golden = MANYGPCM_TEST_DATA "/golden_report.md";
    const std::string report = markdown_report(example_study(), generated);
    if (std::getenv("MANYGPCM_UPDATE_GOLDEN") != nullptr) write_file(golden, report);
    EXPECT_EQ(report, read_file(golden));
}

TEST(Report, WritesFilesNamedAfterModelAndDataset) {
    const TestDirectory directory;
    const auto out = directory.path() / "new";
    int left_out = 0;
    const auto files = write_report(example_study(), out, [&](const std::string&) { ++left_out; });
    const auto all = report_files("deep_gpcm", "example", out);
    EXPECT_EQ(left_out == 0, files == all);
    for (const auto& file : files)
        EXPECT_NE(std::ranges::find(all, file), all.end()) << file;
    ASSERT_GE(files.size(), 2u);
    EXPECT_EQ(files[0], out / "deep_gpcm_example_hyperopt_report.md");
    EXPECT_EQ(files[1], out / "deep_gpcm_example_hyperopt_analysis.json");
    EXPECT_EQ(read_file(files[0]).rfind("# Hyperparameter Optimization Report\n", 0), 0u);
    EXPECT_EQ(nlohmann::json::parse(read_file(files[1])), analyse(example_study()));
}

TEST(Report, ComparesTrialsOnTheFoldsThatTheyShare) {
    // Folds differ by far more than trials do, and all trials share them.
    search::Study study = example_study();
    for (search::Trial& trial : study.trials)
        for (int fold = 0; fold < 2; ++fold)
            for (EpochResult& epoch : trial.folds[static_cast<std::size_t>(fold)])
                epoch.validation["qwk"] += fold == 0 ? -0.2 : 0.2;
    EXPECT_EQ(analyse(study)["best"]["rivals"], 0);
    study.trials[5].folds[0].back().validation["qwk"] += 0.05;
    expect_says(study, "2 of the 5 others trained fully can't be told from it fold by fold.");
}

TEST(Report, ClaimsNothingOfAParameterThatFewTrialsSearched) {
    search::Study study = example_study_with_words();
    for (search::Trial& trial : study.trials) {
        trial.point["optimizer"] = trial.number < 3 ? 1 : 0;
        trial.point["lr_patience"] = trial.number < 3 ? 1 + trial.number : 0;
    }
    const nlohmann::json analysis = analyse(study);
    for (const nlohmann::json& one : analysis["parameter_correlations"])
        EXPECT_NE(one["name"], "lr_patience");
}

TEST(Report, SaysHowFarTheWinnerReadsAsTheClassicalModel) {
    search::Study study = example_study();
    expect_says(study, "| Intercepts: log odds at the average learner | 1.000 | 1.39 (n/a) |");
    expect_says(study, "| Abilities | 0.930 |  |  |");
    expect_says(study,
                "The winner doesn't read as the classical GPCM does: intercepts lie on a line of "
                "slope 1.39 and ability and item explain 87.5% of the variance of its log odds on "
                "the learners held out.");
    EXPECT_NEAR(analyse(study)["classical_agreement"]["intercept_line"]["slope"].get<double>(),
                (1.1 * 0.3 - 0.7 * -0.5) / (0.9 * 0.1 - 0.8 * -0.5), 1e-9);
    study.portrait->explained = 0.95;
    expect_says(study, "slope 1.39; ability and item explain 95.0% of the variance");
    study.portrait->explained = 0.9995;
    expect_silent(study, "ability and item explain");  // of what is left nothing is to be said
    study.portrait->explained = 0.875;
    EXPECT_EQ(analyse(study)["classical_agreement"]["explained"], 0.875);
    EXPECT_EQ(analyse(study)["classical_agreement"]["ability"], 0.93);
    study.psychometrics.reset();
    // Earlier versions recorded no scales: lines can't be told.
    expect_silent(study, "| Abilities |");
    expect_says(study, "| Intercepts: log odds at the average learner | 1.000 | n/a | n/a |");
    expect_silent(study, "ability and item explain");
    expect_says(study, "| deep_gpcm | intercepts | 1.000 | n/a | n/a |");
    EXPECT_TRUE(analyse(study)["classical_agreement"]["ability"].is_null());
    study.portrait.reset();
    expect_silent(study, "beside the classical GPCM");
    EXPECT_TRUE(analyse(study)["classical_agreement"].is_null());
}

TEST(Report, SaysWhatTheFoldModelsScoreOnAverage) {
    search::Study study = example_study();
    expect_says(study, "The winner's 3 fold models, each trained without a fold of the search's");
    expect_says(study, "| average of folds | 0.8200 | -0.0050 (-0.0450 to +0.0350) | ");
    EXPECT_EQ(analyse(study)["folds_average"]["metrics"]["cross_entropy"], 1.09);
    study.folds_average.reset();
    expect_silent(study, "fold models");
    EXPECT_TRUE(analyse(study)["folds_average"].is_null());
}

TEST(Report, MeasuresTheWinnerAgainstTheCeiling) {
    search::Study study = example_study();
    expect_says(study,
                "The cross-entropy of the true parameters is the least that can be expected of a "
                "model that predicts from the past alone; the winner's is 0.0500 above it (95% "
                "+0.0100 to +0.0900).");
    study.base.model = parse_model("attn_gpcm_learn");
    study.base.attention = AttentionKind::bidirectional;
    expect_silent(study, "the least that can be expected");
    study = example_study();
    // On the classical scale: the winner's slopes are of abilities of 0.8, the classical ones' 0.9.
    const double first = 1.1 * 0.8 / 0.9 - 1, second = 0.7 * 0.8 / 0.9 - 0.75;
    expect_says(study,
                fmt::format("| deep_gpcm | discriminations | 0.800 | {:+.3f} | {:.3f} |",
                            (first + second) / 2, std::sqrt((first * first + second * second) / 2))
                    .c_str());
    expect_says(study, "| classical GPCM | abilities | 0.900 | -0.010 | 0.400 |");
    study.ceiling.reset();
    study.ceiling_cv.reset();
    study.portrait->recovery.clear();
    expect_silent(study, "true parameters");
    expect_silent(study, "How near the true parameters");
}

TEST(Report, ComparesTrialsAtOneFidelity) {
    search::Study study = long_study(0.2);
    expect_says(study, "Over 24 of 24 trials, compared after 2 epochs on 3 folds;");
    // Six trials stop after an epoch: eighteen reached the second, more than four a parameter.
    for (int i = 0; i < 6; ++i)
        for (auto& fold : study.trials[static_cast<std::size_t>(i)].folds)
            fold.resize(1);
    expect_says(study, "Over 18 of 24 trials, compared after 2 epochs on 3 folds;");
    // Twelve stop: too few are left, so all are looked at after the first.
    for (int i = 6; i < 12; ++i)
        for (auto& fold : study.trials[static_cast<std::size_t>(i)].folds)
            fold.resize(1);
    const nlohmann::json comparable = analyse(study)["comparable"];
    EXPECT_EQ(comparable["epochs"], 1);
    EXPECT_EQ(comparable["folds"], 3);
    EXPECT_EQ(comparable["trials"], 24);
    EXPECT_EQ(comparable["left_out"], 0);
}

TEST(Report, SaysHowWellEarlyScoresForetellTheEnd) {
    search::Study study = long_study(0.2);
    expect_silent(study, "Scores at that point");
    // All but six trials stop after an epoch, where scores are the same but for this.
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold[0].validation["qwk"] += 0.01 * trial.point.at("lr");
    for (int i = 6; i < 24; ++i) {
        study.trials[static_cast<std::size_t>(i)].state = search::TrialState::pruned;
        for (auto& fold : study.trials[static_cast<std::size_t>(i)].folds)
            fold.resize(1);
    }
    expect_says(study,
                "Scores at that point go with the final ones of the 6 trials trained fully by "
                "Spearman's r = 1.00");
    expect_says(study, "Fix what doesn't matter after 1 epoch on 3 folds and search the rest");
    for (int i = 2; i < 6; ++i) {
        study.trials[static_cast<std::size_t>(i)].state = search::TrialState::pruned;
        for (auto& fold : study.trials[static_cast<std::size_t>(i)].folds)
            fold.resize(1);
    }
    expect_says(study, "These scores tell what learns fast, not what ends well.");
}

TEST(Report, CountsTrialsStoppedEarlyApart) {
    search::Study study = long_study(0.2);
    search::Trial& stopped = study.trials[19];  // the best
    stopped.state = search::TrialState::pruned;
    stopped.folds[1].clear();
    expect_says(study,
                "- **Successful Trials**: 23 completed, 1 stopped early as designed, 0 failed\n");
    const nlohmann::json analysis = analyse(study);
    EXPECT_EQ(analysis["trials"][19]["state"], "pruned");
    EXPECT_EQ(analysis["trials"][19]["successful"], false);
    EXPECT_EQ(analysis["summary"]["failed_trials"], 0);
    EXPECT_EQ(analysis["trials"][19]["epochs"], 2);
    EXPECT_NE(analysis["best"]["trial"], 20);
    EXPECT_EQ(analysis["comparable"]["trials"], 23);  // on all folds
}

TEST(Report, CountsTrialsThatFailedOrStillRunApart) {
    search::Study study = long_study(0.2);
    study.trials[3].state = search::TrialState::failed;  // with scores up to then
    study.trials[4].folds[0].back().train_loss = std::nan("");
    study.trials[5].state = search::TrialState::running;
    study.trials[6].state = search::TrialState::waiting;
    expect_says(study,
                "- **Successful Trials**: 20 completed, 2 failed, 2 still running or waiting\n");
    const nlohmann::json analysis = analyse(study);
    EXPECT_EQ(analysis["summary"]["failed_trials"], 2);
    EXPECT_EQ(analysis["summary"]["unfinished_trials"], 2);
    EXPECT_EQ(analysis["trials"][4]["state"], "failed");
    EXPECT_EQ(analysis["trials"][5]["state"], "running");
}

TEST(Report, SaysWhatToFixAndWhetherMoreTrialsHelp) {
    const search::Study study = long_study(0.2);
    expect_says(study, "Fix what doesn't matter and search the rest: by fANOVA");
    expect_says(study, "of the variance comes from `");
    expect_silent(study, "from `lr`");
    expect_says(study, "the most promising point is expected to improve on the best by");
    const nlohmann::json improvement = analyse(study)["expected_improvement"];
    EXPECT_GT(improvement["next_trial"], 0);
    EXPECT_LT(improvement["next_trial"], 0.1);
    EXPECT_TRUE(analyse(example_study())["expected_improvement"].is_null());  // six trials
}

TEST(Report, FixesNothingThatTellsTheBestTrialsFromTheOthers) {
    search::Study study = long_study(0.2);
    const auto fixes_memory_size = [&] {
        const std::string report = markdown_report(study, generated);
        const std::size_t at = report.find("- Fix what doesn't matter");
        return report.substr(at, report.find('\n', at) - at).find("`memory_size`") !=
               std::string::npos;
    };
    EXPECT_TRUE(fixes_memory_size());
    for (search::Trial& trial : study.trials)
        trial.point["memory_size"] = trial.score() > 0.57 || trial.number % 6 == 0 ? 100 : 20;
    EXPECT_FALSE(fixes_memory_size());
}

TEST(Report, SaysWhichLossScoredHigher) {
    search::Study study = long_study(0.2);
    expect_silent(study, "Mix the loss");
    std::vector<search::Parameter> parameters = study.space.parameters();
    parameters.push_back({.name = "ce_weight_logit", .low = -2, .high = 2, .choices = {}});
    study.space = search::Space(parameters);
    for (search::Trial& trial : study.trials)
        trial.point["ce_weight_logit"] = 100 * trial.point["lr"] - 1;
    expect_says(study, "- Weight of CE: r = ");
    expect_says(study, "Mix the loss with more CE (r = ");
    expect_says(study, "less QWK (r = -");
}

TEST(Report, SaysWhichWayToExtendTheSpace) {
    search::Study study = example_study();
    expect_says(study, "| lr | 0.009950 | upper 0.010000 | upwards to 0.020000 |");
    expect_says(study, "| dropout_rate | 0 | lower 0 | not possible |");
    // Six trials say little about bounds.
    expect_silent(study, "Extend the space");
    expect_says(study, "or it is chance, with fewer than 12 comparable trials.");

    study = long_study(0.2);
    expect_says(study,
                "Extend the space where a parameter that matters sits at its bound: `lr` "
                "upwards (best 0.010000, bound 0.010000; try 0.020000).");
    expect_says(study, "| final_fc_dim |");
    expect_silent(study, "`final_fc_dim` upwards");
    expect_silent(study, "`final_fc_dim` downwards");
}

TEST(Report, ListsCorrelationsThatChanceRarelyReaches) {
    search::Study study = example_study();
    expect_silent(study, "goes with the score");  // r = 0.794, but chance alone reaches 0.81
    expect_silent(study, "chance alone makes");
    study = long_study(0.2);
    expect_says(study, "Of 3 correlations chance alone makes about 0.15 as large.");
    expect_says(study, "`lr` goes with the score: higher values scored higher (r = 1.000).");
    expect_silent(study, "as far as fewer than");
    EXPECT_EQ(analyse(study)["chance_correlation"], chance_correlation(24));
}

TEST(Report, DrawsNoPatternFromATrialOrTwo) {
    search::Study study = long_study(0.2);
    const auto with_apart = [&](std::size_t n) {
        for (std::size_t i = 0; i < study.trials.size(); ++i) {
            const bool apart = i < n;
            study.trials[i] = example_trial(static_cast<int>(i), study.trials[i].point,
                                            {apart ? 0.7 : 0.5 + 0.0001 * static_cast<double>(i)});
            study.trials[i].point["lr"] = apart ? 1e-2 : 1e-3;
        }
        return study;
    };
    expect_silent(with_apart(2), "`lr` goes with the score");
    expect_says(with_apart(3), "`lr` goes with the score: higher values scored higher");
}

TEST(Report, NeverPraisesHowEarlyTheBestCame) {
    expect_silent(example_study(), "Smaller gains went on");
    search::Study study = long_study(0.2);
    for (search::Trial& trial : study.trials)
        trial = example_trial(trial.number, trial.point, {trial.number == 9 ? 0.505 : 0.5});
    expect_says(study, "- **Convergence Trial (little gain after it)**: 1\n");
    expect_says(study, "Smaller gains went on: the best came in trial 10 of 24.");
    expect_says(study, "No point was chosen by the scores of others: when the best came is luck.");
    study.sampler = "gp";
    expect_silent(study, "No point was chosen by the scores of others");
}

TEST(Report, NamesWhatTheSweepWas) {
    search::Study study = example_study();
    expect_says(study, "**Model**: deep_gpcm  \n");
    expect_says(study,
                "50 learners (40 cross-validated, 10 held out), 12 questions, 2 categories; 6 "
                "trials × 3 folds × 3 epochs, sampler random, scheduler fixed, seed 42; manygpcm ");
    study.base.model = parse_model("attn_gpcm_linear");
    expect_says(study, "**Model**: attn_gpcm_linear, causal attention  \n");
    study.base.attention = AttentionKind::bidirectional;
    expect_says(study, "**Model**: attn_gpcm_linear, bidirectional attention  \n");
}

TEST(Report, SaysWhyTheBestScoreIsTooGoodAndTooBad) {
    search::Study study = example_study();
    expect_says(study,
                "The best score is the highest of 6, in part by chance: expect a somewhat lower "
                "one of new learners.\n");
    expect_says(study, "The best score is of models trained on 27 of the 40 learners.");
    study.trials[0].state = search::TrialState::pruned;
    study.trials[0].folds.resize(1);
    expect_says(study, "The best score is the highest of 5 (6 trials), in part by chance");
    for (int i = 1; i < 5; ++i) {
        study.trials[static_cast<std::size_t>(i)].state = search::TrialState::pruned;
        study.trials[static_cast<std::size_t>(i)].folds.resize(1);
    }
    expect_says(study,
                "Only one of 6 trials was trained fully: it was chosen by scores after less "
                "training, and no other final score stands beside it.");
    expect_silent(study, "in part by chance");
    study.trials.resize(1);
    study.trials[0].state = search::TrialState::complete;
    expect_silent(study, "Only one of");
}

TEST(Report, SaysWhichPointsTheSamplerChose) {
    search::Study study = long_study(0.2);
    expect_silent(study, "the trials crowd there");
    study.sampler = "gp";
    expect_says(study,
                "16 of the 24 points were chosen where the sampler (gp) expected high scores, 8 by "
                "chance, so the trials crowd there");
    study.trials[12].origin = search::Origin::chance;
    study.trials[0].origin = search::Origin::given;
    expect_says(study,
                "15 of the 24 points were chosen where the sampler (gp) expected high scores, 8");
    EXPECT_EQ(analyse(study)["summary"]["points_by_scores"], 15);
    EXPECT_EQ(analyse(study)["summary"]["points_by_chance"], 8);
    study.trials.resize(8);  // a Latin hypercube
    expect_silent(study, "the trials crowd there");

    study = long_study(0.2);
    study.sampler = "ladder";  // a host's own
    expect_says(study, "How the sampler (ladder) chose the points isn't known here. If it chose");
    expect_silent(study, "No point was chosen by the scores of others");
    EXPECT_EQ(analyse(study)["summary"]["points_by_chance"], 0);
    for (search::Trial& trial : study.trials)
        trial.origin = search::Origin::scores;
    expect_says(study, "24 of the 24 points were chosen where the sampler (ladder) expected");
}

TEST(Report, SaysWhereTheLearnersHeldOutContradictTheCrossValidation) {
    search::Study study = example_study();
    expect_silent(study, "are apart");  // 0.64 in 0.567 to 0.693
    study.winner = example_held_out("deep_gpcm", 0.8, 1.1);
    expect_says(study, "0.7200 to 0.8800, are apart: either these learners are easier");
    study.winner = example_held_out("deep_gpcm", 0.5, 1.1);
    expect_says(study, "0.4500 to 0.5500, are apart: trust the learners held out");
    // 0.64 is above, but may be no better than 0.62 by its folds.
    study.winner = example_held_out("deep_gpcm", 0.58, 1.1);
    study.winner->intervals["qwk"] = {0.54, 0.63};
    expect_silent(study, "are apart");
    study.winner = example_held_out("deep_gpcm", 0.5, 1.1);
    study.n_folds = 2;  // whose scores make no interval
    for (search::Trial& trial : study.trials)
        trial.folds.resize(2);
    expect_silent(study, "are apart");
    expect_silent(study, "standard error 0");
    EXPECT_TRUE(nlohmann::json::parse(analyse(study).dump())["best"]["standard_error"].is_null());
}

TEST(Report, ReadsTheLearningCurve) {
    search::Study study = example_study();
    expect_says(study,
                "Higher at the end: +0.0300 over the last epoch (95% over the folds 0.0300 to "
                "0.0300), so more epochs should help.");
    set_epochs(study, {0.4, 0.6, 0.55});
    expect_says(study,
                "Lower at the end: 0.0500 below the best epoch, 2 of 3 (95% over the folds 0.0500 "
                "to 0.0500), which looks like unstable training. The training loss changed by "
                "+0.0500 since.");
    expect_says(study, "Train for about 2 epochs, or with a lower `lr`");
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold.back().train_loss = 0.8;
    expect_says(study, "which looks like overfitting. The training loss changed by -0.1000 since.");
    expect_says(study, "Train for about 2 epochs, or regularise more");
    set_epochs(study, {0.5, 0.602, 0.6});
    expect_says(study, "Level at the end: the last epoch is 0.0020 below the best epoch, 2 of 3");
    set_epochs(study, {0.5, 0.599, 0.602});
    expect_says(study, "Level at the end: +0.0030 over the last epoch; changes below 0.005 count");
    set_epochs(study, {0.5});
    expect_says(study, "One epoch makes no curve");
}

TEST(Report, LeavesOpenWhatTheFoldsDontAgreeOn) {
    search::Study study = example_study();
    const auto shift_last_epoch = [&](double by) {
        for (search::Trial& trial : study.trials) {
            trial.folds[0].back().validation["qwk"] += by;
            trial.folds[1].back().validation["qwk"] -= by;
        }
    };
    shift_last_epoch(0.04);  // gains of 0.07 and -0.01
    expect_says(study, "so it can't be told whether more epochs would help.");
    expect_silent(study, "Train for more than");
    EXPECT_LT(analyse(study)["learning_curve"]["recent_gain_interval"][0], 0);
    set_epochs(study, {0.4, 0.6, 0.55});
    shift_last_epoch(0.06);
    expect_says(study, "so it can't be told whether training went on too long");
    expect_silent(study, "Train for about");
}

// Of two folds there's no interval, but four epochs without a trend are in that order in 1 of 24
// cases.
TEST(Report, SaysThatEveryEpochScoredHigher) {
    search::Study study = example_study();
    study.n_folds = 2;
    const auto with_epochs = [&](const std::vector<double>& scores) {
        set_epochs(study, scores);
        for (search::Trial& trial : study.trials)
            trial.folds.resize(2);
    };
    with_epochs({0.4, 0.5, 0.55, 0.58});
    expect_says(study,
                "Higher at the end: +0.0300 over the last epoch, each epoch better than the "
                "one before, so more epochs should help.");
    expect_says(study, "Train for more than 4 epochs: the winner still gained 0.0300");
    EXPECT_EQ(analyse(study)["learning_curve"]["rose_throughout"], true);
    for (const std::vector<double>& scores :
         {std::vector{0.5, 0.55, 0.58}, {0.4, 0.5, 0.49, 0.58}}) {
        with_epochs(scores);
        expect_says(study, "so it can't be told whether more epochs would help.");
        expect_silent(study, "Train for more than");
        EXPECT_EQ(analyse(study)["learning_curve"]["rose_throughout"], false);
    }
}

TEST(Report, SaysHowManyTrialsImportancesLack) {
    expect_says(example_study(), "Run 6 more trials before you act on importances, correlations");
    expect_silent(example_study(), "Nothing in these figures");
    expect_silent(long_study(0.2), "before you act on importances");
}

TEST(Report, TellsOfImportanceFromEightTrialsOn) {
    search::Study study = example_study_with_words();
    expect_says(study,
                "Not told: it takes 8 comparable trials with different scores, better four "
                "a parameter, 20; there are 6.");
    expect_silent(study, "fANOVA");
    EXPECT_TRUE(analyse(study)["parameter_importance"].empty());
    expect_says(study, "| lr | 0.009950 | upper 0.010000 | upwards to 0.020000 |\n");
    study = with_eight_trials(study);
    for (std::size_t i = 0; i < 3; ++i) {
        study.trials[i].point["optimizer"] = 0;
        study.trials[i].point["lr_patience"] = 0;
        study.trials[i + 3].point["lr_patience"] = 4;
    }
    expect_says(study, "| Parameter | Trials | fANOVA | 95% |");
    const nlohmann::json analysis = analyse(study);
    for (const nlohmann::json& one : analysis["parameter_importance"])
        EXPECT_EQ(one["trials"], one["name"] == "lr_patience" ? 5 : 8) << one["name"];
}

TEST(Report, TellsOfImportanceFromEarlyScoresOnlyWhereTheyAreMany) {
    search::Study study = long_study(0.2);  // 24 trials, four parameters
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold[0].validation["qwk"] += 0.1 * trial.point.at("lr");
    for (std::size_t i = 2; i < 24; ++i) {
        study.trials[i].state = search::TrialState::pruned;
        for (auto& fold : study.trials[i].folds)
            fold.resize(1);
    }
    expect_says(study, "| Parameter | Trials | fANOVA |");
    study.trials.resize(12);
    expect_says(study,
                "Not told: 12 trials compare after 1 epoch on 3 folds at best, and of scores "
                "that early it takes four a parameter, 16.");
    EXPECT_TRUE(analyse(study)["parameter_importance"].empty());
}

TEST(Report, ShowsWhatScoresTellFromSoManyOn) {
    search::Study study = long_study(0.2);
    const auto shown = [&](std::size_t trials, const char* what) {
        search::Study fewer = study;
        fewer.trials.resize(trials);
        const bool says = markdown_report(fewer, generated).find(what) != std::string::npos;
        const char* field = what[0] == '9' ? "percentile_95" : "exploration_ratio";
        EXPECT_EQ(analyse(fewer)["optimization_efficiency"][field].is_null(), !says) << trials;
        return says;
    };
    EXPECT_TRUE(shown(10, "Exploration Ratio"));
    EXPECT_FALSE(shown(9, "Exploration Ratio"));
    EXPECT_TRUE(shown(20, "95th Percentile"));
    EXPECT_FALSE(shown(19, "95th Percentile"));
}

TEST(Report, SaysWhatAnEarlierVersionDidntScore) {
    const std::string adds =
        "## Positions and Skills\n\nNot on record, as an earlier version ended this study: the "
        "sweep's command, given again with the same `--out`, adds it.\n";
    search::Study study = example_study();
    expect_silent(study, adds.c_str());
    study.by_position.clear();
    expect_says(study, adds.c_str());
    study.winner.reset();  // none is held out: nothing is to be added
    expect_silent(study, "Positions and Skills");
}

TEST(Report, SaysUpToWhereTrialsWereTrainedForLess) {
    search::Study study = example_study();
    expect_says(study, "; 6 trials × 3 folds × 3 epochs, sampler");
    study.trials[0].folds[2].clear();
    study.trials[0].state = search::TrialState::pruned;
    expect_says(study, "; 6 trials × up to 3 folds × up to 3 epochs, sampler");
}

TEST(Report, SaysWhereOneAbilityDoesntDescribeTheAnswers) {
    search::Study study = example_study();
    expect_silent(study, "One ability doesn't explain");  // of one pair of two chance makes as many
    study.psychometrics->classical_online = search::Dependence{1540, 163, 0, 0.3};
    study.psychometrics->winner.dependence = search::Dependence{1540, 12, 0, 0.3};
    expect_says(study,
                "correlate beyond ±0.2 in 163 of 1540 pairs (by chance 0.3), the winner's in 12.");
    for (int q = 2; q < 5; ++q) {
        study.portrait->items.push_back(study.portrait->items[0]);
        study.portrait->items.back().classical.alpha = -0.5;
        study.psychometrics->items.push_back(study.psychometrics->items[0]);
    }
    expect_says(study, "- 3 of 5 questions have a slope surely below 0");
    study.psychometrics->classical.persons.deviation = 2.2;
    expect_says(study, "l_z has a standard deviation of 2.20 by the classical GPCM, 0.90 by the");
    study.psychometrics.reset();
    expect_silent(study, "Learners fit unevenly");
}

TEST(Report, JudgesNoParameterThatNeverVaried) {
    expect_silent(example_study(), "The same in all of these trials");
    search::Study study = with_eight_trials(example_study());
    for (search::Trial& trial : study.trials)
        trial.point["memory_size"] = 100;
    expect_says(study, "The same in all of these trials, and so not judged: `memory_size`.");
    const nlohmann::json analysis = analyse(study);
    EXPECT_EQ(analysis["unvaried_parameters"], nlohmann::json({"memory_size"}));
    for (const nlohmann::json& one : analysis["parameter_importance"])
        EXPECT_NE(one["name"], "memory_size");
    expect_says(study, "| memory_size | 100 | upper 100 | upwards to 200 | n/a |");
    // Nor one that was never searched, whatever value stands for that.
    study = with_eight_trials(example_study_with_words());
    for (search::Trial& trial : study.trials)
        trial.point["optimizer"] = 0;
    EXPECT_EQ(analyse(study)["unvaried_parameters"], nlohmann::json({"optimizer", "lr_patience"}));
}

TEST(Report, SaysWhatWordsCountAs) {
    search::Study study = example_study_with_words();
    for (search::Trial& trial : study.trials)
        trial.point["optimizer"] = trial.score() > 0.5 ? 1 : 0;
    expect_says(study, "| optimizer: adamw | 6 | 0.894 |");
    expect_says(study, "Of two words the one named counts as 1, the other as 0.");
    expect_silent(study, "`optimizer` goes with");  // of six trials
    for (int i = 0; i < 6; ++i) {
        study.trials.push_back(study.trials[static_cast<std::size_t>(i)]);
        study.trials.back().number = 6 + i;
    }
    expect_says(study, "`optimizer` goes with the score: `adamw` scored higher (r = 0.894).");
    expect_silent(example_study(), "Of two words");
}

TEST(Report, SaysWhyTrainingTookLongerThanTheClock) {
    expect_says(example_study(),
                "13.5 seconds of training, 5.5 seconds by the clock as trials ran "
                "at once\n");
    search::Study study = example_study();
    study.wall_seconds = 14;
    expect_silent(study, "ran at once");
}

TEST(Report, PrefersTheMedianCategoryOnlyWhereTheFoldsAgree) {
    search::Study study = example_study();
    expect_says(
        study,
        "Predict the median category (`predict --decision median`) where QWK is what counts: "
        "0.0300 more in cross-validation (95% over the folds 0.0300 to 0.0300).");
    for (search::Trial& trial : study.trials)
        trial.folds[0].back().validation["qwk_median"] -= 0.02;
    EXPECT_NEAR(analyse(study)["best"]["median_gain"].get<double>(), 0.07 / 3, 1e-12);
    expect_silent(study, "Predict the median category");
}

TEST(Report, CountsFailuresAndSkippedSteps) {
    search::Study study = example_study();
    expect_says(study, "as loss or gradient wasn't finite: 1 of 6, 3 steps in all.");
    study.trials[0].folds[0].back().validation["qwk"] = std::nan("");
    expect_says(study, "- **Successful Trials**: 5 completed, 1 failed\n");
    EXPECT_TRUE(analyse(study)["trials"][0]["score"].is_number_float());
    EXPECT_EQ(nlohmann::json::parse(analyse(study).dump())["trials"][0]["score"], nullptr);
}

TEST(Report, NeverClaimsHeldOutLearnersThatArentThere) {
    search::Study study = example_study();
    study.winner.reset();
    study.baselines.clear();
    study.n_test_learners = 0;
    expect_says(study, "nothing confirms the best score");
    study.cv_on = "all";
    expect_says(study, "no learner is left that the search hasn't seen");
    expect_silent(study, "refitted on all");
}

TEST(Report, StandsWithoutASuccessfulTrial) {
    search::Study study = example_study();
    for (search::Trial& trial : study.trials)
        for (auto& fold : trial.folds)
            fold.back().train_loss = std::nan("");
    study.winner.reset();
    const std::string report = markdown_report(study, generated);
    EXPECT_LT(report.find("**No trial succeeded"), report.find("## Summary"));
    EXPECT_NE(report.find("- **Successful Trials**: 0 completed, 6 failed\n"), std::string::npos);
    EXPECT_EQ(report.find("nan"), std::string::npos);
    EXPECT_TRUE(analyse(study)["best"].is_null());
    study.trials.clear();
    expect_says(study, "- **Total Trials**: 0");
}

TEST(Report, SaysOfASearchUnderWayThatItIsNotFinished) {
    search::Study study = example_study();
    study.winner.reset();
    for (search::Trial& trial : study.trials)
        trial.state = search::TrialState::running;
    study.trials[0].state = search::TrialState::pruned;
    study.trials[1].state = search::TrialState::waiting;
    study.trials[1].folds.clear();
    expect_says(study,
                "The search isn't finished and has no winner yet: of 6 trials 0 are complete, 1 "
                "were stopped early, 0 failed, 5 still run or wait.");
    expect_says(study, "Let the search go on");
    expect_silent(study, "o trial succeeded");
    expect_silent(study, "Find out why");
}

TEST(Report, SaysThatPatienceEndedTheSearch) {
    search::Study study = example_study();
    expect_silent(study, "--patience");
    study.trials_asked = 30;
    expect_says(study, "The search ended after 6 of the 30 trials that were asked for");
}

TEST(Report, StandsWithOneTrial) {
    search::Study study = example_study();
    study.trials.resize(1);
    expect_silent(study, "others trained fully");
    expect_silent(study, "Mean Score");
    expect_says(study, "Not told: it takes 6 trials trained fully; there are 1.");
    study = with_eight_trials(example_study());
    for (std::size_t i = 0; i < 5; ++i)
        study.trials[i].state = search::TrialState::pruned;
    expect_says(study, "Not told: it takes 6 trials trained fully; there are 3.");
    EXPECT_TRUE(analyse(study)["convergence"].is_null());
    expect_silent(study, "nan");
}

TEST(Report, HasEverySectionInOrderAndWholeTables) {
    const std::string report = markdown_report(example_study(), generated);
    std::size_t at = 0;
    for (const char* section :
         {"Verdict", "Summary", "Best Parameters", "Parameter Importance",
          "Parameter-Performance Correlations", "Convergence Analysis", "Optimization Efficiency",
          "Learners held out", "Baselines", "Positions and Skills", "Edges", "Fidelity", "Caveats",
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

// Names between backticks.
std::vector<std::string> names_in(const std::string& text) {
    std::vector<std::string> names;
    const std::regex quoted("`([^`]+)`");
    for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at)
        names.push_back((*at)[1]);
    return names;
}

// What docs/analysis_json.md's tables say of a field: its path, and the names of its parts where it
// is a "list of" or an "object of" them.
struct Documented {
    std::string heading, path;
    std::vector<std::string> parts;
};

std::vector<Documented> documented_fields() {
    std::istringstream lines(read_file(MANYGPCM_DATA "/../docs/analysis_json.md"));
    std::vector<Documented> fields;
    std::string heading, line;
    while (std::getline(lines, line)) {
        if (line.starts_with("## ")) heading = line.substr(3);
        if (!line.starts_with("| `")) continue;
        const std::size_t bar = line.find(" | ");
        std::string content = line.substr(bar + 3);
        std::vector<std::string> parts;
        if (content.starts_with("list of ") || content.starts_with("object of ")) {
            content = std::regex_replace(content, std::regex(R"(\([^)]*\))"), "");
            parts = names_in(content.substr(0, content.find(':')));
        }
        std::string parent;
        for (const std::string& name : names_in(line.substr(0, bar))) {
            const std::string path = name.starts_with('.') ? parent + name : name;
            parent = path.substr(0, path.rfind('.'));
            fields.push_back({heading, path, parts});
        }
    }
    return fields;
}

// The field of that path, or null.
const nlohmann::json* find(const nlohmann::json& object, std::string path) {
    std::replace(path.begin(), path.end(), '.', '/');
    const nlohmann::json::json_pointer pointer("/" + path);
    return object.contains(pointer) ? &object[pointer] : nullptr;
}

TEST(Report, EndsWhereAStopIsAskedFor) {
    const TestDirectory directory;
    const search::Study study = long_study(0.2);
    const std::atomic<bool> stop = true;
    EXPECT_THROW(analysis_json(study, &stop), Interrupted);
    EXPECT_THROW(write_report(study, directory.path() / "out", {}, &stop), Interrupted);
    EXPECT_FALSE(std::filesystem::exists(directory.path() / "out"));
}

TEST(Analysis, WritesWordsAsTexts) {
    search::Study study = example_study_with_words();
    study.trials.back().point["optimizer"] = 0;
    study.trials.back().point["lr_patience"] = 0;
    const nlohmann::json analysis = analyse(study);
    EXPECT_EQ(analysis["trials"].back()["parameters"]["optimizer"], "adam");
    EXPECT_TRUE(analysis["trials"].back()["parameters"]["lr_patience"].is_null())
        << "it isn't searched there";
    const nlohmann::json& space = analysis["space"];
    EXPECT_EQ(space[space.size() - 2]["choices"], nlohmann::json({"adam", "adamw"}));
    EXPECT_EQ(space.back()["when"], nlohmann::json({{"optimizer", {"adamw"}}}));
    EXPECT_EQ(analysis["trials"][0]["parameters"]["optimizer"], "adamw");
    EXPECT_EQ(analysis["best"]["parameters"]["optimizer"], "adamw");
}

TEST(Analysis, HasEveryFieldThatIsDocumented) {
    const nlohmann::json analysis = analyse(with_eight_trials(example_study_with_words()));
    const auto fields = documented_fields();
    EXPECT_GT(fields.size(), 70u);
    for (const Documented& documented : fields) {
        // Tables of a list's entries, or of one object; the others name fields of the file.
        std::vector<nlohmann::json> objects = {analysis};
        if (documented.heading == "`space`" || documented.heading == "`trials`")
            objects = analysis[documented.heading == "`space`" ? "space" : "trials"]
                          .get<std::vector<nlohmann::json>>();
        else if (documented.heading == "Predictors")
            objects = {analysis["held_out"], analysis["baselines"]["held_out"][0]};
        else if (documented.heading == "`psychometrics`")
            objects = {analysis["psychometrics"], analysis["psychometrics"]["classical"]};
        else if (documented.heading == "`settings`" || documented.heading == "`summary`" ||
                 documented.heading == "`best`")
            objects = {analysis[names_in(documented.heading).front()]};
        const nlohmann::json* field = nullptr;
        for (const nlohmann::json& object : objects)
            if (field == nullptr) field = find(object, documented.path);
        ASSERT_NE(field, nullptr) << documented.heading << ": " << documented.path;
        for (const std::string& part : documented.parts)
            EXPECT_TRUE((field->is_array() ? field->front() : *field).contains(part))
                << documented.path << ": " << part;
    }
}

TEST(Analysis, HasNoFieldThatIsntDocumented) {
    const std::string text = read_file(MANYGPCM_DATA "/../docs/analysis_json.md");
    const nlohmann::json analysis = analyse(with_eight_trials(example_study_with_words()));
    const auto expect_documented = [&](const nlohmann::json& object) {
        for (const auto& [name, value] : object.items())
            EXPECT_TRUE(text.find('`' + name + '`') != std::string::npos ||
                        text.find('`' + name + '.') != std::string::npos ||
                        text.find('.' + name + '`') != std::string::npos)
                << name;
    };
    expect_documented(analysis);
    for (const char* part : {"dataset", "settings", "summary", "best", "convergence",
                             "optimization_efficiency", "held_out", "baselines", "learning_curve",
                             "verdict", "ceiling", "comparable", "score_titles"})
        expect_documented(analysis[part]);
    for (const char* list : {"space", "parameter_importance", "pair_importance",
                             "parameter_correlations", "slices", "contours", "items", "learners",
                             "recovery", "edges", "fidelity", "trials", "by_skill", "by_position"})
        for (const nlohmann::json& entry : analysis[list])
            expect_documented(entry);
    expect_documented(analysis["best"]["cross_validated"]);
    expect_documented(analysis["held_out"]["metrics"]);
}

TEST(Analysis, CarriesTheFiguresOfTheReport) {
    const nlohmann::json analysis = analyse(example_study());
    EXPECT_EQ(analysis["schema_version"], 2);
    EXPECT_EQ(analysis["summary"]["best_trial"], 5);
    EXPECT_NEAR(analysis["best"]["score"].get<double>(), 0.64, 1e-12);
    EXPECT_EQ(analysis["best"]["parameters"]["memory_size"], 100);
    EXPECT_NEAR(analysis["best"]["cross_validated"]["qwk"].get<double>(), 0.64, 1e-12);
    EXPECT_EQ(analysis["best"]["cross_validated"]["n"], 360);
    EXPECT_EQ(analysis["learning_curve"]["shape"], "improving");
    EXPECT_EQ(analysis["edges"].size(), 3u);
    EXPECT_EQ(analysis["held_out"]["metrics"]["qwk"], 0.63);
    EXPECT_EQ(analysis["baselines"]["held_out"].size(), 3u);
    EXPECT_EQ(analysis["verdict"]["outcome"], "ahead");
    const auto part = [&](const char* name) {
        return analysis["verdict"][name].get<std::string>();
    };
    EXPECT_EQ(part("text"), "**" + part("claim") + "** " + part("grounds"));
    EXPECT_EQ(analysis["held_out"]["without_first"]["qwk"], 0.65);
    EXPECT_EQ(analysis["held_out"]["qwk_fitted"], 0.66);
    EXPECT_EQ(analysis["by_skill"][0]["winner"]["auc"], 0.7);
    EXPECT_EQ(analysis["by_position"][1]["last"], 12);
    EXPECT_EQ(analysis["held_out"]["calibration"][0]["accuracy"], nullptr);
    EXPECT_EQ(analysis["fidelity"],
              nlohmann::json::parse(R"([{"epochs":3,"folds":3,"trials":6}])"));
    EXPECT_EQ(analysis["trials"].size(), 6u);
}

/// What Optuna's journal says of a study that minimizes: points and values, and nothing of models.
search::Study foreign_study() {
    search::Study study = long_study(0.4);
    study.base = {};
    std::vector<search::Parameter> parameters = study.space.parameters();
    parameters[2].name = "x";  // no hyperparameter of ours
    study.space = search::Space(parameters);
    study.foreign = true;
    study.minimize = true;
    study.objective = "value";
    study.dataset = "group/study";
    study.n_questions = study.n_categories = study.n_learners = study.n_test_learners = 0;
    study.winner.reset();
    study.baselines.clear();
    study.baselines_cv.clear();
    study.ceiling.reset();
    study.ceiling_cv.reset();
    study.portrait.reset();
    for (search::Trial& trial : study.trials) {
        trial.point["x"] = trial.point.at("lr");
        trial.point.erase("lr");
        trial.folds.resize(1);
        for (EpochResult& epoch : trial.folds[0]) {
            const double loss = 1 - epoch.validation["qwk"];
            epoch.validation = {};
            epoch.validation["qwk"] = loss;
        }
        trial.value = trial.folds[0].back().validation["qwk"];
    }
    return study;
}

TEST(Report, SaysOfAForeignStudyWhatPointsAndValuesTell) {
    const search::Study study = foreign_study();
    expect_says(study, "**Study**: group/study, written by Optuna");
    expect_says(study, "the score is value, the lower the better");
    expect_says(study, "values that Optuna recorded, the lower the better.");
    expect_says(study, "The best score is the lowest of 24, in part by chance.\n");
    expect_says(study, "- **x**: 0.01");
    expect_says(study, "| x ");
    for (const char* ours : {"QWK", "fold", "learner", "GPCM", "deep_gpcm", "Loss", "epoch"})
        expect_silent(study, ours);
    const nlohmann::json analysis = analyse(study);
    EXPECT_EQ(analysis.at("objective"), "value");
    EXPECT_EQ(analysis.at("direction"), "minimize");
    EXPECT_TRUE(analysis.at("foreign"));
    EXPECT_TRUE(analysis.at("model").is_null());
    EXPECT_TRUE(analysis.at("best").at("cross_validated").is_null());
    EXPECT_TRUE(analysis.at("next_steps").empty());
    EXPECT_TRUE(analysis.at("learning_curve").is_null());

    const TestDirectory directory;
    EXPECT_EQ(write_report(study, directory.path()).front(),
              directory.path() / "group_study_hyperopt_report.md");
}

}  // namespace
}  // namespace manygpcm::report
