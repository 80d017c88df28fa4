// The covariance, the marginal likelihood with its gradient, and the climb to its top.
#include "gaussian_process.h"

#include <cmath>
#include <limits>
#include <nlopt.hpp>
#include <utility>

namespace manygpcm {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Prior {
    double mean, deviation;  // of a logarithm

    double log_density(double x) const {
        const double z = (x - mean) / deviation;
        return -0.5 * z * z;
    }
    double derivative(double x) const { return (mean - x) / (deviation * deviation); }
};

Prior length_prior(Index dimensions) {
    return {std::log(0.25 * std::sqrt(static_cast<double>(dimensions))), 1};
}
constexpr Prior signal_prior{0, 1}, noise_prior{-6, 2};
// Smaller noise makes covariances that Cholesky can't factorize.
const double least_log_noise = std::log(1e-6);

constexpr int most_evaluations = 40;

double squared_difference(bool categorical, double a, double b) {
    if (categorical) return a == b ? 0 : 1;
    return (a - b) * (a - b);
}

/// Matern 5/2 at distance r in length scales.
double matern(double r) {
    const double s = std::sqrt(5.0) * r;
    return (1 + s + s * s / 3) * std::exp(-s);
}

/// Its derivative by the logarithm of a length scale, over that axis' squared distance.
double matern_slope(double r) {
    const double s = std::sqrt(5.0) * r;
    return 5.0 / 3.0 * (1 + s) * std::exp(-s);
}

}  // namespace

VectorXd GpHyperparameters::flat() const {
    VectorXd result(log_length.size() + 2);
    result << log_length, log_signal, log_noise;
    return result;
}

GpHyperparameters GpHyperparameters::of_flat(const VectorXd& flat) {
    const Index dimensions = flat.size() - 2;
    return {flat.head(dimensions), flat[dimensions], flat[dimensions + 1]};
}

