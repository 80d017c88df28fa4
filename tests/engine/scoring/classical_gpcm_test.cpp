// The classical model recovers what made the data, scores what psychometrics would, and stays
// finite where questions say little.
#include "manygpcm/engine/classical_gpcm.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <span>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/numbers_from.h"

namespace manygpcm {
namespace {

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
    const auto n = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
    const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xx = 0, xy = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xy / std::sqrt(xx * yy);
}

std::vector<Learner> all_learners() {
    Dataset dataset = read_dataset(MANYGPCM_DATA "/synthetic_500_200_4");
    dataset.train.insert(dataset.train.end(), dataset.test.begin(), dataset.test.end());
    return dataset.train;
}

// docs/model.md, known numbers: means over five folds of all 500 learners, each fitted to the 400
// of its other folds. Fitted to all 500 the parameters come closer to the truth (r 0.952 and
// 0.981).
TEST(ClassicalGpcmSlow, ScoresAndRecoversTheSyntheticDataAsIsKnown) {
    const std::vector<Learner> learners = all_learners();
    const auto truth =
        nlohmann::json::parse(std::ifstream(MANYGPCM_DATA "/synthetic_500_200_4/truth.json"));
    const auto discrimination = truth.at("discrimination").get<std::vector<double>>();
    std::vector<double> threshold;
    for (const auto& of_question : truth.at("threshold"))
        for (const double value : of_question)
            threshold.push_back(value);
    double qwk = 0, cross_entropy = 0, discrimination_r = 0, threshold_r = 0;
    for (const Fold& fold : k_fold(500, 5, 42)) {
        const ClassicalGpcm model = fit_classical_gpcm({learners, 200, 4}, fold.train);
        const Predictions predictions =
            ClassicalPredictor(model).predict(learners, fold.validation);
        std::vector<std::int32_t> responses;
        for (const int i : fold.validation)
            responses.insert(responses.end(), learners[i].responses.begin(),
                             learners[i].responses.end());
        const Metrics metrics = compute_metrics(predictions.probabilities, responses, 4);
        qwk += metrics["qwk"] / 5;
        cross_entropy += metrics["cross_entropy"] / 5;
        discrimination_r += correlation(model.alpha, discrimination) / 5;
        threshold_r += correlation(model.beta(), threshold) / 5;
    }
    EXPECT_NEAR(qwk, 0.675, 0.003);
    EXPECT_NEAR(cross_entropy, 1.000, 0.003);
    EXPECT_NEAR(discrimination_r, 0.936, 0.003);
    EXPECT_NEAR(threshold_r, 0.978, 0.003);
}

TEST(ClassicalGpcm, StaysFiniteWhereAQuestionSaysLittle) {
    // Question 0 is always answered 0, question 1 once, question 2 never.
    std::vector<Learner> learners;
    for (int i = 0; i < 8; ++i)
        learners.push_back({.id = "", .questions = {0, 0, 3}, .responses = {0, 0, i % 3}});
    learners[0].questions.push_back(1);
    learners[0].responses.push_back(2);
    const ClassicalGpcm model = fit_classical_gpcm({learners, 4, 3}, numbers_from(0, 8));
    for (const double value : model.alpha)
        EXPECT_LT(std::abs(value), 10);
    for (const double value : model.step)
        EXPECT_LT(std::abs(value), 100);
    EXPECT_EQ(model.alpha[2], 0);  // nobody answered it: no category goes with ability
    const Predictions predictions = ClassicalPredictor(model).predict(learners, numbers_from(0, 8));
    for (std::size_t i = 0; i < predictions.probabilities.size(); i += 3)
        EXPECT_NEAR(predictions.probabilities[i] + predictions.probabilities[i + 1] +
                        predictions.probabilities[i + 2],
                    1, 1e-5);
}

/// Learners who answer every question once, drawn from a model.
std::vector<Learner> drawn_from(const ClassicalGpcm& model, int n_learners, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    std::vector<Learner> learners;
    for (int i = 0; i < n_learners; ++i) {
        Learner& learner = learners.emplace_back();
        const double theta = normal(random);
        for (int q = 0; q < model.n_questions; ++q) {
            std::vector<double> weight{1};
            for (int k = 1; k < model.n_categories; ++k)
                weight.push_back(weight.back() *
                                 std::exp(model.alpha[q] * theta -
                                          model.step[q * (model.n_categories - 1) + k - 1]));
            double left = uniform(random) * std::accumulate(weight.begin(), weight.end(), 0.0);
            int category = 0;
            while (category + 1 < model.n_categories && (left -= weight[category]) > 0)
                ++category;
            learner.questions.push_back(q);
            learner.responses.push_back(category);
        }
    }
    return learners;
}

const ClassicalGpcm mixed = gpcm_with_thresholds(3, {1, -1.5, 0.7, 1.2, -0.8, 2},
                                                 {-1, 0, 0, 1, -0.5, 0.5, 0.2, 0.4, 1, -1, 0, 0.8});

// Two categories among questions of four: as where all have two.
TEST(ClassicalGpcm, FitsAQuestionByItsOwnCategories) {
    constexpr int n_questions = 6, n_learners = 300;
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    std::vector<Learner> learners(n_learners);
    for (Learner& learner : learners) {
        const double ability = normal(random);
        for (int q = 0; q < n_questions; ++q) {
            learner.questions.push_back(q);
            const double logit = (0.5 + 0.2 * q) * ability + 0.3 * (q - 2);
            learner.responses.push_back(
                std::bernoulli_distribution(1 / (1 + std::exp(-logit)))(random));
        }
    }
    const std::vector<int> which = numbers_from(0, n_learners - 1);
    const ClassicalGpcm alone = fit_classical_gpcm({learners, n_questions, 2}, which);
    const ClassicalGpcm among = fit_classical_gpcm({learners, n_questions, 4}, which);
    const ClassicalFit of_alone = judge_fit(alone, learners, which, nullptr, ItemPrior::weak);
    const ClassicalFit of_among = judge_fit(among, learners, which, nullptr, ItemPrior::weak);
    EXPECT_EQ(of_alone.parameters, 2u * n_questions);
    EXPECT_EQ(of_among.parameters, 2u * n_questions);
    EXPECT_NEAR(of_among.log_likelihood, of_alone.log_likelihood, 1e-3);
    const Predictions predictions = ClassicalPredictor(among).predict(learners, which);
    for (std::size_t q = 0; q < n_questions; ++q) {
        EXPECT_EQ(among.own_categories(q), 2);
        EXPECT_NEAR(among.alpha[q], alone.alpha[q], 0.002) << q;
        EXPECT_NEAR(among.step[q * 3], alone.step[q], 0.002) << q;
        EXPECT_NEAR(of_among.alpha_error[q], of_alone.alpha_error[q], 0.001) << q;
        EXPECT_NEAR(of_among.beta_error[q * 3], of_alone.beta_error[q], 0.002) << q;
        EXPECT_TRUE(std::isnan(of_among.step_error[q * 3 + 1])) << q;
        EXPECT_LT(predictions.probabilities[q * 4 + 2], 1e-9) << q;
        EXPECT_LT(predictions.probabilities[q * 4 + 3], 1e-9) << q;
    }
    // A score that somebody has who isn't fitted to can still be had.
    learners.back().responses.back() = 3;
    const ClassicalGpcm more = fit_classical_gpcm({learners, n_questions, 4}, which);
    EXPECT_EQ(more.own_categories(0), 2);
    EXPECT_EQ(more.own_categories(n_questions - 1), 4);
    EXPECT_LT(more.step.back(), ClassicalGpcm::no_step);
}

TEST(ClassicalGpcm, FindsQuestionsThatAskForTheOpposite) {
    const std::vector<Learner> learners = drawn_from(mixed, 4000, 7);
    const ClassicalGpcm model =
        fit_classical_gpcm({learners, 6, 3}, numbers_from(0, 4000), nullptr, ItemPrior::none);
    for (std::size_t q = 0; q < 6; ++q)
        EXPECT_NEAR(model.alpha[q], mixed.alpha[q], 0.25) << q;
    const std::vector<double> found = model.beta(), truth = mixed.beta();
    for (std::size_t i = 0; i < truth.size(); ++i)
        EXPECT_NEAR(found[i], truth[i], 0.25) << i;
    // Were most questions the other way round, so would be the scale.
    ClassicalGpcm reversed = mixed;
    for (double& alpha : reversed.alpha)
        alpha = -alpha;
    const std::vector<Learner> others = drawn_from(reversed, 4000, 7);
    EXPECT_GT(fit_classical_gpcm({others, 6, 3}, numbers_from(0, 4000)).alpha[0], 0);
}

// The likelihood has its top where the fit is, and bends there as the standard errors say.
TEST(ClassicalGpcm, StandardErrorsAreTheCurvatureOfTheLikelihood) {
    const ClassicalGpcm three = gpcm_with_thresholds(3, {1, -1.5, 0.7}, {-1, 0, 0, 1, -0.5, 0.5});
    const std::vector<Learner> learners = drawn_from(three, 600, 3);
    const std::vector<int> all = numbers_from(0, 600);
    const ClassicalGpcm model = fit_classical_gpcm({learners, 3, 3}, all, nullptr, ItemPrior::none);
    const ClassicalFit fit = judge_fit(model, learners, all);
    const auto parameter = [](ClassicalGpcm& of, int i) -> double& {
        return i < 3 ? of.alpha[static_cast<std::size_t>(i)]
                     : of.step[static_cast<std::size_t>(i - 3)];
    };
    const auto log_likelihood = [&](int i, double by_i, int j, double by_j) {
        ClassicalGpcm moved = model;
        parameter(moved, i) += by_i;
        parameter(moved, j) += by_j;
        return judge_fit(moved, learners, all).log_likelihood;
    };
    constexpr double h = 1e-2;
    Eigen::MatrixXd information(9, 9);
    for (int i = 0; i < 9; ++i) {
        EXPECT_NEAR((log_likelihood(i, h, i, 0) - log_likelihood(i, -h, i, 0)) / (2 * h), 0, 0.1);
        for (int j = 0; j < 9; ++j)
            information(i, j) = -(log_likelihood(i, h, j, h) - log_likelihood(i, h, j, -h) -
                                  log_likelihood(i, -h, j, h) + log_likelihood(i, -h, j, -h)) /
                                (4 * h * h);
    }
    const Eigen::MatrixXd covariance = information.inverse();
    for (int i = 0; i < 9; ++i) {
        const double error = i < 3 ? fit.alpha_error[static_cast<std::size_t>(i)]
                                   : fit.step_error[static_cast<std::size_t>(i - 3)];
        EXPECT_NEAR(error, std::sqrt(covariance(i, i)), 0.02 * error) << i;
    }
    EXPECT_EQ(fit.parameters, 9u);
    EXPECT_NEAR(fit.aic, 18 - 2 * fit.log_likelihood, 1e-9);
    EXPECT_TRUE(fit.reliability > 0.2 && fit.reliability < 0.8) << fit.reliability;
}

// Few responses leave the likelihood without a maximum, but not the posterior.
TEST(ClassicalGpcm, SparseResponsesHaveStandardErrorsWhereThereIsAPrior) {
    const std::vector<Learner> learners = able_learners(60, 60, 1, 8);
    const std::vector<int> all = numbers_from(0, 60);
    const ClassicalGpcm model = fit_classical_gpcm({learners, 61, 3}, all);
    const ClassicalFit fit = judge_fit(model, learners, all, nullptr, ItemPrior::weak);
    for (std::size_t q = 0; q < 60; ++q) {
        const bool answered = std::ranges::any_of(learners, [&](const Learner& learner) {
            return std::ranges::count(learner.questions, static_cast<int>(q)) > 0;
        });
        EXPECT_EQ(std::isfinite(fit.alpha_error[q]), answered) << q;
        if (answered) {
            EXPECT_LT(fit.alpha_error[q], 2.5) << q;
        }
    }
    EXPECT_TRUE(std::isnan(fit.alpha_error[60]));  // nobody answered it
}

// A learner who turns about after many responses: the points of ability that matter at the end had
// hardly any weight before.
TEST(ClassicalGpcm, PredictsAndJudgesAsTheFormulasHaveIt) {
    const ClassicalGpcm model = gpcm_with_thresholds(3, {1.5, 0.4, 2}, {0, 1, -1, 0.5, 0.2, -0.3});
    Learner learner{.id = "", .questions = {}, .responses = {}};
    for (int t = 0; t < 400; ++t) {
        learner.questions.push_back(t % 3);
        learner.responses.push_back(t < 250 ? t % 2 : 2);
    }
    const std::vector<double> beta = model.beta();
    const std::vector learners = {learner};
    const std::vector<int> only = {0};
    const Predictions found = ClassicalPredictor(model).predict(learners, only);
    constexpr int n_nodes = 73;
    std::vector<double> log_weight(n_nodes), theta(n_nodes);
    for (int n = 0; n < n_nodes; ++n) {
        theta[n] = -6 + n / 6.0;
        log_weight[n] = -theta[n] * theta[n] / 2;
    }
    // The posterior's mean and variance, and the mean of what `of` says of a node.
    const auto mean_of = [&](const auto& of) {
        const double largest = *std::ranges::max_element(log_weight);
        double sum = 0, total = 0;
        for (int n = 0; n < n_nodes; ++n) {
            const double weight = std::exp(log_weight[n] - largest);
            total += weight;
            sum += weight * of(n);
        }
        return sum / total;
    };
    const auto p = [&](int question, int n) {
        return category_probabilities(
            theta[n], model.alpha[question],
            std::span(beta).subspan(static_cast<std::size_t>(question) * 2, 2));
    };
    for (int t = 0; t < 400; ++t) {
        const int question = learner.questions[t];
        ASSERT_NEAR(found.theta[t], mean_of([&](int n) { return theta[n]; }), 1e-5) << t;
        for (int k = 0; k < 3; ++k)
            ASSERT_NEAR(found.probabilities[t * 3 + k],
                        mean_of([&](int n) { return p(question, n)[k]; }), 1e-6)
                << t;
        for (int n = 0; n < n_nodes; ++n)
            log_weight[n] += std::log(p(question, n)[learner.responses[t]]);
    }
    const double mean = mean_of([&](int n) { return theta[n]; });
    const AbilityEstimate after = judge_fit(model, learners, only).abilities.at(0);
    EXPECT_NEAR(after.mean, mean, 1e-9);
    EXPECT_NEAR(after.deviation,
                std::sqrt(mean_of([&](int n) { return std::pow(theta[n] - mean, 2); })), 1e-9);
}

TEST(ClassicalGpcm, PredictsFromThePastAlone) {
    std::vector<Learner> learners(2);
    learners[0] = {.id = "", .questions = {0, 1, 2, 0}, .responses = {1, 0, 1, 1}};
    learners[1] = {.id = "", .questions = {0, 1, 2, 0}, .responses = {1, 0, 0, 0}};
    const ClassicalGpcm model = gpcm_with_thresholds(2, {1, 2, 0.5}, {0, 1, -1});
    const Predictions predictions = ClassicalPredictor(model).predict(learners, numbers_from(0, 2));
    for (std::size_t i = 0; i < 3 * 2; ++i)
        EXPECT_EQ(predictions.probabilities[i], predictions.probabilities[8 + i]);
    EXPECT_GT(predictions.probabilities[7], predictions.probabilities[15]);
    EXPECT_NEAR(predictions.theta[0], 0, 1e-6);
    EXPECT_GT(predictions.theta[1], predictions.theta[2]);
}

}  // namespace
}  // namespace manygpcm
