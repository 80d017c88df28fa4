// address = softmax over memory slots of query . key (Zhang et al. 2017, "Dynamic key-value memory
// networks for knowledge tracing", eq. 1).
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct AddressShape {
    int slots = 0, key_dim = 0;
};

/// @param query [rows, key_dim]  @param key [slots, key_dim]  Writes address [rows, slots].
template <class T>
void address_softmax_forward(Rows rows, const AddressShape& shape, PerReplica<const T> query,
                             PerReplica<const T> key, PerReplica<T> address);

/// @param daddress [rows, slots]; overwritten by the gradient before the softmax
/// Writes dquery; adds to dkey.
template <class T>
void address_softmax_backward(Rows rows, const AddressShape& shape, PerReplica<const T> query,
                              PerReplica<const T> key, PerReplica<const T> address,
                              PerReplica<T> daddress, PerReplica<T> dquery, Write dquery_write,
                              PerReplica<T> dkey);

}  // namespace manygpcm::kernels
