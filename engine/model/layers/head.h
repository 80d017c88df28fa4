// What all models share at both ends: the question's vector, and the head that makes a generalized
// partial credit model of it and of the learner's state (docs/model.md).
#pragma once

#include <array>

#include "model/layers/recorder.h"

namespace manygpcm {

/// What a model puts out.
struct ModelTensors {
    HeadTensors head;  ///< by step
    Tensor threshold;  ///< [questions, K-1]
    /// [steps] standard deviation of ability; absent where the model has none.
    Tensor theta_deviation = {};
};

/// The parts of the head that depend on the question alone, computed once a distinct question.
struct HeadOfQuestion {
    Tensor threshold, summary, discrimination;
    LinearMap state_summary, summary_discrimination;  ///< what is added to them a step
};

/// @param x [questions, key_dim]  @param state_width of what record_head() gets
HeadOfQuestion record_head_of_question(Recorder& r, Tensor x, int state_width);
/// @param state [steps, state_width] what is known of the learner before the step's response, as
/// the step's question asks for it
/// @param learner [steps, any width] what is known of the learner whichever question is asked, with
/// ability_from=state; else absent
/// @param history what the learner has done with the question; may be absent
ModelTensors record_head(Recorder& r, const HeadOfQuestion& question, Tensor state, Tensor learner,
                         Tensor history);

}  // namespace manygpcm
