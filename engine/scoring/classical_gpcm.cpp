// EM: the E step spreads every learner's responses over the quadrature points by the posterior of
// ability; the M step fits each question to its share by Newton's method. In slope-intercept form,
//   log P(k | theta) = k alpha theta + c_k - normalizer, c_0 = 0, c_k = -(step_1 + .. + step_k),
// a question's likelihood is concave, so Newton needs little care. EM creeps where learners say
// little of a question; SQUAREM takes the strides that two of its steps suggest.
#include "manygpcm/engine/classical_gpcm.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace manygpcm {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int n_nodes = 73;
constexpr double outermost_node = 6;
constexpr int most_strides = 200;   // of three EM steps each
constexpr double tolerance = 1e-4;  // of every parameter, between EM steps
constexpr int newton_steps = 2;     // an EM iteration: the E step changes what they climb
constexpr double longest_newton_step = 2;
constexpr int power_iterations = 20;
constexpr double steepest_start = 2;
constexpr double least_weight = 1e-12;  // of a node, for standard errors
constexpr Index most_joint_parameters = 1000;
constexpr double known_information = 1e-8;  // of a parameter that responses tell of
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// Variances of the normal priors, whose means are 0.
struct PriorVariances {
    double slope, intercept;
};
PriorVariances variances(ItemPrior prior) {
    return prior == ItemPrior::weak ? PriorVariances{4, 25} : PriorVariances{1e4, 1e4};
}

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

/// What `total` [nodes] responses say of a question's parameters: by the logits of categories
/// 1 .. K-1 at each node, and those by the parameters, k theta and 1.
MatrixXd information_of(const ArrayXXd& p, const ArrayXd& total, const ArrayXd& theta) {
    const Index n_categories = p.cols();
    MatrixXd information = MatrixXd::Zero(n_categories, n_categories);
    for (Index k = 1; k < n_categories; ++k)
        for (Index l = 1; l < n_categories; ++l) {
            const ArrayXd weight = total * p.col(k) * ((k == l ? 1.0 : 0.0) - p.col(l));
            information(0, 0) += static_cast<double>(k * l) * (weight * theta.square()).sum();
            information(0, l) += static_cast<double>(k) * (weight * theta).sum();
            information(k, l) += weight.sum();
        }
    information.col(0).tail(n_categories - 1) = information.row(0).tail(n_categories - 1);
    return information;
}

/// One Newton step up the posterior of a question's parameters.
/// @param counts [nodes, K] expected responses
void newton_step(Item& item, const ArrayXXd& counts, const ArrayXd& theta,
                 const PriorVariances& prior) {
    const Index n_categories = item.size();
    const ArrayXXd p = log_probabilities(item, theta).exp();
    const ArrayXd total = counts.rowwise().sum();
    VectorXd gradient = VectorXd::Zero(n_categories);
    MatrixXd information = information_of(p, total, theta);
    for (Index k = 1; k < n_categories; ++k) {
        const ArrayXd residual = counts.col(k) - total * p.col(k);
        gradient[0] += static_cast<double>(k) * (residual * theta).sum();
        gradient[k] += residual.sum();
    }
    for (Index i = 0; i < n_categories; ++i) {
        const double variance = i == 0 ? prior.slope : prior.intercept;
        gradient[i] -= item[i] / variance;
        information(i, i) += 1 / variance;
    }
    VectorXd step = information.llt().solve(gradient);
    const double length = step.lpNorm<Eigen::Infinity>();
    if (length > longest_newton_step) step *= longest_newton_step / length;
    item += step;
}

ClassicalGpcm to_model(const MatrixXd& items) {
    ClassicalGpcm model{static_cast<int>(items.cols()), static_cast<int>(items.rows()), {}, {}};
    for (Index q = 0; q < items.cols(); ++q) {
        model.alpha.push_back(items(0, q));
        for (Index k = 1; k < items.rows(); ++k)
            model.step.push_back((k == 1 ? 0 : items(k - 1, q)) - items(k, q));
    }
    return model;
}

