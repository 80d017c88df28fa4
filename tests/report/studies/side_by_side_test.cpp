// Studies side by side: what may be compared, what is said of it, and what is refused.
#include "manygpcm/report/side_by_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/fold_interval.h"
#include "pictures/gnuplot.h"
#include "report/figures/drawn_study.h"
#include "studies/side_by_side_figures.h"

namespace manygpcm::report {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The same again, so many hours later.
search::Study run_again(search::Study study, int hours = 1) {
    for (search::Trial& trial : study.trials)
        trial.began = 1e9 + 3600 * hours + trial.number;
    return study;
}

/// Studies of the same data, of two runs.
std::vector<NamedStudy> pair(search::Study one, search::Study other) {
    one.dataset_fingerprint = other.dataset_fingerprint = "0123456789abcdef";
    return {{"one", std::move(one)}, {"other", run_again(std::move(other))}};
}

/// Adds to every score of the study's trials, by fold.
search::Study shifted(search::Study study, const std::vector<double>& by_fold) {
    for (search::Trial& trial : study.trials)
        for (std::size_t fold = 0; fold < trial.folds.size(); ++fold)
            for (EpochResult& epoch : trial.folds[fold])
                epoch.validation["qwk"] += by_fold[fold];
    return study;
}

std::string markdown(const std::vector<NamedStudy>& studies) {
    return side_by_side_markdown(studies, "2026-01-02 03:04:05");
}

TEST(SideBySide, ComparesBestScoresFoldByFold) {
    const auto studies = pair(example_study(), shifted(example_study(), {0.04, 0.06, 0.05}));
    const SideBySide figures = side_by_side(studies);
    ASSERT_TRUE(figures.above_first[1] && figures.above_first_interval[1]);
    EXPECT_NEAR(*figures.above_first[1], 0.05, 1e-12);
    const auto expected = fold_interval(std::vector{0.04, 0.06, 0.05});
    EXPECT_NEAR(figures.above_first_interval[1]->low, expected->low, 1e-12);
    EXPECT_NEAR(figures.above_first_interval[1]->high, expected->high, 1e-12);
    EXPECT_FALSE(figures.above_first[0]);
}

TEST(SideBySide, SaysWhoIsAheadOnlyWhereTheFoldsAgree) {
    const search::Study study = example_study();
    EXPECT_THAT(markdown(pair(study, shifted(study, {0.05, 0.05, 0.05}))),
                HasSubstr("**other's best is ahead of one's**: the difference is +0.0500 (95%"));
    EXPECT_THAT(markdown(pair(study, shifted(study, {-0.05, -0.05, -0.05}))),
                HasSubstr("**other's best is behind one's**: the difference is -0.0500 (95%"));
    EXPECT_THAT(markdown(pair(study, shifted(study, {0.1, -0.05, 0.02}))),
                HasSubstr("**other's best can't be told from one's**"));
    // Two folds tell nothing.
    search::Study two = study;
    two.n_folds = 2;
    for (search::Trial& trial : two.trials)
        trial.folds.resize(2);
    EXPECT_THAT(
        markdown(pair(two, shifted(two, {0.05, 0.05}))),
        HasSubstr("**Whether other's best is ahead of one's can't be told**: the difference "
                  "is +0.0500, and 2 folds make no interval."));
    // Where lower is better, more is worse.
    search::Study loss = study;
    loss.score_by(*find_metric("cross_entropy"));
    search::Study more = loss;
    for (search::Trial& trial : more.trials)
        for (auto& fold : trial.folds)
            for (EpochResult& epoch : fold)
                epoch.validation["cross_entropy"] += 0.05;
    EXPECT_THAT(markdown(pair(loss, more)), HasSubstr("**other's best is behind one's**"));
}

TEST(SideBySide, SaysWhyBestScoresDoNotCompare) {
    search::Study longer = example_study(), folds = example_study();
    longer.epochs = 4;
    for (search::Trial& trial : longer.trials)
        for (auto& fold : trial.folds)
            fold.push_back(fold.back());
    const std::string unequal = markdown(pair(example_study(), longer));
    EXPECT_THAT(unequal, HasSubstr("**Best scores don't compare**: trials were trained for 3 and 4 "
                                   "epochs."));
    EXPECT_THAT(unequal, Not(HasSubstr("ahead of")));
    folds.seed = 7;
    EXPECT_THAT(markdown(pair(example_study(), folds)),
                HasSubstr("folds aren't the same: 3 of 40 learners by seed 42 and 3 of 40 learners "
                          "by seed 7."));
    std::vector<NamedStudy> unknown = pair(example_study(), example_study());
    unknown[1].study.dataset_fingerprint.clear();
    EXPECT_THAT(markdown(unknown),
                HasSubstr("whether the studies are of the same data isn't on record"));
}

TEST(SideBySide, RefusesWhatDoesNotCompare) {
    const auto refuses = [](const std::vector<NamedStudy>& studies,
                            const std::vector<std::string>& parts) {
        expect_input_error([&] { side_by_side(studies); }, parts);
    };
    // However it is named, and wherever it stands.
    std::vector<NamedStudy> twice = {{"one", example_study()},
                                     {"two", shifted(example_study(), {0.1, 0.1, 0.1})},
                                     {"again", example_study()}};
    twice[1].study.trials[0].began = 1e9;
    refuses(twice, {"one and again are the same study"});
    search::Study loss = example_study();
    loss.score_by(*find_metric("cross_entropy"));
    refuses(pair(example_study(), loss),
            {"one goes by qwk, the higher the better", "other goes by cross_entropy, the lower",
             "expected the same objective"});
    std::vector<NamedStudy> data = pair(example_study(), example_study());
    data[1].study.dataset_fingerprint = "fedcba9876543210";
    refuses(data, {"0123456789abcdef", "fedcba9876543210", "expected the same data"});
    for (NamedStudy& one : data)
        one.study.dataset_fingerprint.clear();
    data[1].study.n_questions = 13;
    refuses(data, {"12 questions", "13 questions", "expected the same data"});
    refuses(pair(example_study(), foreign_example()), {"Optuna", "studies of one kind"});
}

// A search that stopped most of its trials is compared where it still had them.
TEST(SideBySide, ComparesTrialsAfterTheTrainingThatMostHad) {
    const auto studies = pair(drawn_study(parse_model("deep_gpcm"), 20, 0, true),
                              drawn_study(parse_model("deep_gpcm"), 20));
    const SideBySide figures = side_by_side(studies);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(figures.alike[i].epochs, 2);
        EXPECT_EQ(figures.alike[i].scores.size(), 20U);
    }
    EXPECT_NEAR(figures.alike[0].scores[3], figures.alike[1].scores[3], 1e-12);
    EXPECT_THAT(markdown(studies), HasSubstr("Of the trials after 2 epochs, the mean of 5 folds"));
}

