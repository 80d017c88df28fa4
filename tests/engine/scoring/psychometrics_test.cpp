// Items, persons and pairs of items against NumPy (data/make_psychometrics.py), and where their
// statistics are undefined.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/coefficient_alpha.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/engine/item_rest.h"
#include "manygpcm/engine/local_dependence.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/response_fit.h"

namespace manygpcm {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

class Psychometrics : public testing::Test {
  protected:
    nlohmann::json golden =
        nlohmann::json::parse(read_file(MANYGPCM_TEST_DATA "/psychometrics.json"));
    std::vector<Learner> learners;
    std::vector<std::vector<ResponseFit>> fits;  // by learner and step

    void SetUp() override {
        const std::size_t width = golden["n_categories"];
        for (const auto& one : golden["learners"]) {
            learners.push_back({"", one["questions"], one["responses"]});
            const auto p = one["probabilities"].get<std::vector<float>>();
            auto& of_learner = fits.emplace_back();
            for (std::size_t t = 0; t < learners.back().responses.size(); ++t)
                of_learner.push_back(response_fit(std::span(p).subspan(t * width, width),
                                                  learners.back().responses[t]));
        }
    }
    LearnerSet set() const { return {learners, golden["n_questions"], golden["n_categories"]}; }
    std::vector<int> all() const { return numbers_from(0, static_cast<int>(learners.size())); }
};

TEST_F(Psychometrics, MeanSquaresOfItemsAreNumpys) {
    std::vector<ItemFitSums> sums(golden["items"].size());
    std::size_t with_z = 0;
    for (std::size_t i = 0; i < learners.size(); ++i)
        for (std::size_t t = 0; t < fits[i].size(); ++t)
            sums[static_cast<std::size_t>(learners[i].questions[t])].add(fits[i][t]);
    for (std::size_t q = 0; q < sums.size(); ++q) {
        const ItemFit fit = sums[q].fit();
        const auto& expected = golden["items"][q];
        EXPECT_NEAR(fit.outfit, expected["outfit"].get<double>(), 1e-6);
        EXPECT_NEAR(fit.infit, expected["infit"].get<double>(), 1e-6);
        // Where there are 25 degrees of freedom; of the outfits one has fewer.
        if (std::isfinite(fit.z_outfit)) {
            EXPECT_NEAR(fit.z_outfit, expected["z_outfit"].get<double>(), 1e-5);
            ++with_z;
        }
        EXPECT_NEAR(fit.z_infit, expected["z_infit"].get<double>(), 1e-5);
    }
    EXPECT_EQ(with_z, sums.size() - 1);
}

// Three questions of n learners by a pattern of eight, and one that everybody answers alike: the
// variances are 1/4 each, that of the sum 3/4 where they are independent, so alpha is 0; where two
// are the same, (3/2) (1 - 3/5); a second answer to a question counts for nothing.
TEST(CoefficientAlpha, IsOfLearnersWhoAnsweredAll) {
    const auto drawn = [](int n, bool alike) {
        std::vector<Learner> learners;
        for (int i = 0; i < n; ++i) {
            const int first = i % 2;
            learners.push_back(
                {"", {0, 3, 1, 2, 0}, {first, 1, alike ? first : i / 2 % 2, i / 4 % 2, 1 - first}});
        }
        return learners;
    };
    const auto alpha = [](const std::vector<Learner>& learners) {
        return coefficient_alpha({learners, 5, 2},
                                 numbers_from(0, static_cast<int>(learners.size())));
    };
    EXPECT_NEAR(alpha(drawn(40, false)).value, 0, 1e-12);
    EXPECT_NEAR(alpha(drawn(40, true)).value, 0.6, 1e-12);
    EXPECT_EQ(alpha(drawn(40, true)).learners, 40);
    EXPECT_TRUE(std::isnan(alpha(drawn(24, true)).value));
    std::vector<Learner> learners = drawn(40, true);
    for (int i = 0; i < 40; ++i)
        learners.push_back({"", {0}, {1}});
    EXPECT_NEAR(alpha(learners).value, 0.6, 1e-12);
    learners.push_back({"", {0}, {1}});
    EXPECT_TRUE(std::isnan(alpha(learners).value));
}

// Of answers with one probability p of a 1, the infit has 2 n p (1 - p) / (1 - 4 p (1 - p)) degrees
// of freedom.
TEST(ItemFit, HasAZWhereEnoughIsOpen) {
    const auto z_infit = [](float p, int n) {
        ItemFitSums sums;
        for (int i = 0; i < n; ++i)
            sums.add(response_fit(std::vector{1 - p, p}, i % 2));
        return sums.fit().z_infit;
    };
    EXPECT_TRUE(std::isnan(z_infit(0.1F, 88)));  // 24.8
    EXPECT_TRUE(std::isfinite(z_infit(0.1F, 90)));
    EXPECT_TRUE(std::isnan(z_infit(0.01F, 1000)));  // 20.6, however many answered
    EXPECT_TRUE(std::isfinite(z_infit(0.01F, 1300)));
    EXPECT_TRUE(std::isnan(z_infit(0.3F, 8)));
    EXPECT_TRUE(std::isfinite(z_infit(0.3F, 10)));
}

TEST_F(Psychometrics, LzOfPersonsIsNumpys) {
    for (std::size_t i = 0; i < learners.size(); ++i) {
        PersonFitSums sums;
        for (const ResponseFit& fit : fits[i])
            sums.add(fit);
        EXPECT_NEAR(sums.lz(), golden["lz"][i].get<double>(), 1e-5);
    }
}

TEST_F(Psychometrics, ItemRestCorrelationsAreNumpys) {
    const std::vector<double> found = item_rest_correlations(set(), all());
    ASSERT_EQ(found.size(), golden["items"].size());
    for (std::size_t q = 0; q < found.size(); ++q)
        EXPECT_NEAR(found[q], golden["items"][q]["item_rest"].get<double>(), 1e-12);
}

using ResidualsOfLearners = std::vector<std::vector<std::pair<std::int32_t, float>>>;

LocalDependence dependence_of(const ResidualsOfLearners& residuals, std::size_t n_questions,
                              std::size_t most, const Q3Limits& limits = {}) {
    std::vector<std::int64_t> answers(n_questions);
    for (const auto& of_learner : residuals)
        for (const auto& [question, residual] : of_learner)
            ++answers[static_cast<std::size_t>(question)];
    ResidualPairs pairs(answers, limits);
    for (const auto& of_learner : residuals)
        pairs.add(of_learner);
    return pairs.dependence(most);
}

TEST_F(Psychometrics, Q3IsNumpys) {
    ResidualsOfLearners residuals;
    for (std::size_t i = 0; i < learners.size(); ++i) {
        auto& of_learner = residuals.emplace_back();
        for (std::size_t t = 0; t < fits[i].size(); ++t)
            if (std::ranges::count(learners[i].questions.begin(),
                                   learners[i].questions.begin() + static_cast<std::ptrdiff_t>(t),
                                   learners[i].questions[t]) == 0)
                of_learner.emplace_back(learners[i].questions[t],
                                        static_cast<float>(fits[i][t].residual));
        std::ranges::sort(of_learner);
    }
    const LocalDependence found = dependence_of(residuals, 5, 2);
    double sum = 0, largest = 0;
    std::int64_t pairs = 0;
    for (const auto& expected : golden["q3"]) {
        const double q3 = found.q3_of(expected["pair"][0], expected["pair"][1]);
        EXPECT_NEAR(q3, expected["q3"].get<double>(), 1e-6);
        if (expected["learners"].get<std::int64_t>() < fewest_in_common) continue;
        ++pairs;
        sum += q3;
        largest = std::max(largest, std::abs(q3));
    }
    ASSERT_GT(pairs, 2);  // else what follows says nothing
    ASSERT_LT(pairs, static_cast<std::int64_t>(golden["q3"].size()));
    EXPECT_EQ(found.pairs, pairs);
    EXPECT_NEAR(found.mean, sum / static_cast<double>(pairs), 1e-9);
    ASSERT_EQ(found.largest.size(), 2u);
    EXPECT_NEAR(std::abs(found.largest[0].q3), largest, 1e-9);
    EXPECT_GE(std::abs(found.largest[0].q3), std::abs(found.largest[1].q3));
    EXPECT_EQ(found.learners, static_cast<std::int64_t>(learners.size()));
}

TEST_F(Psychometrics, CurvesAndInformationAreNumpys) {
    const auto alpha = golden["alpha"].get<std::vector<double>>();
    const auto abilities = golden["abilities"].get<std::vector<double>>();
    for (std::size_t q = 0; q < alpha.size(); ++q) {
        const auto beta = golden["beta"][q].get<std::vector<double>>();
        for (std::size_t i = 0; i < abilities.size(); ++i) {
            const auto p = category_probabilities(abilities[i], alpha[q], beta);
            for (std::size_t k = 0; k < p.size(); ++k)
                EXPECT_NEAR(p[k], golden["probabilities"][q][i][k].get<double>(), 1e-12);
            EXPECT_NEAR(item_information(abilities[i], alpha[q], beta),
                        golden["information"][q][i].get<double>(), 1e-12);
        }
        const MostInformation most = most_information(alpha[q], beta);
        for (double theta = -5; theta < 5; theta += 0.37)
            EXPECT_LE(item_information(theta, alpha[q], beta), most.information + 1e-4);
    }
}

TEST_F(Psychometrics, ReliabilityOfAbilitiesIsNumpys) {
    std::vector<double> beta;
    for (const auto& of_question : golden["beta"])
        for (const double threshold : of_question)
            beta.push_back(threshold);
    const ClassicalGpcm model = gpcm_with_thresholds(golden["n_categories"], golden["alpha"], beta);
    // The program's nodes are a twelfth apart and end at 6.
    const ClassicalFit fit = judge_fit(model, learners, all());
    EXPECT_NEAR(fit.reliability, golden["reliability"].get<double>(), 1e-5);
    ASSERT_EQ(fit.abilities.size(), learners.size());
    for (std::size_t i = 0; i < learners.size(); ++i)
        EXPECT_NEAR(fit.abilities[i].mean, golden["eap_mean"][i].get<double>(), 1e-5);
    const auto of_third = golden["beta"][2].get<std::vector<double>>();
    const auto p = category_probabilities(0.7, model.alpha[2], of_third);
    EXPECT_NEAR(expected_score(model, 2, 0.7), p[1] + 2 * p[2], 1e-12);
}

TEST(Curves, OfCategoriesWithoutAnAnswerAreZero) {
    // Four categories, of which the last one was never seen; then nothing known at all.
    const std::vector<double> partly = {-1, 1, nan}, nothing = {nan, nan, nan};
    const auto p = category_probabilities(0, 1, partly);
    EXPECT_NEAR(p[0], 1 / (2 + std::exp(1)), 1e-12);
    EXPECT_EQ(p[3], 0);
    EXPECT_GT(item_information(0, 1, partly), 0);
    EXPECT_TRUE(std::isnan(item_information(0, 1, nothing)));
    EXPECT_TRUE(std::isnan(most_information(1, nothing).information));
    EXPECT_TRUE(std::isnan(most_information(nan, partly).theta));
}

TEST(Curves, TellMostOfAbilityAtTheThresholdOrOutsideOfWhereLearnersAre) {
    // Of one threshold: alpha^2 / 4, where it is.
    for (const double at : {-5.87, 0.25, 5.99}) {
        const std::vector<double> beta = {at};
        EXPECT_NEAR(most_information(1.2, beta).theta, at, 0.005);
        EXPECT_NEAR(most_information(1.2, beta).information, 0.36, 1e-4);
    }
    for (const double at : {-9.0, 6.4, 1e6}) {
        const std::vector<double> beta = {at};
        const MostInformation most = most_information(-1.2, beta);
        EXPECT_TRUE(std::isnan(most.theta)) << most.theta;
        EXPECT_NEAR(most.information, item_information(at < 0 ? -6 : 6, -1.2, beta), 1e-12);
    }
    EXPECT_TRUE(std::isnan(most_information(0, std::vector{1.0}).theta));  // nothing anywhere
}

TEST(ItemRest, IsUndefinedWithoutOtherAnswersOrVariance) {
    // Question 0 is always answered alike, question 1 by two learners, question 2 by none, question
    // 3 by one who answers nothing else.
    const std::vector<Learner> learners = {
        {"a", {0, 1}, {1, 0}}, {"b", {0, 1}, {1, 1}}, {"c", {3, 3, 3}, {0, 1, 1}}};
    const auto r = item_rest_correlations({learners, 4, 2}, std::vector{0, 1, 2});
    for (const double of_question : r)
        EXPECT_TRUE(std::isnan(of_question));
}

TEST(ResponseFit, StaysFiniteWhereAPredictionWasCertain) {
    const std::vector<float> certain = {1, 0, 0};
    ItemFitSums item;
    PersonFitSums person;
    EXPECT_TRUE(std::isnan(item.fit().infit));
    EXPECT_TRUE(std::isnan(person.lz()));
    for (const int response : {0, 2}) {
        item.add(response_fit(certain, response));
        person.add(response_fit(certain, response));
    }
    EXPECT_TRUE(std::isfinite(item.fit().outfit));
    EXPECT_GT(item.fit().outfit, 1e5);
    EXPECT_TRUE(std::isnan(person.lz()));  // nothing was open, and so nothing expected
    EXPECT_EQ(person.responses(), 2);
}

TEST(LocalDependence, IsOfNoteAboveTheMeanWhereTheAbilityTakesTheResidualsPart) {
    // What five numbers differ from their own mean by correlates by -1/4, as Q3 of five questions.
    ResidualsOfLearners residuals;
    std::uint32_t state = 7;
    const auto drawn = [&] {  // uniform, of a linear congruential generator
        state = state * 1664525U + 1013904223U;
        return static_cast<double>(state >> 8U) / (1U << 24U) - 0.5;
    };
    for (int i = 0; i < 2000; ++i) {
        double own[5], mean = 0;
        for (double& one : own)
            mean += (one = drawn()) / 5;
        auto& of_learner = residuals.emplace_back();
        for (std::int32_t q = 0; q < 5; ++q)
            of_learner.emplace_back(q, static_cast<float>(own[q] - mean));
    }
    const auto counted = [&](ResidualsAbout about) {
        ResidualPairs pairs(std::vector<std::int64_t>(5, 2000));
        for (const auto& of_learner : residuals)
            pairs.add(of_learner);
        return pairs.dependence(1, about);
    };
    const LocalDependence about_ability = counted(ResidualsAbout::final_ability),
                          about_prediction = counted(ResidualsAbout::prediction_before);
    EXPECT_NEAR(about_ability.mean, -0.25, 0.01);
    EXPECT_EQ(about_ability.beyond, 0);  // nothing depends
    EXPECT_LT(about_ability.by_chance, 1e-6);
    EXPECT_GT(about_prediction.beyond, 7);  // which are at -0.25, beyond 0.2 of another null
    // What two questions share moves their pair above the mean.
    for (auto& of_learner : residuals) {
        const auto shared = static_cast<float>(0.4 * drawn());
        of_learner[0].second += shared;
        of_learner[1].second += shared;
    }
    EXPECT_EQ(counted(ResidualsAbout::final_ability).beyond, 0);  // by 0.1
    for (auto& of_learner : residuals) {
        const auto shared = static_cast<float>(1.2 * drawn());
        of_learner[0].second += shared;
        of_learner[1].second += shared;
    }
    const LocalDependence found = counted(ResidualsAbout::final_ability);
    EXPECT_EQ(found.beyond, 1);
    EXPECT_GT(found.q3_of(0, 1), found.mean + q3_of_note);
    EXPECT_LT(found.q3_of(0, 1), 0.8);
}

// One pair's chance by hand: of 103 learners P(N(0, 1) > 10 (atanh(m + 0.2) - atanh(m))).
TEST(LocalDependence, CountsByChanceFromTheMean) {
    ResidualsOfLearners residuals;
    for (int i = 0; i < 103; ++i)
        residuals.push_back({{0, static_cast<float>(i % 7)}, {1, static_cast<float>(i * i % 5)}});
    ResidualPairs pairs(std::vector<std::int64_t>(2, 103));
    for (const auto& of_learner : residuals)
        pairs.add(of_learner);
    const LocalDependence found = pairs.dependence(1, ResidualsAbout::final_ability);
    const double z = 10 * (std::atanh(found.mean + 0.2) - std::atanh(found.mean));
    EXPECT_EQ(found.pairs, 1);
    EXPECT_NEAR(found.by_chance, std::erfc(z / std::sqrt(2.0)) / 2, 1e-12);
    EXPECT_NEAR(found.by_chance, 0.02, 0.006);  // half of two-sided 5% at 0.2 of 100 learners
}

TEST(LocalDependence, IsOfTheQuestionsWithMostAnswersWhereThereAreTooMany) {
    // 16 questions; the last two are answered by everybody, and alike.
    constexpr std::int32_t n_questions = 16;
    ResidualsOfLearners residuals;
    for (int i = 0; i < 200; ++i) {
        auto& of_learner = residuals.emplace_back();
        const float last = i % 2 == 0 ? 0.5F : -0.5F;
        for (std::int32_t q = 0; q < n_questions; ++q)
            if (q >= n_questions - 2)
                of_learner.emplace_back(q, last);
            else if (i < 120)
                of_learner.emplace_back(q, static_cast<float>((i * 7 + q * 13) % 11) / 11);
    }
    const LocalDependence found = dependence_of(residuals, n_questions, 1, {.questions = 10});
    EXPECT_EQ(found.questions.size(), 10u);
    EXPECT_EQ(found.learners, 200);
    ASSERT_EQ(found.largest.size(), 1u);
    EXPECT_EQ(found.largest[0].first, n_questions - 2);
    EXPECT_EQ(found.largest[0].second, n_questions - 1);
    EXPECT_EQ(found.largest[0].learners, 200);
    EXPECT_NEAR(found.largest[0].q3, 1, 1e-6);
    EXPECT_EQ(found.pairs, 10 * 9 / 2);
    // One pair of 200 learners, 44 of 120: P(|N(0, 1)| > 0.20273 sqrt(n - 3)) of each, from tables.
    EXPECT_NEAR(found.by_chance, 0.00444 + 44 * 0.02831, 0.01);
    // A learner's 45 pairs of questions, of 110 learners.
    EXPECT_EQ(
        dependence_of(residuals, n_questions, 1, {.questions = 10, .terms = 45 * 110}).learners,
        110);

    // Fewer than a hundred learners tell nothing.
    residuals.resize(99);
    EXPECT_EQ(dependence_of(residuals, n_questions, 1).pairs, 0);
    EXPECT_TRUE(std::isnan(dependence_of(residuals, n_questions, 1).mean));
}

}  // namespace
}  // namespace manygpcm
