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

void CudaDevice::embedding_forward(Rows rows, int width, In table, RowIndex index, Out y) {
    with_vectors(vector_width(width, table, y), [&](auto v) {
        const Tiles tiles = make_tiles(rows, width, v());
        launch({.grid = tiles.grid,
                .block = tiles.block,
                .stream = stream(),
                .name = "embedding_forward"},
               gather_kernel<v()>, rows, width, table, index, y);
    });
}

void CudaDevice::embedding_backward(Rows rows, int table_rows, int width, RowIndex index, In dy,
                                    Out dtable) {
    scatter_rows(rows, table_rows, width, index, dy, dtable, Write::add, "embedding_backward");
}

}  // namespace manygpcm::kernels::cuda
