// What is said of questions: nothing that no training response tells of, by neither model.
#include "manygpcm/search/portrait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/search/psychometrics.h"

namespace manygpcm::search {
namespace {

using testing::ElementsAre;
using testing::IsNan;
using testing::Not;

TEST(Portrait, LeavesOutThresholdsOfCategoriesThatAQuestionNeverHad) {
    // Question 0 had all three categories, question 1 the lower two, question 2 none in training.
    const std::vector<Learner> all = {
        {"ann", {0, 0, 1}, {0, 1, 0}}, {"bob", {0, 1, 1}, {2, 1, 0}}, {"cleo", {1, 2}, {2, 1}}};
    const LearnerSet learners{all, 3, 3};
    const std::vector<int> fitted = {0, 1};
    Model winner;
    Hyperparameters& h = winner.config.hyperparameters;
    h.memory_size = h.key_dim = h.value_dim = h.final_fc_dim = 4;
    winner.config.n_questions = winner.config.n_categories = 3;
    winner.parameters = initial_parameters(winner.config, 1, 0, 0);
    winner.mean_alpha = {1, 1, std::numeric_limits<double>::quiet_NaN()};
    const ClassicalGpcm classical = fit_classical_gpcm(learners, fitted);
    const std::vector<std::string> no_ids;
    const std::optional<Truth> no_truth;
    Portrayer portrayer(winner, classical, learners, 2, no_ids, no_truth);
    psychometrics_of(winner, classical, learners, 2, nullptr, &portrayer);
    const Portrait portrait = portrayer.take();
    ASSERT_EQ(portrait.items.size(), 3u);
    for (const auto parameters : {&ItemPortrait::winner, &ItemPortrait::classical}) {
        const auto of = [&](std::size_t q) { return portrait.items[q].*parameters; };
        EXPECT_THAT(of(0).beta, ElementsAre(Not(IsNan()), Not(IsNan())));
        EXPECT_THAT(of(1).beta, ElementsAre(Not(IsNan()), IsNan()));
        EXPECT_THAT(of(1).alpha, Not(IsNan()));
        EXPECT_THAT(of(2).beta, ElementsAre(IsNan(), IsNan()));
        EXPECT_THAT(of(2).alpha, IsNan());
    }
    EXPECT_EQ(portrait.items[1].responses, 3);
    EXPECT_EQ(portrait.items[2].responses, 0);
    // deep_gpcm has nothing beside ability and item.
    EXPECT_NEAR(portrait.explained.value(), 1, 1e-6);
}

/// Predictions of steps whose log odds are alpha (theta - beta) and `extra`.
Predictions predictions_with(const std::vector<double>& extra) {
    Predictions predictions;
    predictions.n_categories = 2;
    for (std::size_t t = 0; t < extra.size(); ++t) {
        const double alpha = 1 + 0.5 * static_cast<double>(t % 2),
                     theta = 0.3 * static_cast<double>(t) - 1,
                     beta = 0.25 * static_cast<double>(t % 3);
        const double odds = std::exp(alpha * (theta - beta) + extra[t]);
        predictions.alpha.push_back(static_cast<float>(alpha));
        predictions.theta.push_back(static_cast<float>(theta));
        predictions.beta.push_back(static_cast<float>(beta));
        predictions.probabilities.push_back(static_cast<float>(1 / (1 + odds)));
        predictions.probabilities.push_back(static_cast<float>(odds / (1 + odds)));
    }
    return predictions;
}

double explained(std::initializer_list<Predictions> parts) {
    ExplainedByAbility explained;
    for (const Predictions& part : parts)
        explained.add(part);
    return explained.part();
}

TEST(Portrait, SaysWhatAbilityAndItemExplain) {
    EXPECT_NEAR(explained({predictions_with({0, 0, 0, 0, 0, 0})}), 1, 1e-9);
    // What is the same everywhere varies nothing.
    EXPECT_NEAR(explained({predictions_with({2, 2, 2, 2, 2, 2})}), 1, 1e-9);
    const std::vector<double> extra = {0.5, -1, 0.25, 1.5, -0.5, 0};
    const Predictions predictions = predictions_with(extra);
    const auto variance = [](const std::vector<double>& values) {
        double mean = 0, sum = 0;
        for (const double x : values)
            mean += x / static_cast<double>(values.size());
        for (const double x : values)
            sum += (x - mean) * (x - mean);
        return sum;
    };
    std::vector<double> steps;
    for (std::size_t t = 0; t < extra.size(); ++t)
        steps.push_back(
            std::log(predictions.probabilities[2 * t + 1] / predictions.probabilities[2 * t]));
    EXPECT_NEAR(explained({predictions}), 1 - variance(extra) / variance(steps), 1e-5);
    EXPECT_NEAR(explained({predictions, predictions}), explained({predictions}), 1e-9);
    EXPECT_THAT(explained({predictions_with({})}), IsNan());
}

TEST(Portrait, CorrelatesTheWinnersQuestionsWithTheClassicalOnes) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    std::vector<ItemPortrait> items = {{"a", 9, {1, {0, 1}}, {2, {1, 3}}, {}},
                                       {"b", 9, {2, {2, 5}}, {4, {5, unknown}}, {}},
                                       {"c", 0, {9, {9, 9}}, {unknown, {-9, -9}}, {}},
                                       {"d", 9, {3, {3, 4}}, {1, {7, 9}}, {}}};
    EXPECT_NEAR(agreement_with_classical(items).discrimination.r, -1 / std::sqrt(2 * 14.0 / 3),
                1e-12);
    for (ItemPortrait& item : items)
        item.truth = item.classical;
    EXPECT_NEAR(agreement_with_truth(items, &ItemPortrait::winner).discrimination.r,
                -1 / std::sqrt(2 * 14.0 / 3), 1e-12);
    EXPECT_NEAR(agreement_with_truth(items, &ItemPortrait::classical).intercept.r, 1, 1e-12);
    EXPECT_NEAR(agreement_with_truth(items, &ItemPortrait::classical).intercept.rmsd, 0, 1e-12);
}

// The same model on another scale, and a question without a slope whose threshold is anywhere.
TEST(Portrait, CorrelatesInterceptsWhateverTheScaleAndTheThresholdsWithoutASlope) {
    std::vector<ItemPortrait> items;
    for (int q = 0; q < 8; ++q) {
        const double alpha = 0.5 + 0.2 * (q % 3), beta = 0.4 * q - 1.5;
        items.push_back({"", 9, {alpha / 2, {0.3 + 2 * beta}}, {alpha, {beta}}, {}});
    }
    const Agreement same = agreement_with_classical(items, {0.3, 2}, {0, 1});
    for (const Likeness& one : {same.discrimination, same.intercept}) {
        EXPECT_NEAR(one.r, 1, 1e-12);
        EXPECT_NEAR(one.slope, 1, 1e-12);
        EXPECT_NEAR(one.rmsd, 0, 1e-12);
    }
    // On a line, but not the same: r alone wouldn't say so.
    std::vector<ItemPortrait> weaker = items;
    for (ItemPortrait& item : weaker)
        item.winner.alpha *= 0.45;
    EXPECT_NEAR(agreement_with_classical(weaker, {0.3, 2}).intercept.r, 1, 1e-12);
    EXPECT_NEAR(agreement_with_classical(weaker, {0.3, 2}).intercept.slope, 0.45, 1e-12);
    EXPECT_NEAR(agreement_with_classical(weaker, {0.3, 2}).discrimination.slope, 0.45, 1e-12);
    items.push_back({"", 9, {1e-4, {1e3}}, {-1e-4, {1e3}}, {}});
    EXPECT_GT(agreement_with_classical(items, {0.3, 2}).intercept.r, 0.98);
}

}  // namespace
}  // namespace manygpcm::search
