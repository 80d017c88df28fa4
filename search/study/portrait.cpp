// Lays three sets of parameters side by side.
#include "manygpcm/search/portrait.h"

#include <algorithm>
#include <cmath>
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

Recovery recovery(std::string model, const std::vector<ItemPortrait>& items,
                  ItemParameters ItemPortrait::*parameters, const Predictions& predictions,
                  std::span<const double> abilities) {
    Pairs discrimination, threshold, ability;
    for (const ItemPortrait& item : items) {
        if (item.responses == 0) continue;
        const ItemParameters& found = item.*parameters;
        discrimination.push_back({found.alpha, item.truth->alpha});
        for (std::size_t j = 0; j < found.beta.size(); ++j)
            threshold.push_back({found.beta[j], item.truth->beta[j]});
    }
    for (std::size_t i = 0; i < abilities.size(); ++i) {
        const auto beyond = static_cast<std::size_t>(predictions.offsets[i + 1]);
        if (beyond > static_cast<std::size_t>(predictions.offsets[i]))
            ability.push_back({predictions.theta[beyond - 1], abilities[i]});
    }
    return {std::move(model), correlation(discrimination), correlation(threshold),
            correlation(ability)};
}

std::vector<float> thetas(const Predictions& predictions, std::size_t learner) {
    const auto first = predictions.theta.begin();
    return {first + predictions.offsets[learner], first + predictions.offsets[learner + 1]};
}

}  // namespace

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
