// EM: the E step spreads every learner's responses over the quadrature points by the posterior of
// ability; the M step fits each question to its share by Newton's method. In slope-intercept form,
//   log P(k | theta) = k alpha theta + c_k - normalizer, c_0 = 0, beta_j = (c_j - c_{j+1}) / alpha,
// a question's likelihood is concave, so Newton needs no care. EM creeps where learners say little
// of a question; SQUAREM takes the strides that two of its steps suggest.
#include "manygpcm/engine/classical_gpcm.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>

namespace manygpcm {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int n_nodes = 61;
constexpr double outermost_node = 5;
constexpr int most_strides = 200;   // of three EM steps each
constexpr double tolerance = 1e-3;  // of every parameter, between EM steps
constexpr int newton_steps = 2;     // an EM iteration: the E step changes what they climb

struct Prior {
    double mean, variance;
};
constexpr Prior slope_prior{1, 1}, intercept_prior{0, 25};
// A slope of 0 has no thresholds; a negative one means that better learners score less, which the
// model rules out.
constexpr double least_slope = 0.05;

/// Standard normal ability on a grid.
struct Quadrature {
    ArrayXd theta = ArrayXd::LinSpaced(n_nodes, -outermost_node, outermost_node);
    ArrayXd log_weight;

    Quadrature() : log_weight(-0.5 * theta.square()) {
        log_weight -= std::log(log_weight.exp().sum());
    }
};

/// One question in slope-intercept form: [alpha, c_1 .. c_{K-1}].
using Item = VectorXd;

/// [nodes, K] log P(k | theta).
ArrayXXd log_probabilities(const Item& item, const ArrayXd& theta) {
    const Index n_categories = item.size();
    ArrayXXd logits(theta.size(), n_categories);
    logits.col(0).setZero();
    for (Index k = 1; k < n_categories; ++k)
        logits.col(k) = static_cast<double>(k) * item[0] * theta + item[k];
    const ArrayXd largest = logits.rowwise().maxCoeff();
    logits.colwise() -= largest;
    const ArrayXd normalizer = logits.exp().rowwise().sum().log();
    logits.colwise() -= normalizer;
    return logits;
}

/// One Newton step up the posterior of a question's parameters.
/// @param counts [nodes, K] expected responses
void newton_step(Item& item, const ArrayXXd& counts, const ArrayXd& theta) {
    const Index n_categories = item.size();
    const ArrayXXd p = log_probabilities(item, theta).exp();
    const ArrayXd total = counts.rowwise().sum();
    VectorXd gradient = VectorXd::Zero(n_categories);
    MatrixXd information = MatrixXd::Zero(n_categories, n_categories);
    // By the logits of categories 1 .. K-1 at each node, and those by the parameters: k theta and
    // 1.
    for (Index k = 1; k < n_categories; ++k) {
        const ArrayXd residual = counts.col(k) - total * p.col(k);
        gradient[0] += static_cast<double>(k) * (residual * theta).sum();
        gradient[k] += residual.sum();
        for (Index l = 1; l < n_categories; ++l) {
            const ArrayXd weight = total * p.col(k) * ((k == l ? 1.0 : 0.0) - p.col(l));
            information(0, 0) += static_cast<double>(k * l) * (weight * theta.square()).sum();
            information(0, l) += static_cast<double>(k) * (weight * theta).sum();
            information(k, l) += weight.sum();
        }
    }
    information.col(0).tail(n_categories - 1) = information.row(0).tail(n_categories - 1);
    for (Index i = 0; i < n_categories; ++i) {
        const Prior& prior = i == 0 ? slope_prior : intercept_prior;
        gradient[i] += (prior.mean - item[i]) / prior.variance;
        information(i, i) += 1 / prior.variance;
    }
    item += information.llt().solve(gradient);
    item[0] = std::max(item[0], least_slope);
}

/// A posterior from its logarithm up to a constant.
ArrayXd normalized(const ArrayXd& log_posterior) {
    const ArrayXd posterior = (log_posterior - log_posterior.maxCoeff()).exp();
    return posterior / posterior.sum();
}

ClassicalGpcm to_model(const MatrixXd& items) {
    ClassicalGpcm model{static_cast<int>(items.cols()), static_cast<int>(items.rows()), {}, {}};
    for (Index q = 0; q < items.cols(); ++q) {
        model.alpha.push_back(items(0, q));
        for (Index k = 1; k < items.rows(); ++k)
            model.beta.push_back(((k == 1 ? 0 : items(k - 1, q)) - items(k, q)) / items(0, q));
    }
    return model;
}

Item to_item(const ClassicalGpcm& model, std::size_t question) {
    Item item(model.n_categories);
    item[0] = model.alpha[question];
    const double* beta = &model.beta[question * static_cast<std::size_t>(model.n_categories - 1)];
    double intercept = 0;
    for (Index k = 1; k < item.size(); ++k)
        item[k] = intercept -= item[0] * beta[k - 1];
    return item;
}

/// EM for some learners' responses. Items are columns: [K, Q].
class Em {
  public:
    Em(std::span<const Learner> learners, std::span<const int> which, StopFlag stop)
        : learners_(learners), which_(which), stop_(stop) {}

