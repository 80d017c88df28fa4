// The marginal likelihood's gradient, what a fitted process predicts, and the tail of expected
// improvement.
#include "samplers/gaussian_process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "manygpcm/engine/random.h"
#include "samplers/expected_improvement.h"

namespace manygpcm::search {
namespace {

// Two axes that matter, one that doesn't, and words of which one adds 1.
GpData smooth_data(int n) {
    RandomStream random(3, RandomUse::sampler);
    GpData data;
    data.x.resize(n, 4);
    data.y.resize(n);
    data.categorical = {false, false, false, true};
    for (int i = 0; i < n; ++i) {
        for (int d = 0; d < 3; ++d)
            data.x(i, d) = random.uniform();
        data.x(i, 3) = static_cast<double>(random.below(3));
        data.y[i] =
            std::sin(4 * data.x(i, 0)) + data.x(i, 1) * data.x(i, 1) + (data.x(i, 3) == 1 ? 1 : 0);
    }
    data.y.array() -= data.y.mean();
    return data;
}

TEST(GaussianProcess, MarginalLikelihoodHasTheGradientOfItsDifferences) {
    const GpData data = smooth_data(25);
    GpHyperparameters at{Eigen::VectorXd(4), 0.3, -3};
    at.log_length << -1, 0.2, 1, -0.3;
    Eigen::VectorXd gradient;
    gp_log_posterior(data, at, &gradient);
    constexpr double h = 1e-5;
    for (Eigen::Index i = 0; i < gradient.size(); ++i) {
        Eigen::VectorXd above = at.flat(), below = at.flat();
        above[i] += h;
        below[i] -= h;
        const double difference =
            (gp_log_posterior(data, GpHyperparameters::of_flat(above), nullptr) -
             gp_log_posterior(data, GpHyperparameters::of_flat(below), nullptr)) /
            (2 * h);
        EXPECT_NEAR(gradient[i], difference, 1e-4 * std::max(1.0, std::abs(difference))) << i;
    }
}

TEST(GaussianProcess, TakesOneClusterForOneScoreWhereItKnowsNothing) {
    constexpr int n = 20;
    GpData data;
    data.x.resize(n, 1);
    data.categorical = {false};
    data.y = Eigen::VectorXd::Constant(n, 3);
    for (int i = 0; i + 1 < n; ++i)
        data.x(i, 0) = 0.001 * i;
    data.x(n - 1, 0) = 1;
    data.y[n - 1] = 1;
    const GaussianProcess process(data, {Eigen::VectorXd::Constant(1, std::log(0.05)), 0, -10});
    EXPECT_NEAR(process.mean(Eigen::VectorXd::Constant(1, 0.5)), 2, 0.15);  // not 2.9
}

TEST(GaussianProcess, PredictsASmoothFunctionAndFindsTheAxisThatDoesNotMatter) {
    const GpData data = smooth_data(60);
    const GpHyperparameters fitted = fit_gp(data);
    EXPECT_GT(fitted.log_length[2], fitted.log_length[0] + 1);
    GpData seen = data;
    seen.x = data.x.topRows(50);
    seen.y = data.y.head(50);
    const GaussianProcess process(seen, fitted);
    for (int i = 50; i < 60; ++i) {
        const auto [mean, variance] = process.predict(data.x.row(i));
        EXPECT_NEAR(mean, data.y[i], 0.2);
        EXPECT_LT(std::abs(mean - data.y[i]), 5 * std::sqrt(variance) + 0.02);
    }
}

TEST(GaussianProcess, AddsAnObservationAsIfItHadBeenThere) {
    const GpData data = smooth_data(12);
    const GpHyperparameters at{Eigen::VectorXd::Constant(4, -0.5), 0, -4};
    GpData fewer = data;
    fewer.x = data.x.topRows(11);
    fewer.y = data.y.head(11);
    GaussianProcess grown(fewer, at);
    grown.add(data.x.row(11), data.y[11]);
    const Eigen::VectorXd x = Eigen::VectorXd::Constant(4, 0.4);
    EXPECT_NEAR(grown.predict(x).mean, GaussianProcess(data, at).predict(x).mean, 1e-12);
    EXPECT_NEAR(grown.predict(x).variance, GaussianProcess(data, at).predict(x).variance, 1e-12);
}

TEST(GaussianProcess, BelievesWhatIsTriedToScoreHalfADeviationLessThanPredicted) {
    GaussianProcess process(smooth_data(12), {Eigen::VectorXd::Constant(4, -0.5), 0, -12});
    const Eigen::VectorXd x = Eigen::VectorXd::Constant(4, 0.4);
    const auto before = process.predict(x);
    process.believe(x);
    EXPECT_NEAR(process.mean(x), before.mean - 0.5 * std::sqrt(before.variance), 1e-4);
    EXPECT_LT(process.predict(x).variance, 0.01 * before.variance);
}

// A covariance that rounding leaves without a factor: points that coincide, next to no noise.
TEST(GaussianProcess, PredictsWhereItsCovarianceIsSingular) {
    GpData data = smooth_data(40);
    data.x.bottomRows(20) = data.x.topRows(20);
    GaussianProcess process(data, {Eigen::VectorXd::Constant(4, 3), 0, -80});
    process.add(data.x.row(0), data.y[0]);
    const auto [mean, variance] = process.predict(data.x.row(1));
    EXPECT_LT(std::abs(mean), 10);
    EXPECT_GT(variance, 0);
    data.y[3] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(GaussianProcess(data, {Eigen::VectorXd::Constant(4, 0), 0, -4}),
                 std::domain_error);
}

/// log of the integral of t phi(z - t) over t > 0, which is E max(0, s) for s normal around z.
double log_improvement_by_quadrature(double z) {
    constexpr int n = 200'000;
    const double width = 12 / std::max(1.0, std::abs(z)) + std::max(0.0, z);
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        const double t = (i + 0.5) * width / n;
        sum += t * std::exp(z * t - t * t / 2);  // phi(z - t) without its factor exp(-z^2 / 2)
    }
    return std::log(sum * width / n) - z * z / 2 - 0.5 * std::log(2 * std::numbers::pi);
}

TEST(LogExpectedImprovement, IsRightWhereTheExpectationItselfUnderflows) {
    for (const double z : {2.0, 0.0, -0.9, -1.1, -5.0, -29.0, -31.0, -60.0, -200.0})
        EXPECT_NEAR(log_expected_improvement(z, 1, 0), log_improvement_by_quadrature(z), 2e-3) << z;
    EXPECT_DOUBLE_EQ(log_expected_improvement(3, 2, 1),
                     std::log(2) + log_expected_improvement(1, 1, 0));
}

}  // namespace
}  // namespace manygpcm::search