Item to_item(const ClassicalGpcm& model, std::size_t question) {
    Item item(model.n_categories);
    item[0] = model.alpha[question];
    const double* step = &model.step[question * static_cast<std::size_t>(model.n_categories - 1)];
    double intercept = 0;
    for (Index k = 1; k < item.size(); ++k)
        item[k] = intercept -= step[k - 1];
    return item;
}

std::vector<ArrayXXd> log_probabilities(const ClassicalGpcm& model, const Quadrature& quadrature) {
    std::vector<ArrayXXd> log_p;
    for (std::size_t q = 0; q < static_cast<std::size_t>(model.n_questions); ++q)
        log_p.push_back(log_probabilities(to_item(model, q), quadrature.theta));
    return log_p;
}

/// Ability given all of a learner's responses.
struct Posterior {
    ArrayXd weights;        ///< [nodes]
    double log_likelihood;  ///< of the responses
};
Posterior posterior_of(const Learner& learner, const std::vector<ArrayXXd>& log_p,
                       const Quadrature& quadrature) {
    ArrayXd log_joint = quadrature.log_weight;
    for (std::size_t t = 0; t < learner.questions.size(); ++t)
        log_joint +=
            log_p[static_cast<std::size_t>(learner.questions[t])].col(learner.responses[t]);
    const double largest = log_joint.maxCoeff();
    ArrayXd weights = (log_joint - largest).exp();
    const double total = weights.sum();
    return {weights / total, largest + std::log(total)};
}

/// What is known of ability after it moved by N(0, drift^2): steps to neighbouring points, which
/// add up to that variance. Nothing leaves by the ends.
ArrayXd drifted(const ArrayXd& log_posterior, double drift) {
    constexpr double spacing = 2 * outermost_node / (n_nodes - 1);
    const double variance = drift * drift / (spacing * spacing);
    const double steps = std::ceil(2 * variance);  // so that half of the weight stays at each
    const double aside = variance / steps / 2;
    ArrayXd weights = (log_posterior - log_posterior.maxCoeff()).exp();
    for (int step = 0; step < static_cast<int>(steps); ++step) {
        ArrayXd next = (1 - 2 * aside) * weights;
        next.head(n_nodes - 1) += aside * weights.tail(n_nodes - 1);
        next.tail(n_nodes - 1) += aside * weights.head(n_nodes - 1);
        next[0] += aside * weights[0];
        next[n_nodes - 1] += aside * weights[n_nodes - 1];
        weights = next;
    }
    return weights.log();
}

/// Where EM begins: slopes as the loadings of standardized scores on their first principal
/// component, so that questions which ask for the opposite begin as such. Positive in sum.
VectorXd first_slopes(Learners learners, std::span<const int> which, Index n_questions) {
    ArrayXd n = ArrayXd::Zero(n_questions), sum = n, squares = n;
    for (const int i : which) {
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const double score = learner.responses[t];
            n[learner.questions[t]] += 1;
            sum[learner.questions[t]] += score;
            squares[learner.questions[t]] += score * score;
        }
    }
    n = n.max(1);
    const ArrayXd mean = sum / n;
    const ArrayXd deviation = (squares / n - mean.square()).max(1e-6).sqrt();
    VectorXd loading = VectorXd::Ones(n_questions);
    for (int iteration = 0; iteration < power_iterations; ++iteration) {
        VectorXd next = VectorXd::Zero(n_questions);
        for (const int i : which) {
            const Learner& learner = learners[static_cast<std::size_t>(i)];
            const auto standardized = [&](std::size_t t) {
                const Index q = learner.questions[t];
                return (learner.responses[t] - mean[q]) / deviation[q];
            };
            double score = 0;
            for (std::size_t t = 0; t < learner.questions.size(); ++t)
                score += loading[learner.questions[t]] * standardized(t);
            score /=
                std::sqrt(static_cast<double>(std::max<std::size_t>(learner.questions.size(), 1)));
            for (std::size_t t = 0; t < learner.questions.size(); ++t)
                next[learner.questions[t]] += score * standardized(t);
        }
        next.array() /= n;
        const double size = next.cwiseAbs().mean();
        if (!(size > 0)) return VectorXd::Ones(n_questions);
        loading = next / size;
    }
    if (loading.sum() < 0) loading = -loading;
    return loading.cwiseMax(-steepest_start).cwiseMin(steepest_start);
}

