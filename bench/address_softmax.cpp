// The memory's address, a row a distinct question. Forward counts the product with the keys and 5
// operations an address (maximum, difference, exponential, sum, division); backward the two
// products and 4 an address. Its daddress is read and overwritten.
#include "manygpcm/kernels/address_softmax.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

void address_softmax_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::questions);
    const kernels::AddressShape shape{h.memory_size, h.key_dim};
    const Array query(rows[0], h.key_dim), key(h.memory_size, h.key_dim);
    Array address(rows[0], h.memory_size);
    const double n = elements(rows[0], h.memory_size);
    const Work work{.flops = n * (2 * h.key_dim + 5),
                    .read = elements(rows[0] + h.memory_size, h.key_dim),
                    .written = n};
    measure(state, work,
            [&] { kernels::address_softmax_forward<float>(rows, shape, query, key, address); });
}

void address_softmax_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::questions);
    const kernels::AddressShape shape{h.memory_size, h.key_dim};
    const Array query(rows[0], h.key_dim), key(h.memory_size, h.key_dim);
    const Array address(rows[0], h.memory_size, 0, 2 / static_cast<float>(h.memory_size));
    Array daddress(rows[0], h.memory_size), dquery(rows[0], h.key_dim);
    Array dkey(h.memory_size, h.key_dim);
    const double n = elements(rows[0], h.memory_size);
    const Work work{.flops = n * (4 * h.key_dim + 4),
                    .read = 2 * n + elements(rows[0] + h.memory_size, h.key_dim),
                    .written = n + elements(rows[0], h.key_dim),
                    .added_to = elements(h.memory_size, h.key_dim)};
    measure(state, work, [&] {
        kernels::address_softmax_backward<float>(rows, shape, query, key, address, daddress, dquery,
                                                 kernels::Write::replace, dkey);
    });
}

MANYGPCM_BENCHMARK(address_softmax_forward);
MANYGPCM_BENCHMARK(address_softmax_backward);

}  // namespace
}  // namespace manygpcm::bench
