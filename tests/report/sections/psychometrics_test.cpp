// The section of psychometrics, its JSON and its CSV: what is said, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "manygpcm/engine/local_dependence.h"
#include "manygpcm/report/report.h"
#include "report/example_study.h"
#include "sections/items_csv.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string section_of(const search::Study& study) {
    return psychometrics_markdown(findings_of(study));
}

TEST(PsychometricsSection, LaysTheModelsSideBySide) {
    const std::string text = section_of(example_study());
    EXPECT_THAT(text, HasSubstr("on the 40 learners (120 responses) that both were fitted to"));
    EXPECT_THAT(text, HasSubstr("| Reliability of ability (EAP) | n/a | 0.810 |"));
    EXPECT_THAT(text, HasSubstr("| 1 of 2 (50.0%) | 0 of 2 (0.0%) |"));   // infit
    EXPECT_THAT(text, HasSubstr("| 2 of 40 (5.0%) | 3 of 40 (7.5%) |"));  // l_z
    EXPECT_THAT(text, HasSubstr("AIC; BIC (4 parameters) |  | -70.5; 149.0; 155.8 |"));
    EXPECT_THAT(text, HasSubstr("alpha of the raw scores is 0.625 (36 learners who answered all)"));
    // Of residuals of one kind, then of the classical GPCM's at the ability after all responses.
    EXPECT_THAT(text, HasSubstr("(by chance); mean | 0 of 1 (0.0); 0.050 | 1 of 1 (0.0); 0.250 |"));
    EXPECT_THAT(text,
                HasSubstr("| Yen's Q3 more than 0.2 above its mean (by chance); mean |  | 1 of "
                          "1 (0.0); 0.300 |"));
    EXPECT_THAT(text, HasSubstr("The winner has no posterior of ability"));
    EXPECT_THAT(text, HasSubstr("| 0, 1 | 110 | 0.050 | 0.250 | 0.300 |"));
    EXPECT_THAT(text, HasSubstr("- **Winner**: 7 (-2.40, 12 responses)\n"));
    search::Study study = example_study();
    study.psychometrics->winner.ability.reliability = 0.7;
    study.psychometrics->winner.persons.lowest.clear();
    EXPECT_THAT(section_of(study), Not(HasSubstr("no posterior")));
    EXPECT_THAT(section_of(study), HasSubstr("| 0.700 | 0.810 |"));
    EXPECT_THAT(section_of(study), HasSubstr("- **Winner**: none below -1.645\n"));
}

TEST(PsychometricsSection, SaysWhatFewLearnersAndManyParametersMean) {
    search::Study study = example_study();  // 40 learners, 12 questions, 2 categories
    const auto few = HasSubstr("say more of their priors"),
               alone = HasSubstr("by itself, a little");
    EXPECT_THAT(section_of(study), testing::AllOf(Not(few), Not(alone)));
    study.psychometrics->learners = 29;
    study.n_questions = 501;
    EXPECT_THAT(section_of(study), testing::AllOf(few, alone));
}

TEST(PsychometricsSection, SaysTheLeastStandardError) {
    // Of the classical model by hand: information at its most, at 0.09, is 0.3568, the deviation
    // 0.9 about 0.
    EXPECT_THAT(section_of(example_study()), HasSubstr(" at -0.2 | 1.86 at +0.1 |"));
}

TEST(PsychometricsSection, SaysWhatAbilityDependsOn) {
    search::Study study = example_study();
    EXPECT_THAT(section_of(study), HasSubstr("depends on the question that is asked, too: 75.0% of "
                                             "its variance is between learners"));
    study.psychometrics->ability_between_learners = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT(section_of(study), HasSubstr("depends on the question that is asked, too. With"));
    study.psychometrics->ability_between_learners = 0.9995;
    EXPECT_THAT(section_of(study), HasSubstr("ability is the same whichever question comes next."));
    study.psychometrics->ability_between_learners = 0.75;
    study.psychometrics->ability_of_question = false;
    EXPECT_THAT(section_of(study), HasSubstr("ability is the same whichever question comes next."));
    EXPECT_THAT(section_of(study), Not(HasSubstr("depends on the question")));
}

