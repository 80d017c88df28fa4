// Newton's method on a concave function of many intercepts and few weights: a question's intercepts
// meet those of others only by way of the weights, so they are eliminated question by question
// (Schur complement).
#include "manygpcm/engine/logistic.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace manygpcm {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Features = Eigen::Matrix<double, n_practice_features, 1>;

constexpr int most_newton_steps = 50, usual_newton_steps = 7;
constexpr double least_gain = 1e-9;  // of the objective, by response
constexpr int most_halvings = 30;

struct Practice {
    double successes = 0, failures = 0;

    void add(double success) {
        successes += success;
        failures += 1 - success;
    }
};

/// Goes through learners, with what each has practised before every response.
class Walk {
  public:
    Walk(int n_questions, int n_categories)
        : by_question_(static_cast<std::size_t>(n_questions)), highest_(n_categories - 1) {}

    /// Calls `visit(question, features, response)` for every response of a learner, in order.
    template <class Visit>
    void operator()(const Learner& learner, const Visit& visit) {
        Practice overall;
        for (std::size_t t = 0; t < learner.questions.size(); ++t) {
            const std::int32_t question = learner.questions[t], response = learner.responses[t];
            Practice& of_question = by_question_[static_cast<std::size_t>(question)];
            visit(question,
                  Features{std::log1p(overall.successes), std::log1p(overall.failures),
                           std::log1p(of_question.successes), std::log1p(of_question.failures)},
                  response);
            const double success = response / static_cast<double>(highest_);
            overall.add(success);
            of_question.add(success);
        }
        for (const std::int32_t question : learner.questions)
            by_question_[static_cast<std::size_t>(question)] = {};
    }

  private:
    std::vector<Practice> by_question_;
    int highest_;
};

/// P(k) [K] at a question's intercepts and the weights' part.
void probabilities(const double* intercept, double practice, VectorXd& p) {
    p[0] = 0;
    double largest = 0;
    for (Index k = 1; k < p.size(); ++k) {
        p[k] = p[k - 1] + intercept[k - 1] + practice;
        largest = std::max(largest, p[k]);
    }
    p = (p.array() - largest).exp();
    p /= p.sum();
}

/// The objective, and its first two derivatives by blocks.
struct Derivatives {
    double objective = 0;
    std::vector<VectorXd> gradient;   // [question] [K-1]
    std::vector<MatrixXd> curvature;  // [question] [K-1, K-1]
    std::vector<MatrixXd> mixed;      // [question] [K-1, features]
    Features weight_gradient = Features::Zero();
    Eigen::Matrix<double, n_practice_features, n_practice_features> weight_curvature =
        Eigen::Matrix<double, n_practice_features, n_practice_features>::Identity();
};

class Fit {
  public:
    Fit(const LearnerSet& learners, std::span<const int> which, StopFlag stop,
        const WorkObserver& observer)
        : learners_(learners.all),
          which_(which),
          stop_(stop),
          observer_(observer ? WorkObserver([this, &observer](double done) {
              observer((passes_ - 1 + done) / std::max(usual_newton_steps + 1.0, passes_ + 1));
          })
                             : WorkObserver()),
          walk_(learners.n_questions, learners.n_categories) {}

    double objective(const LogisticModel& model) {
        double sum = penalty(model);
        VectorXd p(model.n_categories);
        each(model, p, [&](std::int32_t, const Features&, std::int32_t response) {
            sum += std::log(p[response]);
        });
        return sum;
    }

    Derivatives derivatives(const LogisticModel& model) {
        const Index steps = model.n_categories - 1;
        const auto n_questions = static_cast<std::size_t>(model.n_questions);
        Derivatives d;
        passes_ += 1;
        d.objective = penalty(model);
        d.gradient.assign(n_questions, VectorXd::Zero(steps));
        d.curvature.assign(n_questions, MatrixXd::Identity(steps, steps));
        d.mixed.assign(n_questions, MatrixXd::Zero(steps, n_practice_features));
        VectorXd p(model.n_categories), above(steps);
        each(model, p, [&](std::int32_t question, const Features& features, std::int32_t response) {
            const auto q = static_cast<std::size_t>(question);
            d.objective += std::log(p[response]);
            // above_j = P(r > j); the mean response is their sum.
            double tail = 0;
            for (Index j = steps; j-- > 0;)
                above[j] = tail += p[j + 1];
            const double mean = above.sum();
            double square = 0;
            for (Index k = 1; k <= steps; ++k)
                square += static_cast<double>(k * k) * p[k];
            d.weight_gradient += (response - mean) * features;
            d.weight_curvature += (square - mean * mean) * features * features.transpose();
            for (Index j = 0; j < steps; ++j) {
                d.gradient[q][j] += (response > j ? 1 : 0) - above[j];
                double beyond = 0;  // E[r 1(r > j)]
                for (Index k = j + 1; k <= steps; ++k)
                    beyond += static_cast<double>(k) * p[k];
                d.mixed[q].row(j) += (beyond - above[j] * mean) * features.transpose();
                for (Index l = 0; l < steps; ++l)
                    d.curvature[q](j, l) += above[std::max(j, l)] - above[j] * above[l];
            }
        });
        for (std::size_t q = 0; q < n_questions; ++q)
            d.gradient[q] -= Eigen::Map<const VectorXd>(
                &model.intercept[q * static_cast<std::size_t>(steps)], steps);
        d.weight_gradient -= Eigen::Map<const Features>(model.weight.data());
        return d;
    }