/// EM for some learners' responses. Items are columns: [K, Q].
class Em {
  public:
    Em(Learners learners, std::span<const int> which, ItemPrior prior, StopFlag stop)
        : learners_(learners), which_(which), prior_(variances(prior)), stop_(stop) {}

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
            const Learner& learner = learners_[static_cast<std::size_t>(i)];
            const Posterior posterior = posterior_of(learner, log_p, quadrature_);
            for (std::size_t t = 0; t < learner.questions.size(); ++t)
                counts_[static_cast<std::size_t>(learner.questions[t])].col(learner.responses[t]) +=
                    posterior.weights;
            next.log_posterior += posterior.log_likelihood;
        }
        for (Index q = 0; q < items.cols(); ++q) {
            throw_if_set(stop_);
            Item item = items.col(q);
            for (int i = 0; i < newton_steps; ++i)
                newton_step(item, counts_[static_cast<std::size_t>(q)], quadrature_.theta, prior_);
            next.items.col(q) = item;
        }
        return next;
    }

  private:
    double log_prior(const MatrixXd& items) const {
        return -items.row(0).squaredNorm() / (2 * prior_.slope) -
               items.bottomRows(items.rows() - 1).squaredNorm() / (2 * prior_.intercept);
    }

    Learners learners_;
    std::span<const int> which_;
    PriorVariances prior_;
    StopFlag stop_;
    Quadrature quadrature_;
    std::vector<ArrayXXd> counts_;  // [question] [nodes, K] expected responses
};

/// The observed information of all parameters, question by question [alpha, c_1, ..]: what complete
/// data would say, less what not knowing abilities costs (Louis 1982, eq. 3.2). Row and column q K
/// begin question q; blocks between questions are 0 unless `joint`.
MatrixXd observed_information(Learners learners, std::span<const int> which,
                              const std::vector<ArrayXXd>& log_p, const Quadrature& quadrature,
                              bool joint, StopFlag stop) {
    const Index n_categories = log_p.front().cols();
    const Index size = static_cast<Index>(log_p.size()) * n_categories;
    MatrixXd information = MatrixXd::Zero(size, joint ? size : n_categories);
    // The block of two questions; without `joint` columns are those of a question's own block.
    const auto block = [&](Index q, Index r) {
        return information.block(q * n_categories, joint ? r * n_categories : 0, n_categories,
                                 n_categories);
    };
    std::vector<ArrayXXd> p;
    for (const ArrayXXd& log_of_question : log_p)
        p.push_back(log_of_question.exp());
    for (const int i : which) {
        throw_if_set(stop);
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        const ArrayXd posterior = posterior_of(learner, log_p, quadrature).weights;
        std::vector<Index> nodes;  // those that matter
        for (Index n = 0; n < n_nodes; ++n)
            if (posterior[n] > least_weight) nodes.push_back(n);
        const ArrayXd weights = posterior(nodes), theta = quadrature.theta(nodes);
        // Scores of complete data by question and node, about their mean; repeated questions add
        // up.
        std::vector<Index> questions(learner.questions.begin(), learner.questions.end());
        std::ranges::sort(questions);
        // Not std::ranges::unique, whose result Clang up to 15 can't take from libstdc++.
        questions.erase(std::unique(questions.begin(), questions.end()), questions.end());
        const Index n_answered = static_cast<Index>(questions.size());
        MatrixXd scores = MatrixXd::Zero(weights.size(), n_answered * n_categories);
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const Index q = learner.questions[t], k = learner.responses[t];
            const Index place = std::ranges::lower_bound(questions, q) - questions.begin();
            const ArrayXXd of_question = p[static_cast<std::size_t>(q)](nodes, Eigen::all);
            for (Index l = 1; l < n_categories; ++l) {
                const ArrayXd residual = (k == l ? 1.0 : 0.0) - of_question.col(l);
                scores.col(place * n_categories).array() +=
                    static_cast<double>(l) * residual * theta;
                scores.col(place * n_categories + l).array() += residual;
            }
            block(q, q) += information_of(of_question, weights, theta);
        }
        const Eigen::RowVectorXd mean = weights.matrix().transpose() * scores;
        scores.rowwise() -= mean;
        scores.array().colwise() *= weights.sqrt();
        if (joint) {
            const MatrixXd lost = scores.transpose() * scores;
            for (Index a = 0; a < n_answered; ++a)
                for (Index b = 0; b < n_answered; ++b)
                    block(questions[static_cast<std::size_t>(a)],
                          questions[static_cast<std::size_t>(b)]) -=
                        lost.block(a * n_categories, b * n_categories, n_categories, n_categories);
        } else {
            for (Index a = 0; a < n_answered; ++a) {
                const auto own = scores.middleCols(a * n_categories, n_categories);
                const Index q = questions[static_cast<std::size_t>(a)];
                block(q, q) -= own.transpose() * own;
            }
        }
    }
    return information;
}

