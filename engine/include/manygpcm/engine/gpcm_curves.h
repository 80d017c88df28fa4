// The generalized partial credit model of one question as curves over ability: probabilities of its
// categories, and what an answer tells of ability.
#pragma once

#include <span>
#include <vector>

namespace manygpcm {

/// [K] P(k | theta), proportional to exp(sum_{j<k} alpha (theta - beta_j)). Thresholds that are
/// NaN, as no answer tells of them, part the categories: the probabilities are then those of an
/// answer within the largest part, and 0 of the others; NaN of all where no threshold is known.
/// @param beta [K-1]
std::vector<double> category_probabilities(double theta, double alpha,
                                           std::span<const double> beta);

/// Fisher's information of an answer about ability, alpha^2 Var(k | theta) (Muraki 1993, eq. 9).
double item_information(double theta, double alpha, std::span<const double> beta);

/// Where an answer tells most of ability.
struct MostInformation {
    /// Both NaN where the parameters aren't known; theta where the most lies outside of the bounds.
    double theta = 0, information = 0;
};

/// To a hundredth of ability, between -6 and 6, where all learners are.
MostInformation most_information(double alpha, std::span<const double> beta);

}  // namespace manygpcm
