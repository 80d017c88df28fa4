// Lays three sets of parameters side by side.
#include "manygpcm/search/portrait.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/statistics.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t most_learners = 50;

using Pairs = std::vector<std::pair<double, double>>;

/// How the first of the finite pairs lie to the second.
Likeness likeness_of(const Pairs& pairs) {
    std::vector<double> first, second;
    for (const auto& [one, other] : pairs) {
        if (!std::isfinite(one + other)) continue;
        first.push_back(one);
        second.push_back(other);
    }
    return likeness(second, first);
}

/// Of question `q`, of K-1 thresholds.
template <typename T>
ItemParameters item(const std::vector<double>& alpha, const std::vector<T>& beta, std::size_t q) {
    const std::size_t n_thresholds = beta.size() / alpha.size();
    const auto first = beta.begin() + static_cast<std::ptrdiff_t>(q * n_thresholds);
    return {alpha[q], {first, first + static_cast<std::ptrdiff_t>(n_thresholds)}};
}

/// @param first, second parameters of an item
template <class First, class Second>
Pairs discriminations(const std::vector<ItemPortrait>& items, First first, double first_unit,
                      Second second, double second_unit) {
    Pairs pairs;
    for (const ItemPortrait& item : items)
        if (item.responses > 0)
            pairs.push_back({first_unit * first(item).alpha, second_unit * second(item).alpha});
    return pairs;
}

/// The same of what `first` and `second` say of an item's threshold.
template <class First, class Second>
Pairs by_threshold(const std::vector<ItemPortrait>& items, First first, Second second) {
    Pairs pairs;
    for (const ItemPortrait& item : items)
        for (std::size_t j = 0; item.responses > 0 && j < item.classical.beta.size(); ++j)
            pairs.push_back({first(item, j), second(item, j)});
    return pairs;
}

/// alpha (at - beta_j) of an item's parameters.
template <class Parameters>
auto intercepts(Parameters parameters, double at) {
    return [=](const ItemPortrait& item, std::size_t j) {
        const ItemParameters& of = parameters(item);
        return of.alpha * (at - of.beta[j]);
    };
}

const ItemParameters& truth_of(const ItemPortrait& item) {
    return *item.truth;
}

auto parameters_of(ItemParameters ItemPortrait::*which) {
    return [=](const ItemPortrait& item) -> const ItemParameters& { return item.*which; };
}

template <class First, class Second>
Agreement agreement(const std::vector<ItemPortrait>& items, First first,
                    const AbilityScale& first_scale, Second second,
                    const AbilityScale& second_scale) {
    return {likeness_of(discriminations(items, first, first_scale.deviation, second,
                                        second_scale.deviation)),
            likeness_of(by_threshold(items, intercepts(first, first_scale.mean),
                                     intercepts(second, second_scale.mean)))};
}

/// Adds abilities before the last response, with the true ones.
/// @param truth  of the learners predicted
void add_last_abilities(const Predictions& predictions, std::span<const double> truth,
                        Pairs& pairs) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const auto beyond = static_cast<std::size_t>(predictions.offsets[i + 1]);
        if (beyond > static_cast<std::size_t>(predictions.offsets[i]))
            pairs.push_back({predictions.theta[beyond - 1], truth[i]});
    }
}

AbilityScale scale_of(const Pairs& abilities) {
    Moments of_first;
    for (const auto& [ability, truth] : abilities)
        of_first.add(ability);
    return {of_first.mean, std::sqrt(of_first.squares / static_cast<double>(abilities.size()))};
}

/// @param linked mean and deviation that the abilities are given
Recovery recovery(std::string model, const std::vector<ItemPortrait>& items,
                  ItemParameters ItemPortrait::*parameters, const Pairs& abilities,
                  const AbilityScale& linked) {
    const auto found = parameters_of(parameters);
    const auto threshold = [](const auto& of) {
        return [=](const ItemPortrait& item, std::size_t j) { return of(item).beta[j]; };
    };
    const AbilityScale own = scale_of(abilities);
    Pairs on_scale;
    for (const auto& [ability, truth] : abilities)
        on_scale.push_back(
            {linked.mean + (ability - own.mean) / own.deviation * linked.deviation, truth});
    const Likeness ability = likeness_of(on_scale);
    return {std::move(model),
            likeness_of(discriminations(items, found, 1, truth_of, 1)).r,
            likeness_of(by_threshold(items, threshold(found), threshold(truth_of))).r,
            ability.r,
            ability.bias,
            ability.rmsd};
}

std::vector<float> thetas(const Predictions& predictions, std::size_t learner) {
    const auto first = predictions.theta.begin();
    return {first + predictions.offsets[learner], first + predictions.offsets[learner + 1]};
}

}  // namespace