TEST(PsychometricsSection, MarksItems) {
    search::Study study = example_study();
    EXPECT_THAT(section_of(study),
                HasSubstr("| 0 | 70 | 0.42 | 0.90 (0.20) | -0.10 (0.30) | 1.05 / 1.10 | 1.10 | "
                          "0.95 / 0.90 |\n"));
    study.portrait->items[1].classical.alpha = -0.4;
    study.portrait->items[1].winner.alpha = -0.1;
    study.psychometrics->items[1].category_counts = {50, 0};
    EXPECT_THAT(section_of(study), HasSubstr("| category 1 never seen; negative slope |"));
    EXPECT_EQ(analyse(study)["psychometrics"]["striking_items"], nlohmann::json({0, 1}))
        << "nothing is told of the second";
    study.psychometrics->items[1].category_counts = {50, 1};
    EXPECT_EQ(analyse(study)["psychometrics"]["striking_items"], nlohmann::json({1, 0}));
}

TEST(PsychometricsSection, MarksWinnersSlopesOfTheOtherSignWhereTheClassicalOneIsSure) {
    search::Study study = example_study();
    const auto marks = [&] { return analyse(study)["items"][1]["marks"]; };
    study.portrait->items[1].winner.alpha = -0.1;  // the classical one is 0.8, its error 0.15
    EXPECT_EQ(marks(), nlohmann::json({"winner's slope negative"}));
    study.portrait->items[1].classical.alpha = 0.2;
    EXPECT_EQ(marks(), nlohmann::json::array());
    study.portrait->items[1].classical.alpha = -0.4;
    study.portrait->items[1].winner.alpha = 0.1;
    EXPECT_EQ(marks(), nlohmann::json({"negative slope", "winner's slope positive"}));
}

TEST(PsychometricsSection, SaysWhetherNegativeSlopesAreKeysOrTraits) {
    search::Study study = example_study();
    EXPECT_THAT(section_of(study), Not(HasSubstr("a negative slope")));
    study.portrait->items[1].classical.alpha = -0.4;  // item-rest is 0.31, of 50 responses
    EXPECT_THAT(section_of(study), HasSubstr("1 question (1) has a negative slope, but a positive "
                                             "item-rest correlation: the key is right, but"));
    study.psychometrics->items[1].item_rest = -0.31;
    EXPECT_THAT(section_of(study), HasSubstr("1 question (1) has a negative slope and item-rest "
                                             "correlation: look for a reversed key"));
    study.psychometrics->items[1].item_rest = 0.2;  // as chance makes it
    EXPECT_THAT(section_of(study), Not(HasSubstr("a negative slope")));
}

TEST(PsychometricsSection, CallsNobodyConfidentByLearnersThatItWasFittedTo) {
    search::Study study = example_study();
    search::Psychometrics& of = *study.psychometrics;
    of.items.assign(90, of.items[0]);  // infits below 1, z among them
    study.portrait->items.assign(90, study.portrait->items[0]);
    of.winner.persons.mean = of.classical.persons.mean = 0.9;
    EXPECT_THAT(section_of(study), Not(HasSubstr("confident")));
    of.winner.held_out = search::HeldOutFit{20, 17, 40, -0.5, 0.9};
    EXPECT_THAT(section_of(study),
                HasSubstr("On the learners held out: The winner is overconfident: their responses "
                          "scatter more than its probabilities say, by infits (17 of 20 above 1) "
                          "and l_z (-0.50 on average), both beyond chance.\n"));
    EXPECT_EQ(analyse(study)["psychometrics"]["winner"]["held_out"]["scatter"], "more");
    of.winner.held_out.reset();
    EXPECT_THAT(section_of(study), Not(HasSubstr("confident")));
}

TEST(PsychometricsSection, CountsOnlyInfitsThatHaveAZ) {
    search::Study study = example_study();
    study.psychometrics->items[0].winner.z_infit = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT(section_of(study), HasSubstr("z beyond ±1.96 | 1 of 1 (100.0%) | 0 of 2 (0.0%) |"));
    EXPECT_THAT(section_of(study), HasSubstr("| Median infit | 1.400 | 1.125 |"));
}