/// A prior tells of what the responses tell of, too: of nothing it knows nothing worth an error.
void add_prior(MatrixXd& information, Index n_categories, ItemPrior prior) {
    const PriorVariances variance = variances(prior);
    for (Index i = 0; i < information.rows(); ++i) {
        const Index own = i % n_categories;
        double& of = information(i, information.cols() == n_categories ? own : i);
        if (of > known_information) of += 1 / (own == 0 ? variance.slope : variance.intercept);
    }
}

/// Its inverse, block by block where it has only a question's own. A parameter of which nothing is
/// known has variance NaN.
MatrixXd covariance_of(const MatrixXd& information, Index n_categories) {
    const auto inverse = [](const MatrixXd& of) -> MatrixXd {
        // What nobody's responses say anything of is taken out, or it would take others with it.
        std::vector<Index> known;
        for (Index i = 0; i < of.rows(); ++i)
            if (of(i, i) > known_information) known.push_back(i);
        MatrixXd result = MatrixXd::Constant(of.rows(), of.cols(), not_known);
        const MatrixXd part = of(known, known);
        const Eigen::LLT<MatrixXd> cholesky(part);
        if (cholesky.info() != Eigen::Success) return result;
        const MatrixXd inverted = cholesky.solve(MatrixXd::Identity(part.rows(), part.cols()));
        result(known, known) = inverted;
        return result;
    };
    if (information.rows() == information.cols()) return inverse(information);
    MatrixXd result(information.rows(), information.cols());
    for (Index at = 0; at < information.rows(); at += n_categories)
        result.middleRows(at, n_categories) = inverse(information.middleRows(at, n_categories));
    return result;
}

/// Fills the standard errors of a fit from the covariance of a question's [alpha, c_1, ..].
void add_errors(ClassicalFit& fit, const MatrixXd& covariance, double alpha,
                std::span<const double> steps) {
    const auto error = [&](const VectorXd& gradient) {
        const double variance = gradient.dot(covariance * gradient);
        return variance > 0 ? std::sqrt(variance) : not_known;
    };
    const Index n_categories = covariance.rows();
    fit.alpha_error.push_back(std::sqrt(covariance(0, 0)));
    for (Index j = 1; j < n_categories; ++j) {
        // step_j = c_{j-1} - c_j, beta_j = step_j / alpha
        VectorXd step = VectorXd::Zero(n_categories);
        step[j] = -1;
        if (j > 1) step[j - 1] = 1;
        fit.step_error.push_back(error(step));
        VectorXd beta = step / alpha;
        beta[0] = -steps[static_cast<std::size_t>(j - 1)] / (alpha * alpha);
        fit.beta_error.push_back(error(beta));
    }
}

}  // namespace

