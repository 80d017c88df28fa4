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
#include <cstdint>
#include <limits>
#include <utility>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/statistics.h"

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
constexpr double usual_fall = 0.7;  // a stride, of the logarithm of how far parameters move
constexpr double tolerance = 1e-4;  // of every parameter, between EM steps
constexpr int newton_steps = 2;     // an EM iteration: the E step changes what they climb
constexpr double longest_newton_step = 2;
constexpr int power_iterations = 20;
constexpr double steepest_start = 2;
constexpr double least_weight = 1e-12;      // of a node, for standard errors
constexpr double least_log_weight = -60;    // of a node by the heaviest: far below a sum's rounding
constexpr double known_information = 1e-8;  // of a parameter that responses tell of
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// Variances of the normal priors, whose means are 0.
struct PriorVariances {
    double slope, intercept;
};
PriorVariances variances(ItemPrior prior) {
    return prior == ItemPrior::weak ? PriorVariances{4, 25} : PriorVariances{1e4, 1e4};
}

using AtNodes = Eigen::Array<double, n_nodes, 1>;
/// Of every question, one after another, a column for each category.
using Table = Eigen::Array<double, n_nodes, Eigen::Dynamic>;

/// Standard normal ability on a grid.
struct Quadrature {
    AtNodes theta = AtNodes::LinSpaced(n_nodes, -outermost_node, outermost_node);
    AtNodes log_weight;

    Quadrature() : log_weight(-0.5 * theta.square()) {
        log_weight -= std::log(log_weight.exp().sum());
    }
};

/// One question in slope-intercept form: [alpha, c_1 .. c_{K-1}].
using Item = VectorXd;

/// [nodes, K] log P(k | theta) but for what is subtracted to make them probabilities; at most 0.
ArrayXXd logits_of(const Item& item, const ArrayXd& theta) {
    const Index n_categories = item.size();
    ArrayXXd logits(theta.size(), n_categories);
    logits.col(0).setZero();
    for (Index k = 1; k < n_categories; ++k)
        logits.col(k) = static_cast<double>(k) * item[0] * theta + item[k];
    const ArrayXd largest = logits.rowwise().maxCoeff();
    logits.colwise() -= largest;
    return logits;
}

/// [nodes, K] log P(k | theta).
ArrayXXd log_probabilities(const Item& item, const ArrayXd& theta) {
    ArrayXXd log_p = logits_of(item, theta);
    const ArrayXd normalizer = log_p.exp().rowwise().sum().log();
    log_p.colwise() -= normalizer;
    return log_p;
}

