// address = softmax over memory slots of query . key (Zhang et al. 2017, "Dynamic key-value memory
// networks for knowledge tracing", eq. 1).
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

struct AddressShape {
    int slots = 0, key_dim = 0;
};

template <class T>
struct AddressSoftmaxForward {
    static constexpr const char* name = "address_softmax_forward";
    Rows rows;
    AddressShape shape;
    PerReplica<const T> query;  ///< [rows, key_dim]
    PerReplica<const T> key;    ///< [slots, key_dim]
    PerReplica<T> address;      ///< [rows, slots] written
};

template <class T>
struct AddressSoftmaxBackward {
    static constexpr const char* name = "address_softmax_backward";
    Rows rows;
    AddressShape shape;
    PerReplica<const T> query, key, address;
    PerReplica<T> daddress;  ///< overwritten by the gradient before the softmax
    PerReplica<T> dquery;
    Write dquery_write = Write::replace;
    PerReplica<T> dkey;  ///< added to
};

}  // namespace manygpcm::kernels
