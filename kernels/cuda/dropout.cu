// The words of a counter belong to elements 16 apart (dropout.h), so a thread takes four
// consecutive counters: the 16 elements that they decide on are four vectors of four.
#include "cuda_device.h"
#include "flat.cuh"
#include "manygpcm/kernels/philox.h"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int words = 4;           // of a counter, and counters of a thread
constexpr int chunk = 16 * words;  // elements whose counters are consecutive
constexpr int chunk_threads = chunk / (words * words);

/// to = or += from keep / (1 - rate) for all elements of the rows; 0 beyond them where replaced.
/// @param rows_only whether elements beyond the rows count as 0
/// @param keys null: keeps all, undivided
template <int V>
__global__ void __launch_bounds__(flat_threads)
    dropout_kernel(Rows rows, int width, bool rows_only, std::uint32_t use, std::uint32_t threshold,
                   float scale, const DropoutKey* keys, PerReplica<const float> from,
                   PerReplica<float> to, Write write) {
    const int replica = static_cast<int>(blockIdx.y);
    const std::size_t size = std::size_t(rows.capacity) * width,
                      end = rows_only ? std::size_t(rows[replica]) * width : size;
    const std::size_t number = flat_thread() / chunk_threads;  // of the chunk
    const unsigned first = static_cast<unsigned>(flat_thread() % chunk_threads) * words;
    if (number * chunk + first >= size) return;

    PhiloxCounter random[words];
    if (keys)
        for (unsigned i = 0; i < words; ++i)
            random[i] = philox({static_cast<std::uint32_t>(number) * (chunk / words) + first + i, 0,
                                use, keys[replica].step},
                               keys[replica].key);
    for (int word = 0; word < words; ++word)
        for (int i = 0; i < words; i += V) {
            const std::size_t at = number * chunk + std::size_t(word) * (chunk / words) + first + i;
            if (at >= size) break;
            Floats<V> value = zeros<V>();
            if (at < end) value = load<V>(from[replica] + at);
            for (int j = 0; j < V; ++j) {
                const bool keep = !keys || random[i + j][word] >= threshold;
                value.at[j] = keep && at + j < end ? value.at[j] * scale : 0;
            }
            if (write == Write::add) {
                const Floats<V> old = load<V>(to[replica] + at);
                for (int j = 0; j < V; ++j)
                    value.at[j] += old.at[j];
            }
            store(to[replica] + at, value);
        }
}

void start(cudaStream_t stream, const char* name, Rows rows, const DropoutShape& shape,
           bool rows_only, const DropoutKey* keys, PerReplica<const float> from,
           PerReplica<float> to, Write write) {
    if (shape.rate <= 0) keys = nullptr;
    const std::size_t size = flat_size(rows.capacity, shape.width);
    const auto threshold = static_cast<std::uint32_t>(shape.rate * 4294967296.0);
    const float scale = keys ? static_cast<float>(1 / (1 - shape.rate)) : 1.0f;
    with_vectors(flat_vector_width(size, from, to), [&](auto v) {
        launch(
            {.grid = flat_grid(ceil_div<std::size_t>(size, chunk) * chunk_threads, rows.replicas),
             .block = dim3(flat_threads),
             .stream = stream,
             .name = name},
            dropout_kernel<v()>, rows, shape.width, rows_only, shape.use, threshold, scale, keys,
            from, to, write);
    });
}

}  // namespace

void CudaDevice::run(const DropoutForward<float>& args) {
    start(stream(), args.name, args.rows, args.shape, false, args.keys, args.x, args.y,
          Write::replace);
}

void CudaDevice::run(const DropoutBackward<float>& args) {
    start(stream(), args.name, args.rows, args.shape, true, args.keys, args.dy, args.dx,
          args.write);
}

}  // namespace manygpcm::kernels::cuda