double gp_log_posterior(const GpData& data, const GpHyperparameters& hyperparameters,
                        VectorXd* gradient) {
    const Index n = data.x.rows(), dimensions = data.x.cols();
    const double signal = std::exp(hyperparameters.log_signal);
    const double noise = std::exp(hyperparameters.log_noise);

    std::vector<MatrixXd> squared(static_cast<std::size_t>(dimensions), MatrixXd(n, n));
    MatrixXd distance = MatrixXd::Zero(n, n);
    for (Index d = 0; d < dimensions; ++d) {
        MatrixXd& of_axis = squared[static_cast<std::size_t>(d)];
        const bool categorical = data.categorical[static_cast<std::size_t>(d)];
        const double scale = std::exp(-2 * hyperparameters.log_length[d]);
        for (Index j = 0; j < n; ++j)
            for (Index i = 0; i < n; ++i)
                of_axis(i, j) = scale * squared_difference(categorical, data.x(i, d), data.x(j, d));
        distance += of_axis;
    }
    distance = distance.cwiseSqrt();
    const MatrixXd correlation = distance.unaryExpr(&matern);

    const Eigen::LLT<MatrixXd> covariance(signal * correlation + noise * MatrixXd::Identity(n, n));
    if (covariance.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
    const VectorXd weights = covariance.solve(data.y);
    const Prior lengths = length_prior(dimensions);
    double value = -0.5 * data.y.dot(weights) -
                   covariance.matrixLLT().diagonal().array().log().sum() +
                   signal_prior.log_density(hyperparameters.log_signal) +
                   noise_prior.log_density(hyperparameters.log_noise);
    for (const double log_length : hyperparameters.log_length)
        value += lengths.log_density(log_length);

    if (gradient) {
        // By K: (w w^T - K^-1) / 2, eq. 5.9.
        const MatrixXd by_covariance =
            0.5 * (weights * weights.transpose() - covariance.solve(MatrixXd::Identity(n, n)));
        const MatrixXd by_squared =
            signal * by_covariance.cwiseProduct(distance.unaryExpr(&matern_slope));
        gradient->resize(dimensions + 2);
        for (Index d = 0; d < dimensions; ++d)
            (*gradient)[d] = by_squared.cwiseProduct(squared[static_cast<std::size_t>(d)]).sum() +
                             lengths.derivative(hyperparameters.log_length[d]);
        (*gradient)[dimensions] = signal * by_covariance.cwiseProduct(correlation).sum() +
                                  signal_prior.derivative(hyperparameters.log_signal);
        (*gradient)[dimensions + 1] =
            noise * by_covariance.trace() + noise_prior.derivative(hyperparameters.log_noise);
    }
    return value;
}

GpHyperparameters fit_gp(const GpData& data) {
    const Index dimensions = data.x.cols();
    GpHyperparameters start;
    start.log_length = VectorXd::Constant(dimensions, length_prior(dimensions).mean);
    start.log_signal = signal_prior.mean;
    start.log_noise = noise_prior.mean;

    const VectorXd first = start.flat();
    std::vector<double> point(first.begin(), first.end());
    VectorXd best = first;
    double best_value = -std::numeric_limits<double>::infinity();

    nlopt::opt climb(nlopt::LD_LBFGS, static_cast<unsigned>(first.size()));
    std::vector<double> low(point.size(), -6), high(point.size(), 6);
    low.back() = least_log_noise;
    high.back() = 1;
    climb.set_lower_bounds(low);
    climb.set_upper_bounds(high);
    climb.set_maxeval(most_evaluations);
    climb.set_ftol_abs(1e-3);
    const auto objective = [&](const std::vector<double>& at, std::vector<double>& slope) {
        const VectorXd flat = Eigen::Map<const VectorXd>(at.data(), static_cast<Index>(at.size()));
        VectorXd gradient = VectorXd::Zero(flat.size());
        const double value = gp_log_posterior(data, GpHyperparameters::of_flat(flat), &gradient);
        slope.assign(gradient.begin(), gradient.end());
        if (value > best_value) {
            best_value = value;
            best = flat;
        }
        // What can't be factorized is a very bad place, not the end of the climb.
        return std::isfinite(value) ? value : -1e10;
    };
    climb.set_max_objective(
        [](const std::vector<double>& at, std::vector<double>& slope, void* function) {
            return (*static_cast<decltype(objective)*>(function))(at, slope);
        },
        const_cast<void*>(static_cast<const void*>(&objective)));
    try {
        double value = 0;
        climb.optimize(point, value);
    } catch (const std::runtime_error&) {
        // The line search found no step up (rounding, close to the top): the best seen stands.
    }
    return GpHyperparameters::of_flat(best);
}

GaussianProcess::GaussianProcess(GpData data, GpHyperparameters hyperparameters)
    : data_(std::move(data)),
      hyperparameters_(std::move(hyperparameters)),
      inverse_length_((-hyperparameters_.log_length).array().exp()) {
    factorize();
}

void GaussianProcess::factorize() {
    const Index n = data_.x.rows(), dimensions = data_.x.cols();
    const double signal = std::exp(hyperparameters_.log_signal);
    MatrixXd covariance(n, n);
    for (Index j = 0; j < n; ++j) {
        for (Index i = j; i < n; ++i) {
            double squared = 0;
            for (Index d = 0; d < dimensions; ++d)
                squared += inverse_length_[d] * inverse_length_[d] *
                           squared_difference(data_.categorical[static_cast<std::size_t>(d)],
                                              data_.x(i, d), data_.x(j, d));
            covariance(i, j) = signal * matern(std::sqrt(squared));
        }
        covariance(j, j) += std::exp(hyperparameters_.log_noise);
    }
    covariance_.compute(covariance);  // reads the lower triangle
    weights_ = covariance_.solve(data_.y);
}

GaussianProcess::Prediction GaussianProcess::predict(const VectorXd& x) const {
    const Index n = data_.x.rows(), dimensions = data_.x.cols();
    const double signal = std::exp(hyperparameters_.log_signal);
    VectorXd squared = VectorXd::Zero(n);
    for (Index d = 0; d < dimensions; ++d) {
        const double scale = inverse_length_[d] * inverse_length_[d];
        const bool categorical = data_.categorical[static_cast<std::size_t>(d)];
        for (Index i = 0; i < n; ++i)
            squared[i] += scale * squared_difference(categorical, data_.x(i, d), x[d]);
    }
    const VectorXd k = signal * squared.cwiseSqrt().unaryExpr(&matern);
    const double explained = covariance_.matrixL().solve(k).squaredNorm();
    return {k.dot(weights_), std::max(signal - explained, 1e-12 * signal)};
}

void GaussianProcess::add(const VectorXd& x, double y) {
    const Index n = data_.x.rows();
    data_.x.conservativeResize(n + 1, Eigen::NoChange);
    data_.x.row(n) = x.transpose();
    data_.y.conservativeResize(n + 1);
    data_.y[n] = y;
    factorize();
}

}  // namespace manygpcm