std::vector<double> ClassicalGpcm::beta() const {
    std::vector<double> result = step;
    const auto n_thresholds = static_cast<std::size_t>(n_categories - 1);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double slope = alpha[i / n_thresholds];
        result[i] = slope == 0 ? not_known : result[i] / slope;
    }
    return result;
}

ClassicalGpcm gpcm_with_thresholds(int n_categories, std::vector<double> alpha,
                                   std::vector<double> beta) {
    const auto n_thresholds = static_cast<std::size_t>(n_categories - 1);
    for (std::size_t i = 0; i < beta.size(); ++i)
        beta[i] *= alpha[i / n_thresholds];
    return {static_cast<int>(alpha.size()), n_categories, std::move(alpha), std::move(beta)};
}

double expected_score(const ClassicalGpcm& model, std::size_t question, double theta) {
    const ArrayXXd p =
        log_probabilities(to_item(model, question), ArrayXd::Constant(1, theta)).exp();
    return (p.row(0).transpose() *
            ArrayXd::LinSpaced(p.cols(), 0, static_cast<double>(p.cols() - 1)))
        .sum();
}

ClassicalGpcm fit_classical_gpcm(const LearnerSet& learners, std::span<const int> which,
                                 StopFlag stop, ItemPrior prior) {
    MatrixXd items = MatrixXd::Zero(learners.n_categories, learners.n_questions);
    items.row(0) = first_slopes(learners.all, which, learners.n_questions).transpose();
    Em em(learners.all, which, prior, stop);
    for (int stride = 0; stride < most_strides; ++stride) {
        const Em::Step first = em.step(items), second = em.step(first.items);
        const MatrixXd change = first.items - items;
        const MatrixXd bend = second.items - first.items - change;
        items = second.items;
        if (change.lpNorm<Eigen::Infinity>() < tolerance) break;
        if (bend.norm() == 0) continue;
        // Varadhan and Roland 2008, eq. 9, step length S3; not shorter than EM's own.
        const double length = std::max(1.0, change.norm() / bend.norm());
        const MatrixXd far = first.items - change + 2 * length * change + length * length * bend;
        const Em::Step settled = em.step(far);
        if (settled.log_posterior >= second.log_posterior) items = settled.items;
    }
    // Which end of ability is which is not in the data.
    if (items.row(0).sum() < 0) items.row(0) = -items.row(0);
    return to_model(items);
}

Predictions predict(const ClassicalGpcm& model, Learners learners, std::span<const int> which,
                    StopFlag stop, const AbilityMotion& motion) {
    const Quadrature quadrature;
    const std::vector<ArrayXXd> log_p = log_probabilities(model, quadrature);
    const std::vector<double> beta = model.beta();
    const auto n_thresholds = static_cast<std::size_t>(model.n_categories - 1);

    Predictions out;
    out.n_categories = model.n_categories;
    out.offsets.push_back(0);
    for (const int i : which) {
        throw_if_set(stop);
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        ArrayXd log_posterior = quadrature.log_weight;
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const auto question = static_cast<std::size_t>(learner.questions[t]);
            // The points stand for ability less what it has grown.
            const double grown = motion.growth * static_cast<double>(t);
            const ArrayXd theta = quadrature.theta + grown;
            const ArrayXXd log_of_question =
                grown == 0 ? log_p[question] : log_probabilities(to_item(model, question), theta);
            ArrayXd posterior = (log_posterior - log_posterior.maxCoeff()).exp();
            posterior /= posterior.sum();
            for (Index k = 0; k < model.n_categories; ++k)
                out.probabilities.push_back(
                    static_cast<float>((posterior * log_of_question.col(k).exp()).sum()));
            out.theta.push_back(static_cast<float>((posterior * theta).sum()));
            out.alpha.push_back(static_cast<float>(model.alpha[question]));
            for (std::size_t j = 0; j < n_thresholds; ++j)
                out.beta.push_back(static_cast<float>(beta[question * n_thresholds + j]));
            log_posterior += log_of_question.col(learner.responses[t]);
            if (motion.drift > 0) log_posterior = drifted(log_posterior, motion.drift);
        }
        out.offsets.push_back(out.offsets.back() +
                              static_cast<std::int32_t>(learner.questions.size()));
    }
    return out;
}

