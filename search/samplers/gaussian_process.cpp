// The covariance, the marginal likelihood with its gradient, and the climb to its top.
#include "samplers/gaussian_process.h"

#include <cmath>
#include <limits>
#include <nlopt.hpp>
#include <stdexcept>
#include <utility>

namespace manygpcm::search {
namespace {

using Eigen::ArrayXd;
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
// Of the process's constant mean, which nothing but the scores says: the scores are in units of
// their deviation.
constexpr double mean_variance = 10;
// Smaller noise makes covariances that Cholesky can't factorize.
const double least_log_noise = std::log(1e-6);

constexpr int most_evaluations = 40;

/// Matern 5/2: the correlations at squared distances in length scales. Its terms are those of
/// s = sqrt(5) x the distance.
struct Matern {
    ArrayXd s, decay;

    explicit Matern(const VectorXd& squared) : s((5 * squared.array()).sqrt()), decay((-s).exp()) {}

    VectorXd correlations() const { return (1 + s + s.square() / 3) * decay; }

    /// Derivatives by the logarithm of a length scale, over the squared distance along that axis.
    ArrayXd slopes() const { return 5.0 / 3.0 * (1 + s) * decay; }
};

/// The values of a symmetric matrix below its diagonal, column after column.
VectorXd below_diagonal(const MatrixXd& matrix) {
    const Index n = matrix.rows();
    VectorXd values(n * (n - 1) / 2);
    for (Index j = 0, first = 0; j < n; first += n - 1 - j, ++j)
        values.segment(first, n - 1 - j) = matrix.col(j).tail(n - 1 - j);
    return values;
}

/// What gp_log_posterior() is for one set of hyperparameters after another. Covariances are those
/// of pairs of observations, every pair once.
class Posterior {
  public:
    explicit Posterior(const GpData& data) : data_(data) {
        const Index n = data.x.rows(), dimensions = data.x.cols();
        squared_.resize(n * (n - 1) / 2, dimensions);
        for (Index d = 0; d < dimensions; ++d) {
            const bool categorical = data.categorical[static_cast<std::size_t>(d)];
            for (Index j = 0, pair = 0; j < n; ++j)
                for (Index i = j + 1; i < n; ++i, ++pair) {
                    const double difference = data.x(i, d) - data.x(j, d);
                    const double equal = difference == 0 ? 0 : 1;
                    squared_(pair, d) = categorical ? equal : difference * difference;
                }
        }
    }

    double log_density(const GpHyperparameters& hyperparameters, VectorXd* gradient) const {
        const Index n = data_.x.rows(), dimensions = data_.x.cols();
        const double signal = std::exp(hyperparameters.log_signal);
        const double noise = std::exp(hyperparameters.log_noise);
        const VectorXd scales = (-2 * hyperparameters.log_length).array().exp();

        const Matern matern(squared_ * scales);
        const VectorXd correlations = matern.correlations();

        MatrixXd covariances = MatrixXd::Zero(n, n);  // the upper triangle isn't looked at
        for (Index j = 0, first = 0; j < n; first += n - 1 - j, ++j) {
            covariances(j, j) = mean_variance + signal + noise;
            covariances.col(j).tail(n - 1 - j) =
                mean_variance + signal * correlations.segment(first, n - 1 - j).array();
        }
        const Eigen::LLT<MatrixXd> cholesky(covariances);
        if (cholesky.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
        const VectorXd weights = cholesky.solve(data_.y);
        const Prior lengths = length_prior(dimensions);
        double value = -0.5 * data_.y.dot(weights) -
                       cholesky.matrixLLT().diagonal().array().log().sum() +
                       signal_prior.log_density(hyperparameters.log_signal) +
                       noise_prior.log_density(hyperparameters.log_noise);
        for (const double log_length : hyperparameters.log_length)
            value += lengths.log_density(log_length);
        if (!gradient) return value;

        // By K: (w w^T - K^-1) / 2, eq. 5.9; K^-1 is L^-T L^-1.
        MatrixXd inverse_factor = MatrixXd::Identity(n, n);
        cholesky.matrixL().solveInPlace(inverse_factor);
        MatrixXd by_covariance = MatrixXd::Zero(n, n);  // its lower triangle
        by_covariance.selfadjointView<Eigen::Lower>()
            .rankUpdate(inverse_factor.transpose(), -0.5)
            .rankUpdate(weights, 0.5);
        const double by_diagonal = by_covariance.trace();
        const VectorXd by_pair = 2 * below_diagonal(by_covariance);
        const VectorXd by_squared = signal * by_pair.array() * matern.slopes();
        gradient->resize(dimensions + 2);
        gradient->head(dimensions) =
            scales.cwiseProduct(squared_.transpose() * by_squared) +
            hyperparameters.log_length.unaryExpr([&](double x) { return lengths.derivative(x); });
        (*gradient)[dimensions] = signal * (by_pair.dot(correlations) + by_diagonal) +
                                  signal_prior.derivative(hyperparameters.log_signal);
        (*gradient)[dimensions + 1] =
            noise * by_diagonal + noise_prior.derivative(hyperparameters.log_noise);
        return value;
    }

  private:
    const GpData& data_;
    MatrixXd squared_;  // [pair, dimension] squared differences
};

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
    return Posterior(data).log_density(hyperparameters, gradient);
}

GpHyperparameters fit_gp(const GpData& data) {
    const Index dimensions = data.x.cols();
    GpHyperparameters start;
    start.log_length = VectorXd::Constant(dimensions, length_prior(dimensions).mean);
    start.log_signal = signal_prior.mean;
    start.log_noise = noise_prior.mean;

    const Posterior posterior(data);
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
        const double value = posterior.log_density(GpHyperparameters::of_flat(flat), &gradient);
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
    return mean_variance + signal_ * Matern(squared).correlations().array();
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
        const Eigen::LLT<MatrixXd> cholesky(noisy);
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
    return {k.dot(weights_), std::max(mean_variance + signal_ - explained, 1e-12 * signal_)};
}

double GaussianProcess::mean(const VectorXd& x) const {
    return covariances(x).dot(weights_);
}

/// Cholesky's factor grows by a row.
void GaussianProcess::add(const VectorXd& x, double y) {
    const Index n = data_.x.rows();
    const VectorXd row = factor_.triangularView<Eigen::Lower>().solve(covariances(x));
    factor_.conservativeResize(n + 1, n + 1);
    factor_.row(n).head(n) = row.transpose();
    // What is left is the noise at least; rounding may take it where x was seen before.
    factor_(n, n) =
        std::sqrt(std::max(mean_variance + signal_ + noise_ - row.squaredNorm(), noise_ / 2));
    data_.x.conservativeResize(n + 1, Eigen::NoChange);
    data_.x.row(n) = x.transpose();
    data_.y.conservativeResize(n + 1);
    data_.y[n] = y;
    weigh();
}

void GaussianProcess::believe(const VectorXd& x) {
    constexpr double doubt = 0.5;
    const auto [mean, variance] = predict(x);
    add(x, mean - doubt * std::sqrt(variance));
}

}  // namespace manygpcm::search
