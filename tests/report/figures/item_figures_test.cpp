// What is said of items and learners as a scale: each rule at both sides of its bounds.
#include "figures/item_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/example_study.h"

namespace manygpcm::report {
namespace {

TEST(Scatter, AsksInfitsAndPersonsBoth) {
    EXPECT_EQ(scatter({20, 17, 40, -0.5, 0.9}), Scatter::more);
    EXPECT_EQ(scatter({20, 17, 40, -0.2, 0.9}), Scatter::as_predicted);
    EXPECT_EQ(scatter({20, 13, 40, -0.5, 0.9}), Scatter::as_predicted);
    EXPECT_EQ(scatter({20, 17, 40, 0.5, 0.9}), Scatter::as_predicted);
    EXPECT_EQ(scatter({20, 3, 40, 0.5, 0.9}), Scatter::less);
    EXPECT_EQ(scatter({0, 0, 0, std::numeric_limits<double>::quiet_NaN(), 0}),
              Scatter::as_predicted);
}

TEST(ScaleTrouble, IsOfManyPairsBeyondChance) {
    search::Study study = example_study();
    const auto dependent = [&](std::int64_t beyond, double by_chance) {
        study.psychometrics->classical_online = search::Dependence{1540, beyond, 0, by_chance};
        return scale_trouble(study).dependent;
    };
    EXPECT_TRUE(dependent(163, 0.3));
    EXPECT_FALSE(dependent(70, 0.3));
    EXPECT_FALSE(dependent(163, 60));
    study.psychometrics->classical_online = search::Dependence{3, 2, 0, 0};
    EXPECT_FALSE(scale_trouble(study).dependent);
    study.psychometrics->classical_online = search::Dependence{0, 0, 0, 0};
    EXPECT_FALSE(scale_trouble(study).dependent);
    study.psychometrics->classical_online.reset();
    EXPECT_FALSE(scale_trouble(study).dependent);
}

TEST(ScaleTrouble, CountsSlopesSurelyBelowZero) {
    search::Study study;
    const auto slopes = [&](int negative, double alpha) {
        study = example_study();
        study.portrait->items.assign(30, study.portrait->items[0]);
        study.psychometrics->items.assign(30, study.psychometrics->items[0]);  // error 0.2
        for (int i = 0; i < negative; ++i)
            study.portrait->items[static_cast<std::size_t>(i)].classical.alpha = alpha;
        study.psychometrics->items[29].category_counts = {70, 0};  // tells of no slope
        return scale_trouble(study);
    };
    EXPECT_EQ(slopes(3, -0.4).negative, 3);
    EXPECT_EQ(slopes(3, -0.4).items, 29);
    EXPECT_EQ(slopes(3, -0.3).negative, 0);
    EXPECT_EQ(slopes(2, -0.4).negative, 0);
    study.portrait->items.resize(2);
    study.psychometrics->items.resize(2);
    EXPECT_EQ(scale_trouble(study).negative, 0);
}

TEST(ScaleTrouble, IsOfPersonsThatSpread) {
    search::Study study = example_study();
    const auto persons = [&](double deviation, std::int64_t learners) {
        study.psychometrics->classical.persons.deviation = deviation;
        study.psychometrics->classical.persons.learners = learners;
        return scale_trouble(study).persons;
    };
    EXPECT_TRUE(persons(2.2, 90));
    EXPECT_FALSE(persons(1.2, 9000));  // sure, but small
    EXPECT_FALSE(persons(1.3, 15));    // as chance makes it
}

// All of the rule: r doesn't tell a line of slope 1/2 from the same parameters.
TEST(DiffersFromClassical, AsksCorrelationsSlopeAndWhatIsExplained) {
    search::Study study = example_study();
    study.psychometrics->winner.ability = study.psychometrics->classical.ability;
    for (int q = 2; q < 12; ++q)
        study.portrait->items.push_back({"", 9, {}, {0.5 + 0.1 * q, {0.3 * q - 2}}, std::nullopt});
    for (search::ItemPortrait& item : study.portrait->items)
        item.winner = item.classical;
    study.portrait->explained = 0.95;
    using testing::ElementsAre;
    EXPECT_THAT(*differs_from_classical(study), testing::IsEmpty());
    for (search::ItemPortrait& item : study.portrait->items)
        item.winner.alpha = item.classical.alpha / 2;
    EXPECT_THAT(*differs_from_classical(study),
                ElementsAre("intercepts lie on a line of slope 0.50"));
    for (search::ItemPortrait& item : study.portrait->items)
        item.winner = item.classical;
    study.portrait->explained = 0.6;
    EXPECT_THAT(*differs_from_classical(study),
                ElementsAre("ability and item explain 60.0% of the variance of its log odds on the "
                            "learners held out"));
    study.portrait->explained = 0.95;
    for (std::size_t q = 0; q < 12; ++q)
        study.portrait->items[q].winner.alpha = 1 + 0.5 * static_cast<double>(q % 2);
    EXPECT_THAT(*differs_from_classical(study),
                testing::Contains(testing::StartsWith("discriminations correlate by ")));
    study.base.model = parse_model("gpcm");
    EXPECT_FALSE(differs_from_classical(study));
    study.base.model = parse_model("deep_gpcm");
    EXPECT_TRUE(differs_from_classical(study));
    study.portrait->explained.reset();
    EXPECT_FALSE(differs_from_classical(study));
}

}  // namespace
}  // namespace manygpcm::report
