#include "model/layers/head.h"

#include "model/layers/history.h"

namespace manygpcm {

using kernels::Activation;

HeadOfQuestion record_head_of_question(Recorder& r, Tensor x, int state_width) {
    const Hyperparameters& h = r.sizes();
    const int key_dim = r.tape().width(x);
    HeadOfQuestion question;
    const bool ordered = h.ordered_thresholds == Switch::on,
               bounded = h.threshold_link == ThresholdLink::tanh;
    question.threshold = r.linear("threshold", x, r.n_categories() - 1,
                                  bounded && !ordered ? Activation::tanh : Activation::identity);
    if (ordered) question.threshold = record_ascending(r.tape(), question.threshold, 0, bounded);
    const auto [of_state, of_x] =
        r.split_linear_map("summary", {state_width, key_dim}, h.final_fc_dim);
    question.state_summary = of_state;
    question.summary = r.linear(of_x, x);
    const auto [of_summary, x_part] =
        r.split_linear_map("discrimination", {h.final_fc_dim, key_dim}, 1);
    question.summary_discrimination = of_summary;
    question.discrimination = r.linear(x_part, x);
    return question;
}

ModelTensors record_head(Recorder& r, const HeadOfQuestion& question, Tensor state, Tensor learner,
                         Tensor history) {
    Tensor of_learner;
    if (learner)
        of_learner = r.dropout(
            r.linear("ability.summary", learner, r.sizes().final_fc_dim, Activation::tanh));
    Addend beside{question.summary, BatchIndex::question_row};
    if (history) beside = {add_history(r, "summary", history, beside), BatchIndex::none};
    const Tensor summary = r.linear(question.state_summary, state, Activation::tanh, beside);
    const LinearWeights ability = r.linear_map("ability", r.tape().width(summary), 1).weights;
    const Weight scale = r.parameter("ability.scale", {1}, InitialValues::ones);
    return {record_gpcm_head(r.tape(), r.dropout(summary), question.discrimination,
                             question.threshold, r.n_categories(),
                             {ability.weight, ability.bias, scale,
                              question.summary_discrimination.weights.weight},
                             of_learner),
            question.threshold};
}

}  // namespace manygpcm