void ExplainedByAbility::add(const Predictions& predictions) {
    const auto n_categories = static_cast<std::size_t>(predictions.n_categories);
    for (std::size_t t = 0; t < predictions.theta.size(); ++t)
        for (std::size_t j = 1; j < n_categories; ++j) {
            const std::size_t at = t * n_categories + j;
            const double step = std::log(double{predictions.probabilities[at]} /
                                         double{predictions.probabilities[at - 1]});
            const double beta = predictions.beta[t * (n_categories - 1) + j - 1];
            const double explained = predictions.alpha[t] * (predictions.theta[t] - beta);
            if (!std::isfinite(step) || !std::isfinite(explained)) continue;
            all_.add(step);
            left_.add(step - explained);
        }
}

double ExplainedByAbility::part() const {
    return all_.squares > 0 ? 1 - left_.squares / all_.squares
                            : std::numeric_limits<double>::quiet_NaN();
}

Agreement agreement_with_classical(const std::vector<ItemPortrait>& items,
                                   const AbilityScale& winner, const AbilityScale& classical) {
    return agreement(items, parameters_of(&ItemPortrait::winner), winner,
                     parameters_of(&ItemPortrait::classical), classical);
}

Agreement agreement_with_truth(const std::vector<ItemPortrait>& items,
                               ItemParameters ItemPortrait::*parameters,
                               const AbilityScale& scale) {
    std::vector<ItemPortrait> known;
    std::ranges::copy_if(items, std::back_inserter(known),
                         [](const ItemPortrait& item) { return item.truth.has_value(); });
    return agreement(known, parameters_of(parameters), scale, truth_of, {});
}

Portrayer::Portrayer(const Model& winner, const ClassicalGpcm& classical,
                     const LearnerSet& learners, int n_fitted,
                     const std::vector<std::string>& question_ids,
                     const std::optional<Truth>& truth, StopFlag stop)
    : learners_(learners),
      n_fitted_(n_fitted),
      truth_(truth),
      winner_name_(to_string(winner.config.hyperparameters.model)) {
    portrait_.held_out = n_fitted < static_cast<int>(learners.all.size());
    const std::vector<std::int64_t> counts = count_categories(learners, numbers_from(0, n_fitted));
    std::vector<float> thresholds = item_thresholds(winner, stop);
    std::vector<double> classical_thresholds = classical.beta();
    blank_unidentified(counts, learners.n_categories, std::span(thresholds));
    blank_unidentified(counts, learners.n_categories, std::span(classical_thresholds));
    for (std::size_t q = 0; q < static_cast<std::size_t>(learners.n_questions); ++q) {
        ItemPortrait& one = portrait_.items.emplace_back();
        one.question = question_name(question_ids, static_cast<int>(q));
        const auto of_question =
            counts.begin() + static_cast<std::ptrdiff_t>(q) * learners.n_categories;
        one.responses =
            std::accumulate(of_question, of_question + learners.n_categories, std::int64_t{0});
        one.winner = item(winner.mean_alpha, thresholds, q);
        one.classical = item(classical.alpha, classical_thresholds, q);
        if (one.responses == 0) one.classical.alpha = std::numeric_limits<double>::quiet_NaN();
        if (truth) one.truth = item(truth->discrimination, truth->threshold, q);
    }
}

void Portrayer::add(PredictedBy by, std::span<const int> which, const Predictions& predictions) {
    if (portrait_.held_out && which.front() < n_fitted_) return;
    const bool by_winner = by == PredictedBy::winner;
    std::vector<LearnerPortrait>& shown = portrait_.learners;
    if (by_winner) explained_.add(predictions);
    for (std::size_t i = 0; i < which.size(); ++i) {
        if (!by_winner) {
            if (described_ == shown.size()) break;
            shown[described_++].classical_theta = thetas(predictions, i);
            continue;
        }
        if (shown.size() == most_learners) break;
        const auto number = static_cast<std::size_t>(which[i]);
        const Learner& learner = learners_.all[number];
        shown.push_back({.learner = learner.id,
                         .questions = learner.questions,
                         .responses = learner.responses,
                         .theta = thetas(predictions, i),
                         .classical_theta = {},
                         .ability = {}});
        if (truth_) shown.back().ability = truth_->ability[number];
    }
    if (truth_)
        add_last_abilities(predictions,
                           std::span(truth_->ability)
                               .subspan(static_cast<std::size_t>(which.front()), which.size()),
                           by_winner ? of_winner_ : of_classical_);
}

Portrait Portrayer::take() {
    portrait_.explained = explained_.part();
    if (truth_) {
        const AbilityScale scale = scale_of(of_classical_);
        portrait_.recovery = {
            recovery(winner_name_, portrait_.items, &ItemPortrait::winner, of_winner_, scale),
            recovery("classical GPCM", portrait_.items, &ItemPortrait::classical, of_classical_,
                     scale)};
    }
    return std::move(portrait_);
}

}  // namespace manygpcm::search
