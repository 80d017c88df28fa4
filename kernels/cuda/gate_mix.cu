#include "cuda_device.h"
#include "flat.cuh"

namespace manygpcm::kernels::cuda {
namespace {

template <int V>
__global__ void __launch_bounds__(flat_threads)
    mix_forward_kernel(std::size_t size, PerReplica<const float> g, PerReplica<const float> a,
                       PerReplica<const float> b, PerReplica<float> y) {
    const int replica = static_cast<int>(blockIdx.y);
    const std::size_t at = flat_thread() * V;
    if (at >= size) return;
    const Floats<V> gate = load<V>(g[replica] + at), x = load<V>(a[replica] + at);
    Floats<V> value = load<V>(b[replica] + at);
    for (int i = 0; i < V; ++i)
        value.at[i] += gate.at[i] * (x.at[i] - value.at[i]);
    store(y[replica] + at, value);
}

template <int V>
__global__ void __launch_bounds__(flat_threads)
    mix_backward_kernel(Rows rows, int width, PerReplica<const float> g, PerReplica<const float> a,
                        PerReplica<const float> b, PerReplica<const float> dy, PerReplica<float> dg,
                        PerReplica<float> da, PerReplica<float> db, Write db_write) {
    const int replica = static_cast<int>(blockIdx.y);
    const std::size_t at = flat_thread() * V, size = std::size_t(rows.capacity) * width,
                      end = std::size_t(rows[replica]) * width;
    if (at >= size) return;
    Floats<V> to_g = zeros<V>(), to_a = zeros<V>(), to_b = zeros<V>();
    if (at < end) {
        const Floats<V> gate = load<V>(g[replica] + at), x = load<V>(a[replica] + at),
                        base = load<V>(b[replica] + at), grad = load<V>(dy[replica] + at);
        for (int i = 0; i < V; ++i)
            if (at + i < end) {
                to_g.at[i] = grad.at[i] * (x.at[i] - base.at[i]);
                to_a.at[i] = grad.at[i] * gate.at[i];
                to_b.at[i] = grad.at[i] - to_a.at[i];
            }
    }
    if (db_write == Write::add) {
        const Floats<V> old = load<V>(db[replica] + at);
        for (int i = 0; i < V; ++i)
            to_b.at[i] += old.at[i];
    }
    store(dg[replica] + at, to_g);
    store(da[replica] + at, to_a);
    store(db[replica] + at, to_b);
}

}  // namespace

void CudaDevice::run(const GateMixForward<float>& args) {
    const auto& [rows, width, g, a, b, y] = args;
    const std::size_t size = flat_size(rows.capacity, width);
    with_vectors(flat_vector_width(size, g, a, b, y), [&](auto v) {
        launch({.grid = flat_grid(size / v(), rows.replicas),
                .block = dim3(flat_threads),
                .stream = stream(),
                .name = args.name},
               mix_forward_kernel<v()>, size, g, a, b, y);
    });
}

void CudaDevice::run(const GateMixBackward<float>& args) {
    const auto& [rows, width, g, a, b, dy, dg, da, db, db_write] = args;
    const std::size_t size = flat_size(rows.capacity, width);
    with_vectors(flat_vector_width(size, g, a, b, dy, dg, da, db), [&](auto v) {
        launch({.grid = flat_grid(size / v(), rows.replicas),
                .block = dim3(flat_threads),
                .stream = stream(),
                .name = args.name},
               mix_backward_kernel<v()>, rows, width, g, a, b, dy, dg, da, db, db_write);
    });
}

}  // namespace manygpcm::kernels::cuda
