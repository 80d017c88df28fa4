// Draws a dataset from a generalized partial credit model with known parameters.
#pragma once

#include <cstdint>
#include <filesystem>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// A whole number from `low` to `high`.
struct Limits {
    int low, high;
};

// What simulate accepts: one learner to train on and one to test on, at least two questions and
// categories to tell apart, no more than a dataset may have.
constexpr Limits learner_limits{2, 10'000'000};
constexpr Limits question_limits{2, max_questions};
constexpr Limits category_limits{2, max_categories};
constexpr Limits length_limits{1, 1'000'000};
constexpr double largest_deviation = 10;  ///< of all that follow
// No more than these can be drawn: a normal deviate is below 8.6, as its numbers have 53 bits.
constexpr double largest_threshold = 200;
constexpr double largest_discrimination = 1e38;
constexpr double largest_ability = 1e8;  ///< of a million steps

struct SimulationConfig {
    int learners = 500;
    int questions = 200;
    int categories = 4;
    int min_length = 100;  ///< steps per learner, uniform in min_length..max_length
    int max_length = 200;
    std::uint64_t seed = 42;
    double test_fraction = 0.2;
    // Standard deviations, in logits of ability. As published; Muraki's model needs no more.
    double base_deviation = 1;              ///< of the questions' mean difficulties
    double threshold_deviation = 0.5;       ///< of a question's thresholds about its base
    double discrimination_deviation = 0.3;  ///< of the discriminations' logarithms
    AbilityMotion motion = {};              ///< from response to response; none: ability stays
    bool repeat = true;                     ///< whether a learner may be asked a question again
};

/// Writes train.txt, test.txt and truth.json (the abilities and item parameters drawn) into `out`.
/// Ability is normal, discriminations are log-normal, a question's thresholds are normal about its
/// base and sorted (Muraki 1992, eq. 4 for the response model). truth.json also has the ceiling:
/// what predicting the test learners with the true items scores, ability inferred from the past.
/// @throws InputError for a value out of range, a directory that can't be written, and one with
/// data that no simulation wrote.
void simulate(const SimulationConfig& config, const std::filesystem::path& out);

}  // namespace manygpcm
