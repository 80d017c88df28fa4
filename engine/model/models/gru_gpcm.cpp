// gru_gpcm: a gated recurrent unit in place of the memory. Its input is a vector of question and
// response, with linear decay around the response.
#include "model/deep_space.h"
#include "model/layers/head.h"
#include "model/layers/history.h"
#include "model/models.h"
#include "model/operations/gru_scan.h"

namespace manygpcm::models {
namespace {

ModelTensors record_gru_gpcm(Recorder& r) {
    const Hyperparameters& h = r.sizes();
    const int width = h.value_dim;
    const Tensor x = r.question_embedding("question_embedding", h.key_dim);
    const HeadOfQuestion question = record_head_of_question(r, x, width);

    const HistoryTensors history = record_history(r);
    // All three gates' input parts at once; without a history per distinct pair of question and
    // response.
    const Tensor value = r.linear_decay("value", width);
    const LinearMap input_map =
        r.linear_map("gru.input", width, 3 * width, InitialValues::xavier_uniform);
    const Addend input =
        linear_with_history(r, input_map, {value, BatchIndex::pair_row}, "gru", history.input);
    const LinearMap hidden =
        r.linear_map("gru.hidden", width, 3 * width, InitialValues::xavier_uniform);
    // Per step.
    const Tensor state = record_gru_scan(r.tape(), input.tensor, input.row, width, hidden.weights);
    return record_head(r, question, state, h.ability_from == AbilityFrom::state ? state : Tensor{},
                       history.head);
}

}  // namespace

ModelDefinition gru_gpcm() {
    return {.name = "gru_gpcm",
            .uses = {"threshold_link", "ability_from", "ordered_thresholds", "history",
                     "final_fc_dim", "dropout_rate", "key_dim", "value_dim"},
            .constraints = {},
            .searched = {"final_fc_dim", "dropout_rate", "key_dim", "value_dim", "batch_size", "lr",
                         "weight_decay", "grad_clip"},
            .record = record_gru_gpcm,
            .in_auto = true,
            .space = deep_space({}),
            // As recorded, and the history's last: the others start alike with it and without.
            .parameter_order = {"question_embedding", "threshold", "summary", "discrimination",
                                "value", "gru", "ability"}};
}

}  // namespace manygpcm::models
