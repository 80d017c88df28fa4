// The product is cublasLt's. A bias alone is added by the product itself; with an addend or an
// activation one pass does all three. Backward, one pass takes the activation's slope in and sums
// the bias's gradient; the two products and the addend's gradient follow.
#include <utility>

#include "columns.cuh"
#include "cuda_device.h"

namespace manygpcm::kernels::cuda {
namespace {

__device__ float activate(float x, Activation activation) {
    switch (activation) {
        case Activation::sigmoid:
            return 1 / (1 + expf(-x));
        case Activation::tanh:
            return tanhf(x);
        case Activation::relu:
            return fmaxf(x, 0);
        case Activation::identity:
            break;
    }
    return x;
}

/// The derivative of the activation where its value is y.
__device__ float slope(float y, Activation activation) {
    switch (activation) {
        case Activation::sigmoid:
            return y - y * y;
        case Activation::tanh:
            return 1 - y * y;
        case Activation::relu:
            return y > 0 ? 1.0f : 0.0f;
        case Activation::identity:
            break;
    }
    return 1;
}

/// y = activation(y + bias + addend).
template <int V>
__global__ void __launch_bounds__(tile_threads)
    finish_kernel(Rows rows, int width, Activation activation, PerReplica<const float> bias,
                  PerReplica<const float> addend, RowIndex addend_row, PerReplica<float> y) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    if (column >= width) return;
    const Floats<V> own_bias = bias ? load<V>(bias[replica] + column) : zeros<V>();
    for_tile_rows(rows.capacity, [&](int row) {
        float* const at = y[replica] + std::ptrdiff_t{row} * width + column;
        Floats<V> value = load<V>(at);
        for (int i = 0; i < V; ++i)
            value.at[i] += own_bias.at[i];
        if (addend) {
            const std::ptrdiff_t from = addend_row ? addend_row[replica][row] : row;
            const Floats<V> add = load<V>(addend[replica] + from * width + column);
            for (int i = 0; i < V; ++i)
                value.at[i] += add.at[i];
        }
        for (int i = 0; i < V; ++i)
            value.at[i] = activate(value.at[i], activation);
        store(at, value);
    });
}

/// dy times the activation's slope, in place, and 0 beyond the rows. @param partial sums of dy's
/// columns over each chunk of rows
template <int V>
__global__ void __launch_bounds__(tile_threads)
    undo_kernel(Rows rows, int width, Activation activation, PerReplica<const float> y,
                PerReplica<float> dy, float* partial) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    const int n_rows = rows[replica];
    Floats<V> sum = zeros<V>();
    if (column < width)
        for_tile_rows(rows.capacity, [&](int row) {
            const std::ptrdiff_t at = std::ptrdiff_t{row} * width + column;
            Floats<V> grad = zeros<V>();
            if (row < n_rows) {
                grad = load<V>(dy[replica] + at);
                const Floats<V> value = load<V>(y[replica] + at);
                for (int i = 0; i < V; ++i) {
                    grad.at[i] *= slope(value.at[i], activation);
                    sum.at[i] += grad.at[i];
                }
            }
            store(dy[replica] + at, grad);
        });
    if (!partial) return;
    sum = sum_block_rows(sum, block_shared<float>());
    if (threadIdx.y == 0 && column < width) store(partial_sums(partial, 1, 0, width) + column, sum);
}

/// to = or += from where rows are, and 0 where they are replaced and aren't.
template <int V>
__global__ void __launch_bounds__(tile_threads)
    send_rows_kernel(Rows rows, int width, PerReplica<const float> from, PerReplica<float> to,
                     Write write) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    const int n_rows = rows[replica];
    if (column >= width) return;
    for_tile_rows(write == Write::add ? n_rows : rows.capacity, [&](int row) {
        const std::ptrdiff_t at = std::ptrdiff_t{row} * width + column;
        Floats<V> value = row < n_rows ? load<V>(from[replica] + at) : zeros<V>();
        if (write == Write::add) {
            const Floats<V> old = load<V>(to[replica] + at);
            for (int i = 0; i < V; ++i)
                value.at[i] += old.at[i];
        }
        store(to[replica] + at, value);
    });
}

}  // namespace

void CudaDevice::add_column_sums(Rows rows, int width, In x, Out sums, const char* name) {
    with_vectors(vector_width(width, x), [&](auto v) {
        const Tiles tiles = make_tiles(rows, width, v());
        float* const partial = workspace<float>(partial_size(tiles, 1, width));
        launch({.grid = tiles.grid,
                .block = tiles.block,
                .stream = stream(),
                .name = name,
                .shared_bytes = block_rows_bytes<v()>()},
               column_sums_kernel<v()>, rows, width, x, partial);
        add_partial_sums(stream(), name, rows.replicas, tiles.chunks(), width, partial, sums);
    });
}

void CudaDevice::begin_group() {
    group_.clear();  // of one that an exception ended
    after_group_.clear();
    grouping_ = true;
}

