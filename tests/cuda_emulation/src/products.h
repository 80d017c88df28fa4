// Matrix products for the libraries' emulations: plain loops over device memory that check every
// array they read and mark what they write.
#pragma once

#include <cublasLt.h>

#include <cstdint>
#include <string>

#include "streams.h"

namespace cuda_emulation {

/// A matrix in device memory; strides in elements.
struct Matrix {
    std::int64_t rows = 0, columns = 0;
    std::int64_t row_stride = 0, column_stride = 0;  ///< to the next row, to the next column
};

/// D = alpha A B + beta C + bias for every batch.
struct Product {
    const char* call = "";
    Matrix a, b, d;  ///< after transposing; C lies as D
    float alpha = 1, beta = 0;
    bool relu = false, tf32 = false;
};

/// The arrays of one batch. `bias` [rows of D] may be null, `c` where beta is 0.
struct ProductArrays {
    const float *a = nullptr, *b = nullptr, *c = nullptr, *bias = nullptr;
    float* d = nullptr;
};

/// Ends in report_failure() where an array is out of bounds or not initialised.
cudaError_t run_product(const Product& product, const ProductArrays& arrays);

/// A library refuses a call: notes `why` and hands `status` on.
cublasStatus_t refuse(cublasStatus_t status, const char* call, const std::string& why);
/// What enqueue() returned, in cuBLAS's words.
cublasStatus_t as_status(cudaError_t error);

}  // namespace cuda_emulation
