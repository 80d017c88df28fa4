// The memory's address, a row a distinct question.
#include "manygpcm/kernels/address_softmax.h"

#include "operation_list.h"

namespace manygpcm::measure {

Call address_softmax_forward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::questions);
    const kernels::AddressShape shape{h.memory_size, h.key_dim};
    const auto query = o.array(rows.capacity, h.key_dim), key = o.array(h.memory_size, h.key_dim);
    const auto address = o.array(rows.capacity, h.memory_size);
    return [=, &b = o.backend()] { b.address_softmax_forward(rows, shape, query, key, address); };
}

Call address_softmax_backward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::questions);
    const kernels::AddressShape shape{h.memory_size, h.key_dim};
    const auto query = o.array(rows.capacity, h.key_dim), key = o.array(h.memory_size, h.key_dim);
    const auto address =
        o.array(rows.capacity, h.memory_size, 0, 2 / static_cast<float>(h.memory_size));
    const auto daddress = o.array(rows.capacity, h.memory_size);
    const auto dquery = o.array(rows.capacity, h.key_dim);
    const auto dkey = o.array(h.memory_size, h.key_dim);
    return [=, &b = o.backend()] {
        b.address_softmax_backward(rows, shape, query, key, address, daddress, dquery,
                                   kernels::Write::replace, dkey);
    };
}

}  // namespace manygpcm::measure
