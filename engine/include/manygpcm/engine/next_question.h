// What models say of a learner's next response, whichever question is asked, and of the ability
// after the last one.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "manygpcm/engine/consensus.h"
#include "manygpcm/engine/stop.h"

namespace manygpcm {

/// Questions `first_question` and those that follow it, each as the next one after all responses of
/// a learner.
struct NextQuestions {
    int learner = 0;  ///< number in the learners
    int first_question = 0, n_questions = 0;
    const Consensus* consensus = nullptr;
    std::size_t first_step = 0;  ///< of `consensus`: the first question's
};

/// Visits every question of every learner, in order, with what the models say on average. A
/// learner's responses are gone through once for thousands of questions, and memory doesn't grow
/// with learners or questions. Questions that a learner has not answered yet tell nothing.
/// @param models of the same questions and categories; at least one
/// @throws Interrupted where `stop` is set, and what `visit` throws
void for_next_questions(std::span<const Model> models, Learners learners,
                        const std::function<void(const NextQuestions&)>& visit,
                        StopFlag stop = nullptr);

/// Ability after all responses of a learner.
struct Ability {
    double mean = 0;
    double deviation = 0;  ///< NaN where a model has none
};

/// By learner; of several models on average. Where ability depends on the question that is asked,
/// too, it is the mean over all questions.
/// @param observer  hears now and then how much is done, up to 1; may be empty
/// @throws Interrupted where `stop` is set
std::vector<Ability> abilities_after(std::span<const Model> models, Learners learners,
                                     StopFlag stop = nullptr,
                                     const std::function<void(double)>& observer = {});

}  // namespace manygpcm
