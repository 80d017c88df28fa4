// The scores are one product, the softmax is cuDNN's. Replicas lie a whole arena apart, but a
// tensor of cuDNN may have no more than 2^31 elements, the gaps included: so one call takes as many
// replicas as reach that far.
#include <algorithm>
#include <limits>
#include <string>

#include "cuda_device.h"

namespace manygpcm::kernels::cuda {
namespace {

/// Replicas are the images, slots the channels and rows the positions, which softmax treats apart.
TensorDescriptor make_addresses(int replicas, int rows, int slots, std::ptrdiff_t stride) {
    auto tensor =
        make_handle<TensorDescriptor>("cudnnCreateTensorDescriptor", cudnnCreateTensorDescriptor);
    MANYGPCM_CHECK(cudnnSetTensor4dDescriptorEx(tensor.get(), CUDNN_DATA_FLOAT, replicas, slots,
                                                rows, 1, static_cast<int>(stride), 1, slots,
                                                slots));
    return tensor;
}

/// body(first replica, replicas) for as many replicas at once as tensors of these strides may have.
template <class Body>
void for_replica_groups(int replicas, std::ptrdiff_t size, std::ptrdiff_t stride, Body body) {
    constexpr std::ptrdiff_t most = std::numeric_limits<int>::max();
    const int group = stride <= 0 ? replicas
                                  : static_cast<int>(std::clamp<std::ptrdiff_t>(
                                        (most - size) / stride + 1, 1, std::max(1, replicas)));
    for (int first = 0; first < replicas; first += group)
        body(first, std::min(group, replicas - first));
}

}  // namespace

void CudaDevice::run(const AddressSoftmaxForward<float>& args) {
    const auto& [rows, shape, query, key, address] = args;
    const char* const name = args.name;
    if (rows.capacity == 0) return;
    GemmShape scores;
    scores.m = rows.capacity, scores.n = shape.slots, scores.k = shape.key_dim;
    scores.transpose_b = true;
    scores.lda = scores.ldb = shape.key_dim, scores.ldc = shape.slots;
    gemms_.run(rows.replicas, scores, query, key, {}, address, name);

    const std::ptrdiff_t size = std::ptrdiff_t{rows.capacity} * shape.slots;
    for_replica_groups(rows.replicas, size, address.stride, [&](int first, int replicas) {
        const TensorDescriptor tensor = make_addresses(replicas, rows.capacity, shape.slots,
                                                       replicas > 1 ? address.stride : size);
        const float one = 1, zero = 0;
        MANYGPCM_CHECK(
            cudnnSoftmaxForward(cudnn(), CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one,
                                tensor.get(), address[first], &zero, tensor.get(), address[first]),
            name);
    });
}

void CudaDevice::run(const AddressSoftmaxBackward<float>& args) {
    const auto& [rows, shape, query, key, address, daddress, dquery, dquery_write, dkey] = args;
    const char* const name = args.name;
    if (rows.capacity == 0) return;
    // daddress is 0 beyond a replica's rows and stays so: p (0 - sum p 0).
    const std::ptrdiff_t size = std::ptrdiff_t{rows.capacity} * shape.slots;
    for_replica_groups(
        rows.replicas, size, std::max(address.stride, daddress.stride),
        [&](int first, int replicas) {
            const auto describe = [&](std::ptrdiff_t stride) {
                return make_addresses(replicas, rows.capacity, shape.slots,
                                      replicas > 1 ? stride : size);
            };
            const TensorDescriptor value = describe(address.stride),
                                   gradient = describe(daddress.stride);
            const float one = 1, zero = 0;
            MANYGPCM_CHECK(
                cudnnSoftmaxBackward(cudnn(), CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
                                     &one, value.get(), address[first], gradient.get(),
                                     daddress[first], &zero, gradient.get(), daddress[first]),
                name);
        });

    GemmShape to_query;
    to_query.m = rows.capacity, to_query.n = shape.key_dim, to_query.k = shape.slots;
    to_query.lda = shape.slots, to_query.ldb = to_query.ldc = shape.key_dim;
    to_query.beta = dquery_write == Write::add ? 1.0f : 0.0f;
    gemms_.run(rows.replicas, to_query, daddress, key, {}, dquery, name);
    GemmShape to_key;
    to_key.m = shape.slots, to_key.n = shape.key_dim, to_key.k = rows.capacity;
    to_key.transpose_a = true;
    to_key.lda = shape.slots, to_key.ldb = to_key.ldc = shape.key_dim;
    to_key.beta = 1;
    gemms_.run(rows.replicas, to_key, daddress, query, {}, dkey, name);
}

}  // namespace manygpcm::kernels::cuda
