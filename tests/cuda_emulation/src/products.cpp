#include "products.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "memory.h"
#include "report.h"

namespace cuda_emulation {
namespace {

/// Checks the elements of a matrix, along its contiguous direction where it has one.
bool check(const Product& product, const char* role, const Matrix& m, const float* data,
           bool reading) {
    const bool by_column = m.row_stride == 1;
    const std::int64_t runs = by_column ? m.columns : m.rows;
    const std::int64_t length = by_column ? m.rows : m.columns;
    const std::int64_t run_stride = by_column ? m.column_stride : m.row_stride;
    Region& memory = device_memory();
    for (std::int64_t r = 0; r < runs; ++r) {
        const float* run = data + r * run_stride;
        std::size_t where = 0;
        const auto fault =
            memory.contains(run)
                ? memory.check(memory.offset(run), static_cast<std::size_t>(length) * sizeof(float),
                               reading, &where)
                : Fault::out_of_bounds;
        if (fault == Fault::none) continue;
        const void* address =
            memory.contains(run) ? memory.at(where) : static_cast<const void*>(run);
        report_failure(cudaErrorIllegalAddress,
                       fmt::format("{}: {} ({} by {}) {} {}", product.call, role, m.rows, m.columns,
                                   fault == Fault::uninitialised ? "isn't initialised at"
                                   : reading                     ? "reads"
                                                                 : "writes",
                                   describe(address)));
        return false;
    }
    return true;
}

void mark_written(const Matrix& m, const float* data) {
    const bool by_column = m.row_stride == 1;
    const std::int64_t runs = by_column ? m.columns : m.rows;
    const std::int64_t length = by_column ? m.rows : m.columns;
    for (std::int64_t r = 0; r < runs; ++r)
        device_memory().set_initialised(
            device_memory().offset(data + r * (by_column ? m.column_stride : m.row_stride)),
            static_cast<std::size_t>(length) * sizeof(float), true);
}

/// Rounded to the ten bits of mantissa that TF32 has.
float round_to_tf32(float x) {
    if (!(x - x == 0)) return x;
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + 0x1000u) & 0xffffe000u);
}

/// Row-major copy.
std::vector<float> gather(const Matrix& m, const float* data, bool tf32) {
    std::vector<float> copy(static_cast<std::size_t>(m.rows * m.columns));
    for (std::int64_t i = 0; i < m.rows; ++i)
        for (std::int64_t j = 0; j < m.columns; ++j) {
            const float x = data[i * m.row_stride + j * m.column_stride];
            copy[static_cast<std::size_t>(i * m.columns + j)] = tf32 ? round_to_tf32(x) : x;
        }
    return copy;
}

}  // namespace

cudaError_t run_product(const Product& product, const ProductArrays& arrays) {
    if (failure() != cudaSuccess) return failure();
    const Matrix &a = product.a, &b = product.b, &d = product.d;
    const Matrix bias{d.rows, 1, 1, d.rows};
    // Where alpha or beta is 0, what it multiplies isn't read.
    if ((product.alpha != 0 &&
         (!check(product, "A", a, arrays.a, true) || !check(product, "B", b, arrays.b, true))) ||
        (product.beta != 0 && !check(product, "C", d, arrays.c, true)) ||
        (arrays.bias && !check(product, "the bias", bias, arrays.bias, true)) ||
        !check(product, "D", d, arrays.d, false))
        return failure();

    std::vector<float> sums(static_cast<std::size_t>(d.rows * d.columns), 0.0f);
    if (product.alpha != 0) {
        const std::vector<float> left = gather(a, arrays.a, product.tf32);
        const std::vector<float> right = gather(b, arrays.b, product.tf32);
        for (std::int64_t i = 0; i < d.rows; ++i) {
            float* sum = sums.data() + i * d.columns;
            for (std::int64_t k = 0; k < a.columns; ++k) {
                const float x = left[static_cast<std::size_t>(i * a.columns + k)];
                const float* row = right.data() + k * d.columns;
                for (std::int64_t j = 0; j < d.columns; ++j)
                    sum[j] += x * row[j];
            }
        }
    }
    for (std::int64_t i = 0; i < d.rows; ++i)
        for (std::int64_t j = 0; j < d.columns; ++j) {
            const std::int64_t place = i * d.row_stride + j * d.column_stride;
            float x = product.alpha * sums[static_cast<std::size_t>(i * d.columns + j)];
            if (product.beta != 0) x += product.beta * arrays.c[place];
            if (arrays.bias) x += arrays.bias[i];
            arrays.d[place] = product.relu ? std::max(x, 0.0f) : x;
        }
    mark_written(d, arrays.d);
    return cudaSuccess;
}

cublasStatus_t refuse(cublasStatus_t status, const char* call, const std::string& why) {
    note(fmt::format("{}: {}", call, why));
    return status;
}

cublasStatus_t as_status(cudaError_t error) {
    return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace cuda_emulation
