// Means over models, summed in double.
#include "manygpcm/engine/consensus.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {
namespace {

using PredictedValues = std::vector<float> Predictions::*;

/// The mean over models of term(predictions, i), for every entry of `values`.
template <class Term>
std::vector<float> mean_over_models(std::span<const Predictions> of_models, PredictedValues values,
                                    Term term) {
    std::vector<float> mean;
    for (std::size_t i = 0; i < (of_models[0].*values).size(); ++i) {
        double sum = 0;
        for (const Predictions& predictions : of_models)
            sum += term(predictions, i);
        mean.push_back(static_cast<float>(sum / static_cast<double>(of_models.size())));
    }
    return mean;
}

/// Of the mixture of the models' distributions of ability: the variance within models, and between.
std::vector<float> deviation_of_ability(std::span<const Predictions> of_models,
                                        const std::vector<float>& mean) {
    if (std::ranges::any_of(of_models, &std::vector<float>::empty, &Predictions::theta_deviation))
        return {};
    std::vector<float> deviation = mean_over_models(
        of_models, &Predictions::theta, [&](const Predictions& predictions, std::size_t i) {
            return std::pow(double{predictions.theta_deviation[i]}, 2) +
                   std::pow(double{predictions.theta[i]} - mean[i], 2);
        });
    for (float& variance : deviation)
        variance = std::sqrt(variance);
    return deviation;
}

}  // namespace

std::span<const float> distribution(const Predictions& predictions, std::size_t step) {
    const auto width = static_cast<std::size_t>(predictions.n_categories);
    return std::span(predictions.probabilities).subspan(step * width, width);
}

double expected_score(const Predictions& predictions, std::size_t step) {
    return expected_category(distribution(predictions, step));
}

Consensus average(std::vector<Predictions> of_models) {
    if (of_models.size() == 1) return {std::move(of_models.front()), {}};
    Consensus consensus{of_models.front(), {}};
    for (const PredictedValues values : {&Predictions::probabilities, &Predictions::theta,
                                         &Predictions::alpha, &Predictions::beta})
        consensus.mean.*values =
            mean_over_models(of_models, values, [&](const Predictions& predictions, std::size_t i) {
                return double{(predictions.*values)[i]};
            });
    consensus.mean.theta_deviation = deviation_of_ability(of_models, consensus.mean.theta);
    for (std::size_t t = 0; t < consensus.mean.theta.size(); ++t) {
        const double of_mean = expected_score(consensus.mean, t);
        double squares = 0;
        for (const Predictions& predictions : of_models)
            squares += std::pow(expected_score(predictions, t) - of_mean, 2);
        consensus.spread.push_back(std::sqrt(squares / static_cast<double>(of_models.size() - 1)));
    }
    return consensus;
}

}  // namespace manygpcm