  private:
    static double penalty(const LogisticModel& model) {
        double sum = -Eigen::Map<const VectorXd>(model.intercept.data(),
                                                 static_cast<Index>(model.intercept.size()))
                          .squaredNorm() /
                     2;
        for (const double weight : model.weight)
            sum -= weight * weight / 2;
        return sum;
    }

    /// Visits every response with `p` its probabilities.
    template <class Visit>
    void each(const LogisticModel& model, VectorXd& p, const Visit& visit) {
        const auto steps = static_cast<std::size_t>(model.n_categories - 1);
        const Eigen::Map<const Features> weight(model.weight.data());
        for (std::size_t place = 0; place < which_.size(); ++place) {
            throw_if_set(stop_);
            tell_turn(observer_, place, which_.size());
            walk_(learners_[static_cast<std::size_t>(which_[place])],
                  [&](std::int32_t question, const Features& features, std::int32_t response) {
                      probabilities(&model.intercept[static_cast<std::size_t>(question) * steps],
                                    weight.dot(features), p);
                      visit(question, features, response);
                  });
        }
    }

    Learners learners_;
    std::span<const int> which_;
    StopFlag stop_;
    WorkObserver observer_;  // of all passes
    double passes_ = 0;      // through the learners, a Newton step each
    Walk walk_;
};

/// Where Newton's step leads, as a change of the model.
LogisticModel newton_step(const LogisticModel& model, const Derivatives& d) {
    LogisticModel step = model;
    const Index steps = model.n_categories - 1;
    auto curvature = d.weight_curvature;
    Features gradient = d.weight_gradient;
    std::vector<MatrixXd> eliminated;
    std::vector<VectorXd> alone;
    for (std::size_t q = 0; q < d.gradient.size(); ++q) {
        const Eigen::LLT<MatrixXd> cholesky(d.curvature[q]);
        eliminated.push_back(cholesky.solve(d.mixed[q]));
        alone.push_back(cholesky.solve(d.gradient[q]));
        curvature -= d.mixed[q].transpose() * eliminated.back();
        gradient -= d.mixed[q].transpose() * alone.back();
    }
    const Features weight = curvature.llt().solve(gradient);
    Eigen::Map<Features>(step.weight.data()) = weight;
    for (std::size_t q = 0; q < d.gradient.size(); ++q)
        Eigen::Map<VectorXd>(&step.intercept[q * static_cast<std::size_t>(steps)], steps) =
            alone[q] - eliminated[q] * weight;
    return step;
}

LogisticModel moved(const LogisticModel& model, const LogisticModel& step, double length) {
    LogisticModel result = model;
    for (std::size_t i = 0; i < result.intercept.size(); ++i)
        result.intercept[i] += length * step.intercept[i];
    for (std::size_t i = 0; i < n_practice_features; ++i)
        result.weight[i] += length * step.weight[i];
    return result;
}

}  // namespace

LogisticModel fit_logistic(const LearnerSet& learners, std::span<const int> which, StopFlag stop,
                           const WorkObserver& observer) {
    LogisticModel model{learners.n_questions, learners.n_categories, {}, {}};
    model.intercept.assign(static_cast<std::size_t>(learners.n_questions) *
                               static_cast<std::size_t>(learners.n_categories - 1),
                           0);
    double responses = 1;
    for (const int i : which)
        responses +=
            static_cast<double>(learners.all[static_cast<std::size_t>(i)].questions.size());
    Fit fit(learners, which, stop, observer);
    Derivatives at = fit.derivatives(model);
    for (int iteration = 0; iteration < most_newton_steps; ++iteration) {
        const LogisticModel step = newton_step(model, at);
        // Nearly always the whole step is taken: what the next one needs is computed with it.
        double length = 1;
        Derivatives next = fit.derivatives(moved(model, step, length));
        const auto is_worse = [&] { return !(next.objective >= at.objective); };  // or no number
        for (int halving = 1; is_worse() && halving < most_halvings; ++halving) {
            length /= 2;
            next.objective = fit.objective(moved(model, step, length));
        }
        if (is_worse()) break;
        model = moved(model, step, length);
        if (next.objective - at.objective < least_gain * responses) break;
        at = length == 1 ? std::move(next) : fit.derivatives(model);
    }
    return model;
}

std::vector<float> predict(const LogisticModel& model, Learners learners,
                           std::span<const int> which, StopFlag stop) {
    const auto steps = static_cast<std::size_t>(model.n_categories - 1);
    const Eigen::Map<const Features> weight(model.weight.data());
    std::vector<float> out;
    VectorXd p(model.n_categories);
    Walk walk(model.n_questions, model.n_categories);
    for (const int i : which) {
        throw_if_set(stop);
        walk(learners[static_cast<std::size_t>(i)],
             [&](std::int32_t question, const Features& features, std::int32_t) {
                 probabilities(&model.intercept[static_cast<std::size_t>(question) * steps],
                               weight.dot(features), p);
                 for (const double probability : p)
                     out.push_back(static_cast<float>(probability));
             });
    }
    return out;
}

}  // namespace manygpcm
