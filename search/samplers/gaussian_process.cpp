// The covariance, the marginal likelihood with its gradient, and the climb to its top.
#include "samplers/gaussian_process.h"

#include <cmath>
#include <limits>
#include <nlopt.hpp>
#include <stdexcept>
#include <utility>

namespace manygpcm::search {
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
      inverse_length_((-hyperparameters_.log_length).array().exp()),
      signal_(std::exp(hyperparameters_.log_signal)),
      noise_(std::exp(hyperparameters_.log_noise)) {
    factorize();
    weigh();
}

/// Of the function at x with that at every observation.
VectorXd GaussianProcess::covariances(const VectorXd& x) const {
    VectorXd squared = VectorXd::Zero(data_.x.rows());
    for (Index d = 0; d < data_.x.cols(); ++d) {
        const double scale = inverse_length_[d] * inverse_length_[d];
        const auto column = data_.x.col(d).array();
        if (data_.categorical[static_cast<std::size_t>(d)])
            squared.array() += (column != x[d]).cast<double>() * scale;
        else
            squared.array() += (column - x[d]).square() * scale;
    }
    return signal_ * squared.cwiseSqrt().unaryExpr(&matern);
}

void GaussianProcess::factorize() {
    const Index n = data_.x.rows();
    if (!data_.x.allFinite() || !data_.y.allFinite())
        throw std::domain_error("a Gaussian process of observations that aren't finite");
    MatrixXd covariance(n, n);
    for (Index j = 0; j < n; ++j)
        covariance.col(j) = covariances(data_.x.row(j).transpose());
    // With as much noise as signal any covariance has a factor.
    for (;; noise_ = std::max(10 * noise_, 1e-10 * signal_)) {
        MatrixXd noisy = covariance;
        noisy.diagonal().array() += noise_;
        const Eigen::LLT<MatrixXd> cholesky(std::move(noisy));
        if (cholesky.info() != Eigen::Success && noise_ < signal_) continue;
        factor_ = cholesky.matrixLLT();
        return;
    }
}

void GaussianProcess::weigh() {
    weights_ = data_.y;
    factor_.triangularView<Eigen::Lower>().solveInPlace(weights_);
    factor_.transpose().triangularView<Eigen::Upper>().solveInPlace(weights_);
}

GaussianProcess::Prediction GaussianProcess::predict(const VectorXd& x) const {
    const VectorXd k = covariances(x);
    const double explained = factor_.triangularView<Eigen::Lower>().solve(k).squaredNorm();
    return {k.dot(weights_), std::max(signal_ - explained, 1e-12 * signal_)};
}

/// Cholesky's factor grows by a row.
void GaussianProcess::add(const VectorXd& x, double y) {
    const Index n = data_.x.rows();
    const VectorXd row = factor_.triangularView<Eigen::Lower>().solve(covariances(x));
    factor_.conservativeResize(n + 1, n + 1);
    factor_.row(n).head(n) = row.transpose();
    // What is left is the noise at least; rounding may take it where x was seen before.
    factor_(n, n) = std::sqrt(std::max(signal_ + noise_ - row.squaredNorm(), noise_ / 2));
    data_.x.conservativeResize(n + 1, Eigen::NoChange);
    data_.x.row(n) = x.transpose();
    data_.y.conservativeResize(n + 1);
    data_.y[n] = y;
    weigh();
}

}  // namespace manygpcm::search
