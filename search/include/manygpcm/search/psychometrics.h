// What psychometrics asks of a fitted model, of the winner and of the classical GPCM side by side:
// how items and persons fit, how reliable abilities are, which items depend on each other. All of
// it is of the learners that both were fitted to. docs/psychometrics.md has the formulas.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/coefficient_alpha.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/response_fit.h"
#include "manygpcm/engine/work.h"
#include "manygpcm/search/portrait.h"

namespace manygpcm::search {

struct ItemStatistics {
    std::vector<std::int64_t> category_counts;  ///< [K] responses
    double item_rest = 0;                       ///< item_rest_correlations()
    double alpha_error = 0;          ///< standard error of the classical discrimination, and
    std::vector<double> beta_error;  ///< [K-1] of the thresholds; NaN where nothing tells
    ItemFit winner, classical;       ///< of what each predicted from the responses before
};

/// How often values are in bins of equal width.
struct Histogram {
    double low = 0, high = 0;  ///< least and largest value
    std::vector<std::int64_t> counts;
};

/// Abilities of learners after all their responses.
struct AbilityStatistics {
    std::int64_t learners = 0;
    double mean = 0, deviation = 0;  ///< the sample's
    /// Var(EAP) / (Var(EAP) + mean posterior variance); NaN of a model without a posterior.
    double reliability = 0;
    Histogram histogram;
};

struct MisfittingLearner {
    std::string learner;
    std::int64_t responses = 0;
    double lz = 0;
};

/// l_z of learners, by what was predicted from the responses before each.
struct PersonFit {
    std::int64_t learners = 0;
    double mean = 0, deviation = 0;         ///< about 0 and 1 where the model is right
    std::int64_t low = 0;                   ///< below lz_of_note, as 5% are by chance
    std::vector<MisfittingLearner> lowest;  ///< ten at most, from the lowest l_z on
    Histogram histogram;
};

/// The lower 5% point of N(0, 1).
inline constexpr double lz_of_note = -1.645;
inline constexpr double z_of_note = 1.96;  ///< of N(0, 1), beyond it on either side in 5% of cases

/// Q3 of pairs of items, in sum.
struct Dependence {
    std::int64_t pairs = 0, beyond = 0;  ///< with enough learners in common; LocalDependence
    double mean = 0;                     ///< of Q3 over them; NaN without any
    double by_chance = 0;                ///< how many would be beyond where no two depend
};

/// One of the ten pairs of largest |Q3| by either model; positions of items.
struct DependentItems {
    std::int32_t first = 0, second = 0;
    std::int64_t learners = 0;  ///< who answered both
    double classical = 0;  ///< Q3 of residuals about the ability after all responses (Yen 1984)
    double winner = 0;     ///< of residuals about what was predicted before each response
    double classical_online = 0;  ///< as the winner's; NaN in what earlier versions recorded
};

/// How responses of learners held out scatter about what a model predicted.
struct HeldOutFit {
    std::int64_t items = 0, above = 0;     ///< with a z_infit; with an infit above 1
    std::int64_t learners = 0;             ///< with an l_z
    double lz_mean = 0, lz_deviation = 0;  ///< NaN of too few
};

struct ModelStatistics {
    AbilityStatistics ability;
    PersonFit persons;
    Dependence dependence;
    std::optional<HeldOutFit> held_out;  ///< none without such learners
};

/// How likely the responses are by the classical GPCM: ClassicalFit, to two decimals.
struct LikelihoodFit {
    double log_likelihood = 0, aic = 0, bic = 0;
    std::int64_t parameters = 0;
};

struct Psychometrics {
    std::int64_t learners = 0, responses = 0;  ///< fitted to
    std::vector<ItemStatistics> items;         ///< [question], as those of the portrait
    ModelStatistics winner, classical;
    /// Of the classical GPCM's residuals about what it predicted before each response, as of the
    /// winner's; `classical.dependence` is of those about the ability after all responses. None of
    /// what earlier versions recorded.
    std::optional<Dependence> classical_online;
    /// Whether Q3, `classical.dependence`, is counted from its mean; earlier versions recorded
    /// |Q3|.
    bool q3_above_mean = true;
    std::vector<DependentItems> dependent;  ///< by the larger online |Q3| of the two, down
    std::int64_t dependence_questions = 0, dependence_learners = 0;  ///< looked at for Q3
    /// Pearson's r of the winner's abilities with the classical ones, over learners.
    double ability_correlation = 0;
    /// Which part of the variance of the winner's ability is between learners; the rest is between
    /// questions that the same learner might be asked next. 1 where ability is read from the
    /// learner alone (`ability_from=state`).
    double ability_between_learners = 1;
    bool ability_of_question = false;  ///< whether it depends on the question by construction
    /// None in what earlier versions recorded, which had neither alpha nor fit of learners held
    /// out.
    std::optional<LikelihoodFit> likelihood;
    CoefficientAlpha coefficient_alpha;
};

/// Of the first `n_fitted` learners, that both models were fitted to, and a little of the others,
/// that were held out; the classical one with its prior. Numbers have six significant digits:
/// they go on record.
/// @param portrayer  is shown what was predicted, of all learners; null: nobody is
/// @param observer  may be empty  @param prior that `classical` was fitted with
/// @throws Interrupted where `stop` is set
Psychometrics psychometrics_of(const Model& winner, const ClassicalGpcm& classical,
                               const LearnerSet& learners, int n_fitted, StopFlag stop = nullptr,
                               Portrayer* portrayer = nullptr, const WorkObserver& observer = {},
                               ItemPrior prior = ItemPrior::weak);

/// What is to be said first of an item, if anything: that it was never answered, a category never
/// seen, its slope negative beyond chance, or thresholds out of order beyond chance.
/// @param category_counts [K]; empty: unknown  @param alpha discrimination
/// @param alpha_error its standard error; 0 or NaN: unknown, and the slope is taken as it is
/// @param beta, beta_error [K-1] thresholds and their standard errors; empty: unknown. How these go
/// together isn't known: out of order are two that lie farther apart than 1.96 of their sum
std::vector<std::string> item_marks(std::span<const std::int64_t> category_counts, double alpha,
                                    double alpha_error = 0, std::span<const double> beta = {},
                                    std::span<const double> beta_error = {});

/// Fit of every question by what a model predicted from the responses before, of the learners
/// `which`. @param observer  may be empty  @throws Interrupted where `stop` is set
std::vector<ItemFit> online_item_fit(const Model& model, const LearnerSet& learners,
                                     std::span<const int> which, StopFlag stop = nullptr,
                                     const WorkObserver& observer = {});

}  // namespace manygpcm::search
