// The memory's address: softmax of query . key over the slots.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_address_softmax(Tape& tape, Tensor query_tensor, int slots, Weight key) {
    const Operand query = tape.read(query_tensor);
    const kernels::AddressShape shape{slots, tape.width(query_tensor)};
    const Tensor y = tape.add_tensor(tape.row_kind(query_tensor), slots);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::AddressSoftmaxForward<float>{
                 rows(t, p, y), shape, t.value(query.tensor), value(t, p, key), t.value(y)});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().run(kernels::AddressSoftmaxBackward<float>{
                 rows(t, p, y), shape, t.value(query.tensor), value(t, p, key), t.value(y),
                 t.gradient(y), t.gradient(query.tensor), t.write(query), gradient(t, p, key)});
         }});
    return y;
}

}  // namespace manygpcm