/// [nodes, K] P(k | theta).
ArrayXXd node_probabilities(const Item& item, const ArrayXd& theta) {
    ArrayXXd p = logits_of(item, theta).exp();
    const ArrayXd total = p.rowwise().sum();
    p.colwise() /= total;
    return p;
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
    const ArrayXXd p = node_probabilities(item, theta);
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

/// [Q] The categories of every question: up to the highest that anyone has answered it with, two at
/// least; all where nobody has answered.
std::vector<Index> categories_of(const LearnerSet& learners) {
    const std::vector<std::int64_t> counts =
        count_categories(learners, numbers_from(0, static_cast<int>(learners.all.size())));
    std::vector<Index> categories;
    for (auto at = counts.begin(); at != counts.end(); at += learners.n_categories) {
        Index own = learners.n_categories;
        while (own > 0 && at[own - 1] == 0)
            --own;
        categories.push_back(own == 0 ? learners.n_categories : std::max<Index>(own, 2));
    }
    return categories;
}

/// Sets the intercepts of what isn't among so many categories.
void rule_out_others(Eigen::Ref<Item> item, Index own) {
    for (Index k = own; k < item.size(); ++k)
        item[k] = (k == 1 ? 0 : item[k - 1]) - ClassicalGpcm::no_step;
}

ClassicalGpcm to_model(const MatrixXd& items, const std::vector<Index>& categories) {
    ClassicalGpcm model{static_cast<int>(items.cols()), static_cast<int>(items.rows()), {}, {}};
    for (Index q = 0; q < items.cols(); ++q) {
        const Index own = categories[static_cast<std::size_t>(q)];
        model.alpha.push_back(items(0, q));
        for (Index k = 1; k < items.rows(); ++k)
            model.step.push_back(k >= own ? ClassicalGpcm::no_step
                                          : (k == 1 ? 0 : items(k - 1, q)) - items(k, q));
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

Table log_probabilities(const ClassicalGpcm& model, const Quadrature& quadrature) {
    const Index n_categories = model.n_categories;
    Table log_p(n_nodes, n_categories * model.n_questions);
    for (Index q = 0; q < model.n_questions; ++q)
        log_p.middleCols(q * n_categories, n_categories) =
            log_probabilities(to_item(model, static_cast<std::size_t>(q)), quadrature.theta);
    return log_p;
}

/// What is known of ability: weights of neighbouring nodes, of sum 1. The others' weigh nothing:
/// the more responses a learner has, the fewer nodes matter.
struct Posterior {
    AtNodes nodes;  ///< of which first .. first + n - 1 are set
    Index first = 0, n = 0;
    double log_total = 0;  ///< of the weights before they were divided by their sum

    auto weights() const { return nodes.segment(first, n); }
    template <class Values>
    auto own(const Values& at_nodes) const {
        return at_nodes.segment(first, n);
    }
};
Posterior posterior_of(const AtNodes& log_weights) {
    const double largest = log_weights.maxCoeff();
    Posterior posterior;
    Index end = n_nodes;
    while (log_weights[posterior.first] - largest < least_log_weight)
        ++posterior.first;
    while (log_weights[end - 1] - largest < least_log_weight)
        --end;
    posterior.n = end - posterior.first;
    auto weights = posterior.nodes.segment(posterior.first, posterior.n);
    weights = (posterior.own(log_weights) - largest).exp();
    const double total = weights.sum();
    weights /= total;
    posterior.log_total = largest + std::log(total);
    return posterior;
}

/// Given all of a learner's responses, whose log-likelihood is the total's.
Posterior posterior_of(const Learner& learner, const Table& log_p, Index n_categories,
                       const Quadrature& quadrature) {
    AtNodes log_joint = quadrature.log_weight;
    for (std::size_t t = 0; t < learner.questions.size(); ++t)
        log_joint += log_p.col(learner.questions[t] * n_categories + learner.responses[t]);
    return posterior_of(log_joint);
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

/// How far a fit has come. What parameters move by falls geometrically on the whole, though it may
/// stand still for strides; how steeply is learned as it goes.
class Convergence {
  public:
    explicit Convergence(const WorkObserver& observer) : observer_(observer) {}

    /// So much of the next stride is done.
    void within(double part_of_stride) const {
        if (!observer_) return;
        const double strides = strides_ + part_of_stride;
        observer_(strides / (strides_ + std::max(left_, 1.0)));
    }
    /// A stride is done, whose first step moved parameters by at most `change`.
    void stride_done(double change) {
        constexpr double imagined = 3;  // usual strides
        if (strides_ == 0) first_ = least_ = change;
        least_ = std::min(least_, change);
        const double fall =
            (imagined * usual_fall + std::log(first_ / least_)) / (imagined + ++strides_);
        left_ = std::log(least_ / tolerance) / fall;
    }

  private:
    const WorkObserver& observer_;
    int strides_ = 0;
    double first_ = 0, least_ = 0;
    double left_ = 14;  // of strides, as long as none is done
};

/// EM for some learners' responses. Items are columns: [K, Q].
class Em {
  public:
    /// @param categories [Q] of every question
    Em(Learners learners, std::span<const int> which, const std::vector<Index>& categories,
       ItemPrior prior, StopFlag stop)
        : learners_(learners),
          which_(which),
          categories_(categories),
          prior_(variances(prior)),
          stop_(stop) {}

    struct Step {
        MatrixXd items;        ///< after the step
        double log_posterior;  ///< of the items before it, up to a constant
    };
    /// @param observer  of the step
    Step step(const MatrixXd& items, const WorkObserver& observer) {
        const Index n_categories = items.rows();
        log_p_.resize(n_nodes, n_categories * items.cols());
        for (Index q = 0; q < items.cols(); ++q)
            log_p_.middleCols(q * n_categories, n_categories) =
                log_probabilities(items.col(q), quadrature_.theta);
        counts_.setZero(n_nodes, log_p_.cols());
        Step next{items, log_prior(items)};
        for (std::size_t place = 0; place < which_.size(); ++place) {
            throw_if_set(stop_);
            tell_turn(observer, place, which_.size());
            const Learner& learner = learners_[static_cast<std::size_t>(which_[place])];
            const Posterior posterior = posterior_of(learner, log_p_, n_categories, quadrature_);
            const auto weights = posterior.weights();
            for (std::size_t t = 0; t < learner.questions.size(); ++t)
                counts_.col(learner.questions[t] * n_categories + learner.responses[t])
                    .segment(posterior.first, posterior.n) += weights;
            next.log_posterior += posterior.log_total;
        }
        for (Index q = 0; q < items.cols(); ++q) {
            throw_if_set(stop_);
            const Index own = categories_[static_cast<std::size_t>(q)];
            Item item = items.col(q).head(own);
            for (int i = 0; i < newton_steps; ++i)
                newton_step(item, counts_.middleCols(q * n_categories, own), quadrature_.theta,
                            prior_);
            next.items.col(q).head(own) = item;
            rule_out_others(next.items.col(q), own);
        }
        return next;
    }

  private:
    double log_prior(const MatrixXd& items) const {
        double squares = 0;
        for (Index q = 0; q < items.cols(); ++q)
            squares +=
                items.col(q).segment(1, categories_[static_cast<std::size_t>(q)] - 1).squaredNorm();
        return -items.row(0).squaredNorm() / (2 * prior_.slope) - squares / (2 * prior_.intercept);
    }

    Learners learners_;
    std::span<const int> which_;
    const std::vector<Index>& categories_;
    PriorVariances prior_;
    StopFlag stop_;
    Quadrature quadrature_;
    Table log_p_, counts_;  // the latter are expected responses
};

/// The observed information of all parameters, question by question [alpha, c_1, ..]: what complete
/// data would say, less what not knowing abilities costs (Louis 1982, eq. 3.2). Row and column q K
/// begin question q; blocks between questions are 0 unless `joint`.
class ObservedInformation {
  public:
    /// @param log_p  outlives it
    ObservedInformation(const Table& log_p, Index n_categories, bool joint)
        : p_(log_p.exp()), n_categories_(n_categories), joint_(joint) {
        information_ = MatrixXd::Zero(p_.cols(), joint ? p_.cols() : n_categories);
    }

    /// @param posterior  given all of the learner's responses
    void add(const Learner& learner, const Posterior& posterior) {
        std::vector<Index> nodes;  // those that matter
        for (Index n = posterior.first; n < posterior.first + posterior.n; ++n)
            if (posterior.nodes[n] > least_weight) nodes.push_back(n);
        const ArrayXd weights = posterior.nodes(nodes), theta = quadrature_.theta(nodes);
        // Scores of complete data by question and node, about their mean; repeated questions add
        // up.
        std::vector<Index> questions(learner.questions.begin(), learner.questions.end());
        std::ranges::sort(questions);
        // Not std::ranges::unique, whose result Clang up to 15 can't take from libstdc++.
        questions.erase(std::unique(questions.begin(), questions.end()), questions.end());
        const Index n_answered = static_cast<Index>(questions.size());
        MatrixXd scores = MatrixXd::Zero(weights.size(), n_answered * n_categories_);
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const Index q = learner.questions[t], k = learner.responses[t];
            const Index place = std::ranges::lower_bound(questions, q) - questions.begin();
            const ArrayXXd of_question =
                p_.middleCols(q * n_categories_, n_categories_)(nodes, Eigen::all);
            for (Index l = 1; l < n_categories_; ++l) {
                const ArrayXd residual = (k == l ? 1.0 : 0.0) - of_question.col(l);
                scores.col(place * n_categories_).array() +=
                    static_cast<double>(l) * residual * theta;
                scores.col(place * n_categories_ + l).array() += residual;
            }
            block(q, q) += information_of(of_question, weights, theta);
        }
        const Eigen::RowVectorXd mean = weights.matrix().transpose() * scores;
        scores.rowwise() -= mean;
        scores.array().colwise() *= weights.sqrt();
        if (joint_) {
            const MatrixXd lost = scores.transpose() * scores;
            for (Index a = 0; a < n_answered; ++a)
                for (Index b = 0; b < n_answered; ++b)
                    block(questions[static_cast<std::size_t>(a)],
                          questions[static_cast<std::size_t>(b)]) -=
                        lost.block(a * n_categories_, b * n_categories_, n_categories_,
                                   n_categories_);
        } else {
            for (Index a = 0; a < n_answered; ++a) {
                const auto own = scores.middleCols(a * n_categories_, n_categories_);
                const Index q = questions[static_cast<std::size_t>(a)];
                block(q, q) -= own.transpose() * own;
            }
        }
    }

    MatrixXd take() { return std::move(information_); }

  private:
    /// The block of two questions; without `joint` columns are those of a question's own block.
    Eigen::Block<MatrixXd> block(Index q, Index r) {
        return information_.block(q * n_categories_, joint_ ? r * n_categories_ : 0, n_categories_,
                                  n_categories_);
    }

    Quadrature quadrature_;
    Table p_;
    Index n_categories_;
    bool joint_;
    MatrixXd information_;
};

/// Takes out what was said of a parameter.
void forget(MatrixXd& information, Index parameter, Index n_categories) {
    information.row(parameter).setZero();
    if (information.cols() == information.rows())
        information.col(parameter).setZero();
    else
        information.col(parameter % n_categories)
            .segment(parameter / n_categories * n_categories, n_categories)
            .setZero();
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
        double variance = 0;  // of parameters that matter: others' may be NaN
        for (Index i = 0; i < gradient.size(); ++i)
            for (Index j = 0; gradient[i] != 0 && j < gradient.size(); ++j)
                if (gradient[j] != 0) variance += gradient[i] * covariance(i, j) * gradient[j];
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

int ClassicalGpcm::own_categories(std::size_t question) const {
    int own = n_categories;
    const auto n_thresholds = static_cast<std::size_t>(n_categories - 1);
    while (own > 2 && step[question * n_thresholds + static_cast<std::size_t>(own - 2)] == no_step)
        --own;
    return own;
}

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
    const ArrayXXd p = node_probabilities(to_item(model, question), ArrayXd::Constant(1, theta));
    return (p.row(0).transpose() *
            ArrayXd::LinSpaced(p.cols(), 0, static_cast<double>(p.cols() - 1)))
        .sum();
}

ClassicalGpcm fit_classical_gpcm(const LearnerSet& learners, std::span<const int> which,
                                 StopFlag stop, ItemPrior prior, const WorkObserver& observer) {
    MatrixXd items = MatrixXd::Zero(learners.n_categories, learners.n_questions);
    items.row(0) = first_slopes(learners.all, which, learners.n_questions).transpose();
    const std::vector<Index> categories = categories_of(learners);
    for (Index q = 0; q < items.cols(); ++q)
        rule_out_others(items.col(q), categories[static_cast<std::size_t>(q)]);
    Em em(learners.all, which, categories, prior, stop);
    Convergence convergence(observer);
    const auto step = [&](const MatrixXd& from, int of_stride) {
        return em.step(from, [&](double done) { convergence.within((of_stride + done) / 3); });
    };
    for (int stride = 0; stride < most_strides; ++stride) {
        const Em::Step first = step(items, 0), second = step(first.items, 1);
        const MatrixXd change = first.items - items;
        const MatrixXd bend = second.items - first.items - change;
        items = second.items;
        const double moved = change.lpNorm<Eigen::Infinity>();
        if (moved < tolerance) break;
        if (bend.norm() > 0) {
            // Varadhan and Roland 2008, eq. 9, step length S3; not shorter than EM's own.
            const double length = std::max(1.0, change.norm() / bend.norm());
            const MatrixXd far =
                first.items - change + 2 * length * change + length * length * bend;
            const Em::Step settled = step(far, 2);
            if (settled.log_posterior >= second.log_posterior) items = settled.items;
        }
        convergence.stride_done(moved);
    }
    // Which end of ability is which is not in the data.
    if (items.row(0).sum() < 0) items.row(0) = -items.row(0);
    return to_model(items, categories);
}

/// What every learner's prediction takes of the model.
struct ClassicalPredictor::Tables {
    Table log_p, p;
    std::vector<double> beta;

    explicit Tables(const ClassicalGpcm& model)
        : log_p(log_probabilities(model, Quadrature())), p(log_p.exp()), beta(model.beta()) {}
};

ClassicalPredictor::ClassicalPredictor(const ClassicalGpcm& model)
    : model_(model), tables_(std::make_unique<Tables>(model)) {}
ClassicalPredictor::ClassicalPredictor(ClassicalPredictor&&) noexcept = default;
ClassicalPredictor::~ClassicalPredictor() = default;

Predictions ClassicalPredictor::predict(Learners learners, std::span<const int> which,
                                        StopFlag stop, const AbilityMotion& motion) const {
    const Quadrature quadrature;
    const auto& [log_p, p, beta] = *tables_;
    const Index n_categories = model_.n_categories;
    const auto n_thresholds = static_cast<std::size_t>(n_categories - 1);

    Predictions out;
    out.n_categories = model_.n_categories;
    out.offsets.push_back(0);
    for (const int i : which) {
        throw_if_set(stop);
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        AtNodes log_weights = quadrature.log_weight;
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const auto question = static_cast<std::size_t>(learner.questions[t]);
            const Index first = learner.questions[t] * n_categories;
            const Posterior posterior = posterior_of(log_weights);
            const auto weights = posterior.weights();
            // The points stand for ability less what it has grown.
            const double grown = motion.growth * static_cast<double>(t);
            const AtNodes theta = quadrature.theta + grown;
            out.theta.push_back(static_cast<float>((weights * posterior.own(theta)).sum()));
            if (grown == 0) {
                for (Index k = 0; k < n_categories; ++k)
                    out.probabilities.push_back(
                        static_cast<float>((weights * posterior.own(p.col(first + k))).sum()));
                log_weights += log_p.col(first + learner.responses[t]);
            } else {
                const ArrayXXd log_now = log_probabilities(to_item(model_, question), theta);
                for (Index k = 0; k < n_categories; ++k)
                    out.probabilities.push_back(
                        static_cast<float>((weights * posterior.own(log_now.col(k)).exp()).sum()));
                log_weights += log_now.col(learner.responses[t]);
            }
            out.alpha.push_back(static_cast<float>(model_.alpha[question]));
            for (std::size_t j = 0; j < n_thresholds; ++j)
                out.beta.push_back(static_cast<float>(beta[question * n_thresholds + j]));
            if (motion.drift > 0) log_weights = drifted(log_weights, motion.drift);
        }
        out.offsets.push_back(out.offsets.back() +
                              static_cast<std::int32_t>(learner.questions.size()));
    }
    return out;
}

ClassicalFit judge_fit(const ClassicalGpcm& model, Learners learners, std::span<const int> which,
                       StopFlag stop, ItemPrior prior, const WorkObserver& observer) {
    const Quadrature quadrature;
    const Table log_p = log_probabilities(model, quadrature);
    const Index n_categories = model.n_categories;
    const bool joint = errors_are_joint(model.n_questions, n_categories);
    ObservedInformation observed(log_p, n_categories, joint);
    ClassicalFit fit;
    std::vector<bool> answered(static_cast<std::size_t>(model.n_questions));
    Moments means, variances;
    for (const int i : which) {
        throw_if_set(stop);
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        const Posterior posterior = posterior_of(learner, log_p, n_categories, quadrature);
        fit.log_likelihood += posterior.log_total;
        const auto weights = posterior.weights();
        const auto theta = posterior.own(quadrature.theta);
        AbilityEstimate& ability = fit.abilities.emplace_back();
        ability.mean = (weights * theta).sum();
        const double variance = (weights * (theta - ability.mean).square()).sum();
        ability.deviation = std::sqrt(variance);
        means.add(ability.mean);
        variances.add(variance);
        observed.add(learner, posterior);
        tell_turn(observer, fit.abilities.size(), which.size());
        for (const std::int32_t question : learner.questions)
            answered[static_cast<std::size_t>(question)] = true;
    }
    for (std::size_t q = 0; q < answered.size(); ++q)
        if (answered[q]) fit.parameters += static_cast<std::size_t>(model.own_categories(q));
    const auto parameters = static_cast<double>(fit.parameters);
    fit.aic = 2 * parameters - 2 * fit.log_likelihood;
    fit.bic = parameters * std::log(static_cast<double>(which.size())) - 2 * fit.log_likelihood;
    fit.reliability = reliability(means, variances);

    MatrixXd information = observed.take();
    for (Index q = 0; q < model.n_questions; ++q)
        for (Index k = model.own_categories(static_cast<std::size_t>(q)); k < n_categories; ++k)
            forget(information, q * n_categories + k, n_categories);
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
