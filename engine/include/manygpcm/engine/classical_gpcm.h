// The generalized partial credit model without a network: what psychometrics would fit to the same
// answers, and so what any deep model must beat.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/work.h"

namespace manygpcm {

/// Item parameters; ability is standard normal. P(r = k | theta) is proportional to
/// exp(sum_{j<k} alpha theta - step_j) (Muraki 1992, eq. 4, in slope-intercept form: step_j = alpha
/// beta_j). A slope may have either sign: it is negative where higher categories go with less of
/// what the other questions ask for, and more of them are positive than negative.
struct ClassicalGpcm {
    int n_questions = 0, n_categories = 0;
    std::vector<double> alpha;  ///< [Q]
    std::vector<double> step;   ///< [Q x (K-1)]

    /// What a step to a category is that a question doesn't have: as good as impossible.
    static constexpr double no_step = 30;
    /// Categories that a question has, at least 2: a fit takes those for its own up to the highest
    /// that anyone in the data has answered it with.
    int own_categories(std::size_t question) const;

    /// [Q x (K-1)] thresholds, where a category and the next are equally likely; NaN where alpha is
    /// 0.
    std::vector<double> beta() const;
};

/// A model by its thresholds, beta [Q x (K-1)].
ClassicalGpcm gpcm_with_thresholds(int n_categories, std::vector<double> alpha,
                                   std::vector<double> beta);

/// sum_k k P(k | theta) of a question.
double expected_score(const ClassicalGpcm& model, std::size_t question, double theta);

/// Marginal maximum likelihood, or the posterior's mode, by EM over quadrature points of ability
/// (Bock, Aitkin 1981; Muraki 1992), accelerated by SQUAREM (Varadhan, Roland 2008); all responses
/// of a learner taken together, whatever their order.
/// @param learners all that say which categories a question has
/// @param which numbers of learners to fit to
/// @param observer  hears how near the fit has come; may be empty, as others here
/// @throws Interrupted where `stop` is set
ClassicalGpcm fit_classical_gpcm(const LearnerSet& learners, std::span<const int> which,
                                 StopFlag stop = nullptr, ItemPrior prior = ItemPrior::weak,
                                 const WorkObserver& observer = {});

/// Predicts every response from the learner's responses before it: the posterior of ability given
/// those, of which theta is the mean.
class ClassicalPredictor {
  public:
    /// Makes what every learner's prediction takes. @param model  outlives it
    explicit ClassicalPredictor(const ClassicalGpcm& model);
    explicit ClassicalPredictor(const ClassicalGpcm&& model) = delete;
    ClassicalPredictor(ClassicalPredictor&&) noexcept;
    ~ClassicalPredictor();

    /// @param motion what is known of how ability moves from response to response; drift is added
    ///   to the quadrature points' weights in steps to the neighbouring points, whose variance is
    ///   its own
    /// @throws Interrupted where `stop` is set
    Predictions predict(Learners learners, std::span<const int> which, StopFlag stop = nullptr,
                        const AbilityMotion& motion = {}) const;

  private:
    struct Tables;
    const ClassicalGpcm& model_;
    std::unique_ptr<const Tables> tables_;
};

/// Ability given all of a learner's responses, in any order; standard normal where there are none.
struct AbilityEstimate {
    double mean = 0, deviation = 1;  ///< of the posterior
};

/// Of so few learners parameters say more of their priors than of the questions.
inline constexpr int fewest_fitted = 30;

/// Whether standard errors know what questions tell of each other: of 1,000 parameters at most.
inline bool errors_are_joint(std::int64_t n_questions, std::int64_t n_categories) {
    return n_questions * n_categories <= 1000;
}

/// How well a fit explains the learners that it was fitted to.
struct ClassicalFit {
    double log_likelihood = 0;  ///< marginal, of all learners' responses
    /// A slope for every question that was answered, and a step between any two of its categories.
    std::size_t parameters = 0;
    double aic = 0, bic = 0;  ///< Akaike 1974; Schwarz 1978, by the number of learners
    /// Var(EAP) / (Var(EAP) + mean posterior variance) of ability given all responses.
    double reliability = 0;
    /// Standard errors from the observed information (Louis 1982), by the delta method for beta;
    /// NaN where a question says nothing of a parameter. Between questions information is left out
    /// unless errors_are_joint().
    std::vector<double> alpha_error;         ///< [Q]
    std::vector<double> step_error;          ///< [Q x (K-1)]
    std::vector<double> beta_error;          ///< [Q x (K-1)]
    std::vector<AbilityEstimate> abilities;  ///< of the learners, in their order
};

/// @param prior that the model was fitted with; its precision is part of the information
/// @throws Interrupted where `stop` is set
ClassicalFit judge_fit(const ClassicalGpcm& model, Learners learners, std::span<const int> which,
                       StopFlag stop = nullptr, ItemPrior prior = ItemPrior::none,
                       const WorkObserver& observer = {});

/// The classical model inside a model of the table (models.h); none in most.
std::optional<ClassicalGpcm> classical_part(const Model& model);

}  // namespace manygpcm
