#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_address(Run& run, const std::vector<int>& counts, int capacity, const AddressShape& shape,
                 Write write) {
    const Rows rows = run.rows(counts, capacity);
    const auto [slots, key_dim] = shape;
    const auto query = run.values(rows, key_dim);
    const auto key = run.random(rows.replicas, slots * key_dim);
    const auto address = run.random(rows.replicas, capacity * slots);
    run.backend().run(AddressSoftmaxForward<float>{rows, shape, query, key, address});
    run.expect_rows("address", rows, slots, address);

    const auto daddress = run.gradient(rows, slots);
    const auto dquery =
        write == Write::add ? run.values(rows, key_dim) : run.replaced(rows, key_dim);
    const auto dkey = run.random(rows.replicas, slots * key_dim);
    run.backend().run(AddressSoftmaxBackward<float>{rows, shape, query, key, address, daddress,
                                                    dquery, write, dkey});
    run.expect("dquery", rows.replicas, capacity * key_dim, dquery);
    run.expect("dkey", rows.replicas, slots * key_dim, dkey);
}

}  // namespace

void add_address_softmax_checks(Checks& checks) {
    checks.compare("address softmax", [](Run& run) {
        run_address(run, {37, 0, 61}, 62, {20, 32}, Write::replace);
    });
    checks.compare("address softmax, 3 slots, keys of 5, added", [](Run& run) {
        run_address(run, {7, 9}, 11, {3, 5}, Write::add);
    });
    checks.compare("address softmax, 100 slots, one replica", [](Run& run) {
        run_address(run, {5}, 5, {100, 50}, Write::replace);
    });

    // The memory's address, a row a distinct question.
    checks.time("address_softmax_forward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().questions;
        return AddressSoftmaxForward<float>{rows,
                                            {s.memory_size, s.key_dim},
                                            o.array(rows.capacity, s.key_dim),
                                            o.array(s.memory_size, s.key_dim),
                                            o.array(rows.capacity, s.memory_size)};
    });
    checks.time("address_softmax_backward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().questions;
        return AddressSoftmaxBackward<float>{
            .rows = rows,
            .shape = {s.memory_size, s.key_dim},
            .query = o.array(rows.capacity, s.key_dim),
            .key = o.array(s.memory_size, s.key_dim),
            .address =
                o.array(rows.capacity, s.memory_size, 0, 2 / static_cast<float>(s.memory_size)),
            .daddress = o.array(rows.capacity, s.memory_size),
            .dquery = o.array(rows.capacity, s.key_dim),
            .dkey = o.array(s.memory_size, s.key_dim)};
    });
}

}  // namespace manygpcm::kernels::checks