void CudaDevice::end_group() {
    grouping_ = false;
    const std::vector<Gemm> products = std::exchange(group_, {});
    const auto after = std::exchange(after_group_, {});
    std::size_t pointers = 0;
    for (const Gemm& product : products)
        pointers += 3 * static_cast<std::size_t>(product.replicas);
    gemms_.run_group(products, workspace<float*>(pointers), "group of linear maps");
    for (const auto& finish : after)
        finish();
}

void CudaDevice::multiply(int replicas, const GemmShape& shape, In a, In b, Out c,
                          const char* name) {
    const Gemm product{replicas, shape, a, b, c};
    if (!grouping_ || !gemms_.can_group(product))
        gemms_.run(replicas, shape, a, b, {}, c, name);
    else if (replicas > 0 && shape.m > 0 && shape.n > 0 && shape.k > 0)
        group_.push_back(product);
}

void CudaDevice::run(const LinearForward<float>& args) {
    const LinearShape& shape = args.shape;
    const LinearInput<float>& in = args.in;
    GemmShape product;
    product.m = args.rows.capacity, product.n = shape.out, product.k = shape.in;
    product.transpose_b = true;
    product.lda = shape.in, product.ldb = shape.weight_stride, product.ldc = shape.out;
    if (grouping_) {
        multiply(args.rows.replicas, product, in.x, in.weight, args.y, args.name);
        after_group_.push_back([args, this] { finish(args); });
        return;
    }
    const bool plain = shape.activation == Activation::identity && !in.addend;
    const bool finished = gemms_.run(args.rows.replicas, product, in.x, in.weight,
                                     plain ? in.bias : In{}, args.y, args.name);
    if (!plain || !finished) finish(args);
}

void CudaDevice::finish(const LinearForward<float>& args) {
    const LinearShape& shape = args.shape;
    const LinearInput<float>& in = args.in;
    if (shape.activation == Activation::identity && !in.addend && !in.bias) return;
    with_vectors(vector_width(shape.out, in.bias, in.addend, args.y), [&](auto v) {
        const Tiles tiles = make_tiles(args.rows, shape.out, v());
        launch({.grid = tiles.grid, .block = tiles.block, .stream = stream(), .name = args.name},
               finish_kernel<v()>, args.rows, shape.out, shape.activation, in.bias, in.addend,
               in.addend_row, args.y);
    });
}

void CudaDevice::run(const LinearBackward<float>& args) {
    const auto& [rows, addend_rows, shape, in, y, dy, gradient] = args;
    const char* const name = args.name;
    if (shape.activation == Activation::identity) {
        if (gradient.bias) add_column_sums(rows, shape.out, dy, gradient.bias, name);
    } else {
        with_vectors(vector_width(shape.out, y, dy), [&](auto v) {
            const Tiles tiles = make_tiles(rows, shape.out, v());
            float* const partial =
                gradient.bias ? workspace<float>(partial_size(tiles, 1, shape.out)) : nullptr;
            launch({.grid = tiles.grid,
                    .block = tiles.block,
                    .stream = stream(),
                    .name = name,
                    .shared_bytes = block_rows_bytes<v()>()},
                   undo_kernel<v()>, rows, shape.out, shape.activation, y, dy, partial);
            if (partial)
                add_partial_sums(stream(), name, rows.replicas, tiles.chunks(), shape.out, partial,
                                 gradient.bias);
        });
    }

    // Over all rows that there may be: dy is 0 beyond those that there are.
    GemmShape weight;
    weight.m = shape.out, weight.n = shape.in, weight.k = rows.capacity;
    weight.transpose_a = true;
    weight.lda = shape.out, weight.ldb = shape.in, weight.ldc = shape.weight_stride;
    weight.beta = 1;
    multiply(rows.replicas, weight, dy, in.x, gradient.weight, name);
    if (gradient.x) {
        GemmShape x;
        x.m = rows.capacity, x.n = shape.in, x.k = shape.out;
        x.lda = shape.out, x.ldb = shape.weight_stride, x.ldc = shape.in;
        x.beta = gradient.x_write == Write::add ? 1.0f : 0.0f;
        multiply(rows.replicas, x, dy, in.weight, gradient.x, name);
    }

    if (!gradient.addend) return;
    if (in.addend_row) {
        scatter_rows(rows, addend_rows.capacity, shape.out, in.addend_row, dy, gradient.addend,
                     gradient.addend_write, name);
        return;
    }
    with_vectors(vector_width(shape.out, dy, gradient.addend), [&](auto v) {
        const Tiles tiles = make_tiles(rows, shape.out, v());
        launch({.grid = tiles.grid, .block = tiles.block, .stream = stream(), .name = name},
               send_rows_kernel<v()>, rows, shape.out, In(dy), gradient.addend,
               gradient.addend_write);
    });
}

}  // namespace manygpcm::kernels::cuda
