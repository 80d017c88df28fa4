// The classical model recovers what made the data, scores what psychometrics would, and stays
// finite where questions say little.
#include "manygpcm/engine/classical_gpcm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/folds.h"
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
        const Predictions predictions = predict(model, learners, fold.validation);
        std::vector<std::int32_t> responses;
        for (const int i : fold.validation)
            responses.insert(responses.end(), learners[i].responses.begin(),
                             learners[i].responses.end());
        const Metrics metrics = compute_metrics(predictions.probabilities, responses, 4);
        qwk += metrics["qwk"] / 5;
        cross_entropy += metrics["cross_entropy"] / 5;
        discrimination_r += correlation(model.alpha, discrimination) / 5;
        threshold_r += correlation(model.beta, threshold) / 5;
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
        EXPECT_TRUE(value > 0 && value < 10);
    for (const double value : model.beta)
        EXPECT_LT(std::abs(value), 100);
    const Predictions predictions = predict(model, learners, numbers_from(0, 8));
    for (std::size_t i = 0; i < predictions.probabilities.size(); i += 3)
        EXPECT_NEAR(predictions.probabilities[i] + predictions.probabilities[i + 1] +
                        predictions.probabilities[i + 2],
                    1, 1e-5);
}

TEST(ClassicalGpcm, PredictsFromThePastAlone) {
    std::vector<Learner> learners(2);
    learners[0] = {.id = "", .questions = {0, 1, 2, 0}, .responses = {1, 0, 1, 1}};
    learners[1] = {.id = "", .questions = {0, 1, 2, 0}, .responses = {1, 0, 0, 0}};
    const ClassicalGpcm model{3, 2, {1, 2, 0.5}, {0, 1, -1}};
    const Predictions predictions = predict(model, learners, numbers_from(0, 2));
    for (std::size_t i = 0; i < 3 * 2; ++i)
        EXPECT_EQ(predictions.probabilities[i], predictions.probabilities[8 + i]);
    EXPECT_GT(predictions.probabilities[7], predictions.probabilities[15]);
    EXPECT_NEAR(predictions.theta[0], 0, 1e-6);
    EXPECT_GT(predictions.theta[1], predictions.theta[2]);
}

}  // namespace
}  // namespace manygpcm
