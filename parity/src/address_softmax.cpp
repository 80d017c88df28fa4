#include "cases.h"

namespace manygpcm::parity {
namespace {

using kernels::Write;

void run_address(Run& run, const std::vector<int>& counts, int capacity,
                 const kernels::AddressShape& shape, Write write) {
    const kernels::Rows rows = run.rows(counts, capacity);
    const auto [slots, key_dim] = shape;
    const auto query = run.values(rows, key_dim);
    const auto key = run.random(rows.replicas, slots * key_dim);
    const auto address = run.random(rows.replicas, capacity * slots);
    run.backend().address_softmax_forward(rows, shape, query, key, address);
    run.expect_rows("address", rows, slots, address);

    const auto daddress = run.gradient(rows, slots);
    const auto dquery =
        write == Write::add ? run.values(rows, key_dim) : run.replaced(rows, key_dim);
    const auto dkey = run.random(rows.replicas, slots * key_dim);
    run.backend().address_softmax_backward(rows, shape, query, key, address, daddress, dquery,
                                           write, dkey);
    run.expect("dquery", rows.replicas, capacity * key_dim, dquery);
    run.expect("dkey", rows.replicas, slots * key_dim, dkey);
}

}  // namespace

void add_address_softmax_cases(std::vector<Case>& cases) {
    cases.push_back({"address softmax", [](Run& run) {
                         run_address(run, {37, 0, 61}, 62, {20, 32}, Write::replace);
                     }});
    cases.push_back({"address softmax, 3 slots, keys of 5, added", [](Run& run) {
                         run_address(run, {7, 9}, 11, {3, 5}, Write::add);
                     }});
    cases.push_back({"address softmax, 100 slots, one replica", [](Run& run) {
                         run_address(run, {5}, 5, {100, 50}, Write::replace);
                     }});
}

}  // namespace manygpcm::parity
