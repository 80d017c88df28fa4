#include "columns.cuh"
#include "cuda_device.h"

namespace manygpcm::kernels::cuda {
namespace {

template <int V>
__global__ void __launch_bounds__(tile_threads)
    gather_kernel(Rows rows, int width, PerReplica<const float> table, RowIndex index,
                  PerReplica<float> y) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    if (column >= width) return;
    for_tile_rows(rows.capacity, [&](int row) {
        const std::ptrdiff_t from = index[replica][row];
        store(y[replica] + std::ptrdiff_t{row} * width + column,
              load<V>(table[replica] + from * width + column));
    });
}

}  // namespace

void CudaDevice::run(const EmbeddingForward<float>& args) {
    const auto& [rows, width, table, index, y] = args;
    with_vectors(vector_width(width, table, y), [&](auto v) {
        const Tiles tiles = make_tiles(rows, width, v());
        launch({.grid = tiles.grid, .block = tiles.block, .stream = stream(), .name = args.name},
               gather_kernel<v()>, rows, width, table, index, y);
    });
}

void CudaDevice::run(const EmbeddingBackward<float>& args) {
    scatter_rows(args.rows, args.table_rows, args.width, args.index, args.dy, args.dtable,
                 Write::add, args.name);
}

}  // namespace manygpcm::kernels::cuda