std::vector<AbilityEstimate> abilities(const ClassicalGpcm& model, Learners learners,
                                       std::span<const int> which, StopFlag stop) {
    const Quadrature quadrature;
    const std::vector<ArrayXXd> log_p = log_probabilities(model, quadrature);
    std::vector<AbilityEstimate> estimates;
    for (const int i : which) {
        throw_if_set(stop);
        const ArrayXd weights =
            posterior_of(learners[static_cast<std::size_t>(i)], log_p, quadrature).weights;
        const double mean = (weights * quadrature.theta).sum();
        estimates.push_back(
            {mean, std::sqrt((weights * (quadrature.theta - mean).square()).sum())});
    }
    return estimates;
}

ClassicalFit judge_fit(const ClassicalGpcm& model, Learners learners, std::span<const int> which,
                       StopFlag stop, ItemPrior prior) {
    const Quadrature quadrature;
    const std::vector<ArrayXXd> log_p = log_probabilities(model, quadrature);
    ClassicalFit fit;
    std::vector<bool> answered(static_cast<std::size_t>(model.n_questions));
    for (const int i : which) {
        throw_if_set(stop);
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        fit.log_likelihood += posterior_of(learner, log_p, quadrature).log_likelihood;
        for (const std::int32_t question : learner.questions)
            answered[static_cast<std::size_t>(question)] = true;
    }
    fit.parameters = static_cast<std::size_t>(std::ranges::count(answered, true)) *
                     static_cast<std::size_t>(model.n_categories);
    const auto parameters = static_cast<double>(fit.parameters);
    const auto n_learners = static_cast<double>(which.size());
    fit.aic = 2 * parameters - 2 * fit.log_likelihood;
    fit.bic = parameters * std::log(n_learners) - 2 * fit.log_likelihood;

    double mean = 0, squares = 0, within = 0;
    for (const AbilityEstimate& ability : abilities(model, learners, which, stop)) {
        mean += ability.mean / n_learners;
        squares += ability.mean * ability.mean / n_learners;
        within += ability.deviation * ability.deviation / n_learners;
    }
    const double between = squares - mean * mean;
    fit.reliability = between / (between + within);

    const Index n_categories = model.n_categories;
    const bool joint = model.n_questions * n_categories <= most_joint_parameters;
    MatrixXd information = observed_information(learners, which, log_p, quadrature, joint, stop);
    add_prior(information, n_categories, prior);
    const MatrixXd covariance = covariance_of(information, n_categories);
    const auto n_thresholds = static_cast<std::size_t>(n_categories - 1);
    for (Index q = 0; q < model.n_questions; ++q) {
        const auto question = static_cast<std::size_t>(q);
        add_errors(fit,
                   covariance.block(q * n_categories, joint ? q * n_categories : 0, n_categories,
                                    n_categories),
                   model.alpha[question],
                   std::span(model.step).subspan(question * n_thresholds, n_thresholds));
    }
    return fit;
}

}  // namespace manygpcm
