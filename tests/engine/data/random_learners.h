// Learners whose answers are drawn: with an ability that a model can find, or without.
#pragma once

#include <initializer_list>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/random.h"

namespace manygpcm {

/// Answers in three categories that follow from each learner's ability.
inline std::vector<Learner> able_learners(int n, int n_questions, int shortest, int longest) {
    RandomStream random(11, RandomUse::simulation);
    std::vector<Learner> learners(static_cast<std::size_t>(n));
    for (Learner& learner : learners) {
        const int length = shortest + static_cast<int>(random.below(longest - shortest + 1));
        const double ability = random.normal();
        for (int t = 0; t < length; ++t) {
            learner.questions.push_back(static_cast<int>(random.below(n_questions)));
            const double score = ability + 0.5 * random.normal();
            learner.responses.push_back(score < -0.5 ? 0 : score < 0.5 ? 1 : 2);
        }
    }
    return learners;
}

/// One learner a length, who answers by chance.
inline std::vector<Learner> learners_of_lengths(std::initializer_list<int> lengths, int n_questions,
                                                int n_categories) {
    RandomStream random(5, RandomUse::simulation);
    std::vector<Learner> learners;
    for (const int length : lengths) {
        Learner& learner = learners.emplace_back();
        for (int t = 0; t < length; ++t) {
            learner.questions.push_back(static_cast<int>(random.below(n_questions)));
            learner.responses.push_back(static_cast<int>(random.below(n_categories)));
        }
    }
    return learners;
}

}  // namespace manygpcm