    struct Step {
        MatrixXd items;        ///< after the step
        double log_posterior;  ///< of the items before it, up to a constant
    };
    Step step(const MatrixXd& items) {
        std::vector<ArrayXXd> log_p;
        counts_.resize(static_cast<std::size_t>(items.cols()));
        for (Index q = 0; q < items.cols(); ++q) {
            log_p.push_back(log_probabilities(items.col(q), quadrature_.theta));
            counts_[static_cast<std::size_t>(q)] = ArrayXXd::Zero(n_nodes, items.rows());
        }
        Step next{items, log_prior(items)};
        for (const int i : which_) {
            throw_if_set(stop_);
            next.log_posterior += spread(learners_[static_cast<std::size_t>(i)], log_p);
        }
        for (Index q = 0; q < items.cols(); ++q) {
            throw_if_set(stop_);
            Item item = items.col(q);
            for (int i = 0; i < newton_steps; ++i)
                newton_step(item, counts_[static_cast<std::size_t>(q)], quadrature_.theta);
            next.items.col(q) = item;
        }
        return next;
    }

  private:
    static double log_prior(const MatrixXd& items) {
        const auto of = [](const auto& values, const Prior& prior) {
            return -(values.array() - prior.mean).square().sum() / (2 * prior.variance);
        };
        return of(items.row(0), slope_prior) +
               of(items.bottomRows(items.rows() - 1), intercept_prior);
    }

    /// Adds a learner's responses to the counts; returns their log-likelihood.
    double spread(const Learner& learner, const std::vector<ArrayXXd>& log_p) {
        ArrayXd log_joint = quadrature_.log_weight;
        for (std::size_t t = 0; t < learner.questions.size(); ++t)
            log_joint +=
                log_p[static_cast<std::size_t>(learner.questions[t])].col(learner.responses[t]);
        const double largest = log_joint.maxCoeff();
        ArrayXd posterior = (log_joint - largest).exp();
        const double total = posterior.sum();
        posterior /= total;
        for (std::size_t t = 0; t < learner.questions.size(); ++t)
            counts_[static_cast<std::size_t>(learner.questions[t])].col(learner.responses[t]) +=
                posterior;
        return largest + std::log(total);
    }

    std::span<const Learner> learners_;
    std::span<const int> which_;
    StopFlag stop_;
    Quadrature quadrature_;
    std::vector<ArrayXXd> counts_;  // [question] [nodes, K] expected responses
};

}  // namespace

ClassicalGpcm fit_classical_gpcm(const LearnerSet& learners, std::span<const int> which,
                                 StopFlag stop) {
    MatrixXd items = MatrixXd::Zero(learners.n_categories, learners.n_questions);
    items.row(0).setConstant(slope_prior.mean);
    Em em(learners.all, which, stop);
    for (int stride = 0; stride < most_strides; ++stride) {
        const Em::Step first = em.step(items), second = em.step(first.items);
        const MatrixXd change = first.items - items;
        const MatrixXd bend = second.items - first.items - change;
        items = second.items;
        if (change.lpNorm<Eigen::Infinity>() < tolerance) break;
        if (bend.norm() == 0) continue;
        // Varadhan and Roland 2008, eq. 9, step length S3; not shorter than EM's own.
        const double length = std::max(1.0, change.norm() / bend.norm());
        MatrixXd far = first.items - change + 2 * length * change + length * length * bend;
        far.row(0) = far.row(0).cwiseMax(least_slope);
        const Em::Step settled = em.step(far);
        if (settled.log_posterior >= second.log_posterior) items = settled.items;
    }
    return to_model(items);
}

Predictions predict(const ClassicalGpcm& model, std::span<const Learner> learners,
                    std::span<const int> which, StopFlag stop) {
    const Quadrature quadrature;
    std::vector<ArrayXXd> log_p;
    for (std::size_t q = 0; q < static_cast<std::size_t>(model.n_questions); ++q)
        log_p.push_back(log_probabilities(to_item(model, q), quadrature.theta));

    Predictions out;
    out.n_categories = model.n_categories;
    out.offsets.push_back(0);
    for (const int i : which) {
        throw_if_set(stop);
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        ArrayXd log_posterior = quadrature.log_weight;
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const auto question = static_cast<std::size_t>(learner.questions[t]);
            const ArrayXd posterior = normalized(log_posterior);
            for (Index k = 0; k < model.n_categories; ++k)
                out.probabilities.push_back(
                    static_cast<float>((posterior * log_p[question].col(k).exp()).sum()));
            out.theta.push_back(static_cast<float>((posterior * quadrature.theta).sum()));
            out.alpha.push_back(static_cast<float>(model.alpha[question]));
            const auto n_thresholds = static_cast<std::size_t>(model.n_categories - 1);
            for (std::size_t j = 0; j < n_thresholds; ++j)
                out.beta.push_back(static_cast<float>(model.beta[question * n_thresholds + j]));
            log_posterior += log_p[question].col(learner.responses[t]);
        }
        out.offsets.push_back(out.offsets.back() +
                              static_cast<std::int32_t>(learner.questions.size()));
    }
    return out;
}

}  // namespace manygpcm