TEST(PsychometricsSection, ShowsTheMostStrikingOfManyItems) {
    search::Study study = example_study();
    EXPECT_THAT(section_of(study), Not(HasSubstr("those with a mark first")));
    for (int q = 2; q < 30; ++q) {
        study.portrait->items.push_back(study.portrait->items[0]);
        study.portrait->items.back().question = "q" + std::to_string(q);
        study.psychometrics->items.push_back(study.psychometrics->items[0]);
        study.psychometrics->items.back().classical.z_infit = -0.1 * q;
    }
    study.psychometrics->items[3].category_counts = {0, 70};
    study.portrait->items[5].classical.alpha = -1;
    study.portrait->items[6].responses = 0;
    const std::string text = section_of(study);
    EXPECT_THAT(text,
                HasSubstr(" 10 of 30 questions: negative slopes first, then other marks, then "
                          "by the larger |z| of both infits."));
    const auto marked = text.find("| q5 |"), farthest = text.find("| q29 |"),
               next = text.find("| q28 |"), of_two = text.find("| 1 |");
    study.psychometrics->items[3].category_counts = {1, 70};
    study.portrait->items[5].classical.alpha = 1;
    EXPECT_THAT(section_of(study),
                HasSubstr(" 10 of 30 questions: by the larger |z| of both infits."));
    EXPECT_THAT(section_of(study), Not(HasSubstr("Mark |")));
    EXPECT_LT(marked, farthest);
    EXPECT_LT(farthest, next);
    EXPECT_LT(next, of_two);  // its z are 2.2 and 1.7
    EXPECT_NE(of_two, std::string::npos);
    EXPECT_EQ(text.find("| q6 |"), std::string::npos);  // nobody answered it
    EXPECT_EQ(text.find("| q2 |"), std::string::npos);
    EXPECT_EQ(text.find("| q3 |"), std::string::npos);
    EXPECT_THAT(text,
                HasSubstr(" 1 question was answered alike by everybody, which tells nothing"));
    EXPECT_THAT(section_of(study), Not(HasSubstr("alike by everybody")));
}

TEST(PsychometricsSection, PutsNegativeSlopesFirstAndCategoriesNeverSeenNowhere) {
    search::Study study = example_study();
    for (int q = 2; q < 16; ++q) {
        study.portrait->items.push_back(study.portrait->items[0]);
        study.portrait->items.back().question = "q" + std::to_string(q);
        study.psychometrics->items.push_back(study.psychometrics->items[0]);
    }
    for (int q = 2; q < 14; ++q)
        study.psychometrics->items[static_cast<std::size_t>(q)].category_counts = {0, 30, 40};
    study.psychometrics->items[3].classical.z_infit = 9;
    study.portrait->items[14].winner.alpha = -1;  // the classical one is surely positive
    study.portrait->items[15].classical.alpha = -1;
    study.psychometrics->items[15].item_rest = -0.4;
    EXPECT_EQ(analyse(study)["psychometrics"]["striking_items"].get<std::vector<int>>()[0], 15);
    EXPECT_EQ(analyse(study)["psychometrics"]["striking_items"].get<std::vector<int>>()[1], 14);
    EXPECT_EQ(analyse(study)["psychometrics"]["striking_items"].get<std::vector<int>>()[2], 3);
    EXPECT_THAT(section_of(study), HasSubstr(" 1 question (q15) has a negative slope and"));
    for (int q = 2; q < 9; ++q) {
        study.portrait->items[static_cast<std::size_t>(q)].classical.alpha = -1;
        study.psychometrics->items[static_cast<std::size_t>(q)].item_rest = -0.4;
    }
    EXPECT_THAT(section_of(study), HasSubstr(" 8 questions (q2, q3, q4, q5, q6, …) have a neg"));
}

TEST(PsychometricsSection, SaysWhereQ3IsNotToldOrNotOfAll) {
    search::Study study = example_study();
    EXPECT_THAT(section_of(study), Not(HasSubstr("Looked at")));
    study.psychometrics->dependence_learners = 30;
    EXPECT_THAT(section_of(study),
                HasSubstr("Looked at: the 2 questions with most answers, and 30 of 40 learners."));
    EXPECT_THAT(section_of(study),
                HasSubstr("0 of the winner's and 1 of the classical GPCM's are larger"));
    // 0.25 of 110 learners is z = 2.6, beyond chance in a pair, not as the largest of a hundred.
    study.psychometrics->classical_online->pairs = 100;
    EXPECT_THAT(section_of(study),
                HasSubstr("0 of the winner's and 0 of the classical GPCM's are"));
    study.psychometrics->classical_online.reset();  // as an earlier version recorded
    EXPECT_THAT(section_of(study), HasSubstr("all responses. 0 of the winner's are larger"));
    EXPECT_THAT(section_of(study), HasSubstr("| 0 of 1 (0.0); 0.050 | not on record |"));
    study.psychometrics->q3_above_mean = false;
    EXPECT_THAT(section_of(study), HasSubstr("its mean (by chance); mean |  | not on record |"));
    EXPECT_TRUE(analyse(study)["psychometrics"]["q3"].is_null());
    study.psychometrics->dependent.clear();
    study.psychometrics->classical.dependence.pairs = 0;
    EXPECT_THAT(section_of(study), HasSubstr("No two questions have 100 learners in common"));
    EXPECT_THAT(section_of(study), Not(HasSubstr("Residual correlations")));
}