TEST(SideBySide, LooksAtBothWhenTheyHadSpentAsMuch) {
    search::Study shorter = example_study();
    shorter.trials.resize(2);
    const auto studies = pair(example_study(), shorter);
    const SideBySide figures = side_by_side(studies);
    EXPECT_EQ(figures.least_spent(), 18);  // 2 trials x 3 folds x 3 epochs
    EXPECT_THAT(
        figures.best_for_least_spent(),
        testing::ElementsAre(testing::DoubleNear(0.52, 1e-12), testing::DoubleNear(0.52, 1e-12)));
    EXPECT_THAT(markdown(studies), HasSubstr("A best score is the best of 6 and 2 trials"));
}

TEST(SideBySide, NamesWhatDiffersAlone) {
    search::Study other = example_study();
    EXPECT_THAT(markdown(pair(example_study(), other)), HasSubstr("No setting"));
    other.scheduler = "halving";
    other.base.key_dim = 33;
    std::vector<search::Parameter> parameters = other.space.parameters();
    parameters[2].high = 0.1;
    other.space = search::Space(parameters);
    const std::string text = markdown(pair(example_study(), other));
    EXPECT_THAT(text, HasSubstr("| scheduler | fixed | halving |"));
    EXPECT_THAT(text, HasSubstr("| key_dim | 64 | 33 |"));
    EXPECT_THAT(text, HasSubstr("| lr | searched: 0.0001 to 0.01, by its logarithm | searched: "
                                "0.0001 to 0.1, by its logarithm |"));
    EXPECT_THAT(text, Not(HasSubstr("| sampler |")));
    EXPECT_THAT(text, Not(HasSubstr("| memory_size | searched")));
}

TEST(SideBySide, SetsTheWinnersBesideEachOther) {
    search::Study other = example_study();
    other.trials[4].point["lr"] = 0.5e-3;
    other.winner = example_held_out("deep_gpcm", 0.6, 1.2);
    const std::string text = markdown(pair(example_study(), other));
    EXPECT_THAT(text, HasSubstr("| lr * | 0.00995 | 0.0005 |"));
    EXPECT_THAT(text, HasSubstr("| memory_size | 100 | 100 |"));
    EXPECT_THAT(text, HasSubstr("0.6300 (0.5670 to 0.6930) | 0.6000 (0.5400 to 0.6600) |"));
    EXPECT_THAT(text, HasSubstr("the same 10 learners"));
}

TEST(SideBySide, OptunasStudiesHaveValuesAlone) {
    std::vector<NamedStudy> studies = {{"one", foreign_example()},
                                       {"other", run_again(foreign_example())}};
    const std::string text = markdown(studies);
    EXPECT_THAT(text, HasSubstr("isn't on record"));
    EXPECT_THAT(text, Not(testing::ContainsRegex("epoch|fold|[Ll]earner|nan|ahead")));
}

TEST(SideBySide, WritesAPageAndAPicture) {
    const TestDirectory directory;
    search::Study nothing = unsuccessful_study(search::TrialState::failed);
    nothing.n_test_learners = example_study().n_test_learners;
    std::vector<std::vector<NamedStudy>> all = {
        pair(drawn_study(parse_model("deep_gpcm"), 20, 5, true),
             drawn_study(parse_model("deep_gpcm"), 1)),
        pair(drawn_study(parse_model("deep_gpcm"), 6), nothing),
        {{"it's", foreign_example()}, {"other", run_again(foreign_example())}}};
    all.push_back(all.front());
    while (all.back().size() < most_side_by_side)
        all.back().push_back(
            {all.back().front().name,
             run_again(all.back().front().study, static_cast<int>(all.back().size()))});
    for (const std::vector<NamedStudy>& studies : all) {
        std::vector<std::string> left_out;
        const auto files = write_side_by_side(
            studies, directory.path(), [&](const std::string& line) { left_out.push_back(line); });
        EXPECT_THAT(read_file(files.front()), HasSubstr("# Studies Side by Side"));
        EXPECT_THAT(read_file(files.front()), Not(HasSubstr("nan")));
        if (left_out == std::vector<std::string>{no_gnuplot})
            GTEST_SKIP() << "gnuplot isn't here (Debian: gnuplot-nox)";
        EXPECT_THAT(left_out, testing::IsEmpty());
        ASSERT_EQ(files.size(), 2U);
        EXPECT_TRUE(read_file(files[1]).starts_with("\x89PNG"));
    }
}

}  // namespace
}  // namespace manygpcm::report
