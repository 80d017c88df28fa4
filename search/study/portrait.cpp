// Lays three sets of parameters side by side.
#include "manygpcm/search/portrait.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/statistics.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t most_learners = 50;

using Pairs = std::vector<std::pair<double, double>>;

// Pearson's r of the finite pairs; NaN where it is undefined.
double correlation(const Pairs& pairs) {
    std::vector<double> x, y;
    for (const auto& [first, second] : pairs) {
        if (!std::isfinite(first + second)) continue;
        x.push_back(first);
        y.push_back(second);
    }
    return pearson(x, y);
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
Pairs discriminations(const std::vector<ItemPortrait>& items, First first, Second second) {
    Pairs pairs;
    for (const ItemPortrait& item : items)
        if (item.responses > 0) pairs.push_back({first(item).alpha, second(item).alpha});
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
Agreement agreement(const std::vector<ItemPortrait>& items, First first, double first_at,
                    Second second, double second_at) {
    return {correlation(discriminations(items, first, second)),
            correlation(
                by_threshold(items, intercepts(first, first_at), intercepts(second, second_at)))};
}

Recovery recovery(std::string model, const std::vector<ItemPortrait>& items,
                  ItemParameters ItemPortrait::*parameters, const Predictions& predictions,
                  std::span<const double> abilities) {
    const auto found = parameters_of(parameters);
    const auto threshold = [](const auto& of) {
        return [=](const ItemPortrait& item, std::size_t j) { return of(item).beta[j]; };
    };
    Pairs ability;
    for (std::size_t i = 0; i < abilities.size(); ++i) {
        const auto beyond = static_cast<std::size_t>(predictions.offsets[i + 1]);
        if (beyond > static_cast<std::size_t>(predictions.offsets[i]))
            ability.push_back({predictions.theta[beyond - 1], abilities[i]});
    }
    return {std::move(model), correlation(discriminations(items, found, truth_of)),
            correlation(by_threshold(items, threshold(found), threshold(truth_of))),
            correlation(ability)};
}

std::vector<float> thetas(const Predictions& predictions, std::size_t learner) {
    const auto first = predictions.theta.begin();
    return {first + predictions.offsets[learner], first + predictions.offsets[learner + 1]};
}

/// Of what is finite, about its mean; in one pass, as there may be many (Welford 1962).
class Variance {
  public:
    void add(double x) {
        const double from_mean = x - mean_;
        mean_ += from_mean / ++n_;
        squares_ += from_mean * (x - mean_);
    }
    double sum_of_squares() const { return squares_; }

  private:
    double n_ = 0, mean_ = 0, squares_ = 0;
};

}  // namespace

double explained_by_ability(const Predictions& predictions) {
    const auto n_categories = static_cast<std::size_t>(predictions.n_categories);
    Variance all, left;
    for (std::size_t t = 0; t < predictions.theta.size(); ++t)
        for (std::size_t j = 1; j < n_categories; ++j) {
            const std::size_t at = t * n_categories + j;
            const double step = std::log(double{predictions.probabilities[at]} /
                                         double{predictions.probabilities[at - 1]});
            const double beta = predictions.beta[t * (n_categories - 1) + j - 1];
            const double explained = predictions.alpha[t] * (predictions.theta[t] - beta);
            if (!std::isfinite(step) || !std::isfinite(explained)) continue;
            all.add(step);
            left.add(step - explained);
        }
    return all.sum_of_squares() > 0 ? 1 - left.sum_of_squares() / all.sum_of_squares()
                                    : std::numeric_limits<double>::quiet_NaN();
}

Agreement agreement_with_classical(const std::vector<ItemPortrait>& items, double winner_at,
                                   double classical_at) {
    return agreement(items, parameters_of(&ItemPortrait::winner), winner_at,
                     parameters_of(&ItemPortrait::classical), classical_at);
}

Agreement agreement_with_truth(const std::vector<ItemPortrait>& items,
                               ItemParameters ItemPortrait::*parameters, double at) {
    std::vector<ItemPortrait> known;
    std::ranges::copy_if(items, std::back_inserter(known),
                         [](const ItemPortrait& item) { return item.truth.has_value(); });
    return agreement(known, parameters_of(parameters), at, truth_of, 0);
}

Portrait portray(const Model& winner, const ClassicalGpcm& classical, const LearnerSet& learners,
                 int n_fitted, const std::vector<std::string>& question_ids,
                 const std::optional<Truth>& truth, StopFlag stop) {
    Portrait portrait;
    portrait.held_out = n_fitted < static_cast<int>(learners.all.size());
    const std::vector<int> which =
        numbers_from(portrait.held_out ? n_fitted : 0, static_cast<int>(learners.all.size()));

    const std::vector<std::int64_t> counts = count_categories(learners, numbers_from(0, n_fitted));
    std::vector<float> thresholds = item_thresholds(winner, stop);
    std::vector<double> classical_thresholds = classical.beta();
    blank_unidentified(counts, learners.n_categories, std::span(thresholds));
    blank_unidentified(counts, learners.n_categories, std::span(classical_thresholds));
    for (std::size_t q = 0; q < static_cast<std::size_t>(learners.n_questions); ++q) {
        ItemPortrait& one = portrait.items.emplace_back();
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

    const Predictions by_winner = predict(winner, learners.all, which, stop);
    portrait.explained = explained_by_ability(by_winner);
    const Predictions by_classical = predict(classical, learners.all, which, stop);
    for (std::size_t i = 0; i < std::min(which.size(), most_learners); ++i) {
        const auto number = static_cast<std::size_t>(which[i]);
        const Learner& learner = learners.all[number];
        portrait.learners.push_back({.learner = learner.id,
                                     .questions = learner.questions,
                                     .responses = learner.responses,
                                     .theta = thetas(by_winner, i),
                                     .classical_theta = thetas(by_classical, i),
                                     .ability = {}});
        if (truth) portrait.learners.back().ability = truth->ability[number];
    }
    if (truth) {
        const auto abilities =
            std::span(truth->ability).subspan(static_cast<std::size_t>(which.front()));
        portrait.recovery = {recovery(std::string(to_string(winner.config.hyperparameters.model)),
                                      portrait.items, &ItemPortrait::winner, by_winner, abilities),
                             recovery("classical GPCM", portrait.items, &ItemPortrait::classical,
                                      by_classical, abilities)};
    }
    return portrait;
}

}  // namespace manygpcm::search
