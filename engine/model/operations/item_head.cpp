// The head, where the gradient starts.
#include "model/operations/item_head.h"

#include "model/operations/weights.h"

namespace manygpcm {

ItemHeadTensors record_item_head(Tape& tape, const ItemHeadOperands& operands, int n_categories) {
    for (const Tensor tensor : {operands.theta, operands.item, operands.common, operands.extra})
        if (tensor) tape.read_alone(tensor);
    const ItemHeadOperands x = operands;
    const ItemHeadTensors y{{x.theta, tape.add_values(RowKind::steps, 1),
                             tape.add_values(RowKind::steps, n_categories)},
                            tape.add_values(RowKind::questions, n_categories - 1)};
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::ItemHeadInput<float>{t.value(x.theta), t.value(x.item),
                                             p.batch.index(BatchIndex::question_row),
                                             t.value(x.common), t.value(x.extra)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::ItemHeadForward<float>{
                         p.batch.rows(RowKind::steps),
                         rows(t, p, x.item),
                         n_categories,
                         input(t, p),
                         {t.value(y.head.alpha), t.value(y.threshold), t.value(y.head.logits)}});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::ItemHeadBackward<float>{
                         p.batch.rows(RowKind::steps),
                         rows(t, p, x.item),
                         n_categories,
                         p.losses,
                         p.statistics,
                         input(t, p),
                         t.value(y.head.logits),
                         p.batch.index(BatchIndex::response),
                         {t.gradient_if_any(x.theta), t.gradient(x.item),
                          t.gradient_if_any(x.common), t.gradient_if_any(x.extra)}});
                 }});
    return y;
}

}  // namespace manygpcm
