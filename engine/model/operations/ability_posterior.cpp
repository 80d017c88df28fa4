#include "model/operations/ability_posterior.h"

#include "model/operations/weights.h"

namespace manygpcm {

PosteriorTensors record_ability_posterior(Tape& tape, int n_categories, Weight slope, Weight step) {
    const auto by_step = [&](int width) { return tape.add_values(RowKind::steps, width); };
    PosteriorTensors y;
    y.mean = by_step(1);
    y.deviation = by_step(1);
    y.after = by_step(2);
    y.head = {y.mean, by_step(1), by_step(n_categories)};
    y.spread = by_step(n_categories - 1);
    y.threshold = tape.add_values(RowKind::questions, n_categories - 1);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::AbilityPosterior<float>{
                 p.batch.rows(RowKind::sequences),
                 p.batch.rows(RowKind::steps),
                 p.batch.rows(RowKind::questions),
                 n_categories,
                 {p.batch.index(BatchIndex::offsets), p.batch.index(BatchIndex::distinct_question),
                  p.batch.index(BatchIndex::question_row), p.batch.index(BatchIndex::response),
                  value(t, p, slope), value(t, p, step), p.batch.index(BatchIndex::known_end)},
                 {t.value(y.mean), t.value(y.deviation), t.value(y.after), t.value(y.head.logits),
                  t.value(y.spread), t.value(y.head.alpha), t.value(y.threshold)}});
         },
         [](Tape&, const Pass&) {}});
    return y;
}

}  // namespace manygpcm
