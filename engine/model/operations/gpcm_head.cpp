// The head, where the gradient starts.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

HeadTensors record_gpcm_head(Tape& tape, Tensor h_tensor, Tensor discrimination_x_tensor,
                             Tensor threshold_tensor, int n_categories, const HeadWeights& weights,
                             Tensor state) {
    if (state) tape.read_alone(state);
    const Operand h = tape.read_alone(h_tensor),
                  discrimination_x = tape.read_alone(discrimination_x_tensor);
    const Operand threshold = tape.read_alone(threshold_tensor);
    const kernels::GpcmHeadShape shape{tape.width(h_tensor), n_categories};
    const HeadTensors y{tape.add_values(RowKind::steps, 1), tape.add_values(RowKind::steps, 1),
                        tape.add_values(RowKind::steps, n_categories)};
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::GpcmHeadInput<float>{t.value(h.tensor),
                                             value(t, p, weights.ability_weight),
                                             value(t, p, weights.ability_bias),
                                             value(t, p, weights.ability_scale),
                                             value(t, p, weights.discrimination_weight),
                                             t.value(discrimination_x.tensor),
                                             t.value(threshold.tensor),
                                             p.batch.index(BatchIndex::question_row),
                                             t.value(state)};
    };
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::GpcmHeadForward<float>{
                 p.batch.rows(RowKind::steps),
                 shape,
                 input(t, p),
                 {t.value(y.theta), t.value(y.alpha), t.value(y.logits)}});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().run(kernels::GpcmHeadBackward<float>{
                 p.batch.rows(RowKind::steps),
                 rows(t, p, threshold.tensor),
                 shape,
                 p.losses,
                 p.statistics,
                 input(t, p),
                 {t.value(y.theta), t.value(y.alpha), t.value(y.logits)},
                 p.batch.index(BatchIndex::response),
                 {t.gradient(h.tensor), gradient(t, p, weights.ability_weight),
                  gradient(t, p, weights.ability_bias), gradient(t, p, weights.ability_scale),
                  gradient(t, p, weights.discrimination_weight),
                  t.gradient(discrimination_x.tensor), t.gradient(threshold.tensor),
                  t.gradient(state)}});
         }});
    return y;
}

}  // namespace manygpcm