TEST(PsychometricsSection, IsShortOrAbsentOfStudiesWithout) {
    search::Study study = example_study();
    study.psychometrics.reset();
    EXPECT_THAT(section_of(study), HasSubstr("beside the classical GPCM:"));
    EXPECT_THAT(section_of(study), Not(HasSubstr("Infit")));
    EXPECT_THAT(section_of(study), HasSubstr("Not on record, as an earlier version ended this "
                                             "study: the sweep's command, given again"));
    EXPECT_TRUE(analyse(study)["psychometrics"].is_null());
    EXPECT_EQ(items_csv(findings_of(study)), "");
    study.portrait.reset();
    EXPECT_EQ(section_of(study), "");
}

TEST(PsychometricsSection, WritesAllOfItAsJson) {
    const nlohmann::json analysis = analyse(example_study()), &item = analysis["items"][1];
    EXPECT_EQ(item["category_counts"], nlohmann::json({20, 30}));
    EXPECT_EQ(item["item_rest"], 0.31);
    EXPECT_EQ(item["marks"], nlohmann::json::array());
    EXPECT_EQ(item["classical"]["alpha_error"], 0.15);
    EXPECT_EQ(item["classical"]["beta_error"], nlohmann::json({0.4}));
    EXPECT_EQ(item["classical"]["z_infit"], 1.7);
    EXPECT_EQ(item["winner"]["outfit"], 1.6);
    // Of two categories information is highest at the threshold, alpha^2 / 4.
    EXPECT_NEAR(item["winner"]["information"].get<double>(), 0.7 * 0.7 / 4, 1e-9);
    EXPECT_NEAR(item["winner"]["information_at"].get<double>(), 0.6, 1e-9);
    const nlohmann::json& test = analysis["psychometrics"]["classical"]["test_information"];
    ASSERT_EQ(test["ability"].size(), 81u);
    EXPECT_NEAR(test["ability"][80].get<double>(), 4 * 0.9, 1e-9);
    EXPECT_NEAR(
        test["information"][40].get<double>(),
        item_information(0, 0.9, std::vector{-0.1}) + item_information(0, 0.8, std::vector{0.5}),
        1e-9);
    EXPECT_EQ(analysis["psychometrics"]["q3_pairs"][0]["items"], nlohmann::json({0, 1}));
    EXPECT_EQ(analysis["psychometrics"]["likelihood"]["bic"], 155.76);
    EXPECT_EQ(analysis["psychometrics"]["coefficient_alpha"]["value"], 0.625);
}

TEST(PsychometricsSection, WritesItemsAsCsv) {
    search::Study study = example_study();
    study.portrait->items[1].question = "a, \"b\"";
    study.portrait->items[1].classical.beta[0] = std::numeric_limits<double>::quiet_NaN();
    study.psychometrics->items[1].category_counts = {0, 50};
    const std::string csv = items_csv(findings_of(study));
    EXPECT_THAT(
        csv,
        testing::StartsWith(
            "question,n,n0,n1,item_rest,alpha,beta1,alpha_error,beta1_error,outfit,z_outfit,infit,"
            "z_infit,information,information_at,winner_alpha,winner_beta1,winner_outfit,"
            "winner_z_outfit,winner_infit,winner_z_infit,winner_information,"
            "winner_information_at,marks\n"
            "0,70,30,40,0.42,0.9,-0.1,0.2,0.3,1.1,0.8,1.05,0.6,0.2025,-0.1,1.1,-0.2,"));
    EXPECT_THAT(csv, HasSubstr("\n\"a, \"\"b\"\"\",50,0,50,0.31,0.8,,0.15,0.4,1.3,1.9,1.2,1.7,,,"));
    EXPECT_THAT(csv, testing::EndsWith(",category 0 never seen\n"));
}

}  // namespace
}  // namespace manygpcm::report
