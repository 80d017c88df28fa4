#include "manygpcm/engine/logistic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/random.h"

namespace manygpcm {
namespace {

std::vector<Learner> random_learners(int n, int n_questions, int n_categories) {
    RandomStream random(11, RandomUse::simulation, 0);
    std::vector<Learner> learners(static_cast<std::size_t>(n));
    for (Learner& learner : learners)
        for (int t = 0; t < 12; ++t) {
            learner.questions.push_back(static_cast<int>(random.uniform() * n_questions));
            learner.responses.push_back(static_cast<int>(random.uniform() * n_categories));
        }
    return learners;
}

/// The penalized log-likelihood, written anew from the header's words.
double objective(const LogisticModel& model, const std::vector<Learner>& learners) {
    double sum = 0;
    for (const double x : model.intercept)
        sum -= x * x / 2;
    for (const double x : model.weight)
        sum -= x * x / 2;
    const std::vector<float> p =
        predict(model, learners, numbers_from(0, static_cast<int>(learners.size())));
    std::size_t row = 0;
    for (const Learner& learner : learners)
        for (const int response : learner.responses)
            sum += std::log(
                static_cast<double>(p[row++ * static_cast<std::size_t>(model.n_categories) +
                                      static_cast<std::size_t>(response)]));
    return sum;
}

TEST(Logistic, PredictsByItsFormula) {
    const LogisticModel model{2, 3, {0.3, -0.2, 1, 0.5}, {0.4, -0.7, 0.9, -0.1}};
    const std::vector<Learner> learners{{.id = "", .questions = {0, 1, 0}, .responses = {2, 1, 0}}};
    const std::vector<float> p = predict(model, learners, numbers_from(0, 1));
    // Before the third step: 2 and 1 of 2 points, so 1.5 successes and 0.5 failures, of question 0
    // one success.
    const double practice = 0.4 * std::log(2.5) - 0.7 * std::log(1.5) + 0.9 * std::log(2.0);
    const double one = std::exp(0.3 + practice), two = one * std::exp(-0.2 + practice);
    EXPECT_NEAR(p[6], 1 / (1 + one + two), 1e-6);
    EXPECT_NEAR(p[7], one / (1 + one + two), 1e-6);
    EXPECT_NEAR(p[8], two / (1 + one + two), 1e-6);
}

TEST(Logistic, FitsWhereNoCoefficientCanBeBettered) {
    for (const int n_categories : {2, 4}) {
        const std::vector<Learner> learners = random_learners(80, 3, n_categories);
        LogisticModel model = fit_logistic({learners, 4, n_categories}, numbers_from(0, 80));
        const double best = objective(model, learners);
        const auto expect_worse = [&](double& coefficient) {
            const double value = coefficient;
            for (const double other : {value - 0.05, value + 0.05}) {
                coefficient = other;
                EXPECT_LT(objective(model, learners), best);
            }
            coefficient = value;
        };
        for (double& x : model.intercept)
            expect_worse(x);
        for (double& x : model.weight)
            expect_worse(x);
        EXPECT_EQ(model.intercept.back(), 0);  // nobody answered the last question
    }
}

}  // namespace
}  // namespace manygpcm
