// cuBLASLt: descriptors, the heuristic that always finds one algorithm, and the product with the
// checks of its arguments that the documentation names.
#include <cublasLt.h>
#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "memory.h"
#include "products.h"
#include "report.h"
#include "resources.h"

struct cublasLtContext {};

struct cublasLtMatmulDescOpaque_t {
    cublasComputeType_t compute;
    cudaDataType_t scale;
    std::int32_t pointer_mode = CUBLASLT_POINTER_MODE_HOST;
    std::int32_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N, transpose_c = CUBLAS_OP_N;
    std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const void* bias = nullptr;
    std::int64_t bias_stride = 0;
    std::int32_t bias_type = -1;
};

struct cublasLtMatrixLayoutOpaque_t {
    std::uint32_t type = CUDA_R_32F;
    std::int32_t order = CUBLASLT_ORDER_COL;
    std::uint64_t rows = 0, columns = 0;
    std::int64_t leading_dimension = 0;
    std::int32_t batches = 1;
    std::int64_t stride = 0;
};

struct cublasLtMatmulPreferenceOpaque_t {
    std::uint64_t workspace = 0;
    std::uint32_t alignments[4] = {256, 256, 256, 256};  ///< of A, B, C, D
};

namespace cuda_emulation {
namespace {

/// What an algorithm was chosen for, in its opaque data.
struct Algorithm {
    std::uint64_t mark, workspace, alignments[4];
};
constexpr std::uint64_t algorithm_mark = 0x6d616e796770636d;

/// Its emulated algorithm asks for this much workspace where the preference allows it, so that the
/// argument is put to the test.
constexpr std::size_t wanted_workspace = 4096;

template <class T>
cublasStatus_t set(T& field, const void* value, std::size_t bytes, const char* call,
                   int attribute) {
    if (!value || bytes != sizeof(T))
        return refuse(
            CUBLAS_STATUS_INVALID_VALUE, call,
            fmt::format("attribute {} takes {} bytes, not {}", attribute, sizeof(T), bytes));
    std::memcpy(&field, value, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t destroy(T* object, const char* kind, const char* call) {
    const std::lock_guard lock(device_mutex());
    if (!object) return CUBLAS_STATUS_SUCCESS;
    if (!remove_resource(object, kind))
        return refuse(CUBLAS_STATUS_INVALID_VALUE, call, fmt::format("no such {}", kind));
    delete object;
    return CUBLAS_STATUS_SUCCESS;
}

std::uint64_t alignment_of(const void* address) {
    const auto bits = reinterpret_cast<std::uintptr_t>(address);
    return bits ? bits & -bits : std::numeric_limits<std::uint64_t>::max();
}

Matrix matrix(const cublasLtMatrixLayoutOpaque_t& layout, bool transposed) {
    const auto rows = static_cast<std::int64_t>(layout.rows),
               columns = static_cast<std::int64_t>(layout.columns);
    const std::int64_t ld = layout.leading_dimension;
    const Matrix m = layout.order == CUBLASLT_ORDER_COL ? Matrix{rows, columns, 1, ld}
                                                        : Matrix{rows, columns, ld, 1};
    if (!transposed) return m;
    return {m.columns, m.rows, m.column_stride, m.row_stride};
}

/// Everything that can be told without the arrays. @returns "" where it is fine
std::string problem(const cublasLtMatmulDescOpaque_t& description,
                    const cublasLtMatrixLayoutOpaque_t& a, const cublasLtMatrixLayoutOpaque_t& b,
                    const cublasLtMatrixLayoutOpaque_t& c, const cublasLtMatrixLayoutOpaque_t& d,
                    cublasStatus_t* status) {
    *status = CUBLAS_STATUS_NOT_SUPPORTED;
    if (description.compute != CUBLAS_COMPUTE_32F &&
        description.compute != CUBLAS_COMPUTE_32F_PEDANTIC &&
        description.compute != CUBLAS_COMPUTE_32F_FAST_TF32)
        return fmt::format("compute type {}", static_cast<int>(description.compute));
    if (description.scale != CUDA_R_32F)
        return fmt::format("scale type {} with 32-bit products",
                           static_cast<int>(description.scale));
    if (description.pointer_mode != CUBLASLT_POINTER_MODE_HOST)
        return fmt::format("pointer mode {} isn't emulated", description.pointer_mode);
    if (description.transpose_c != CUBLAS_OP_N) return "C must not be transposed";
    const bool plain = description.epilogue == CUBLASLT_EPILOGUE_DEFAULT ||
                       description.epilogue == CUBLASLT_EPILOGUE_RELU;
    if (!plain && description.epilogue != CUBLASLT_EPILOGUE_BIAS &&
        description.epilogue != CUBLASLT_EPILOGUE_RELU_BIAS)
        return fmt::format("epilogue {} isn't emulated", description.epilogue);
    if (!plain && d.order != CUBLASLT_ORDER_COL) return "a bias needs a column-major D";
    if (description.bias_type != -1 && description.bias_type != CUDA_R_32F)
        return fmt::format("bias of type {}", description.bias_type);

    struct Named {
        const char* name;
        const cublasLtMatrixLayoutOpaque_t& layout;
        bool written;
    };
    for (const auto& [name, m, written] :
         {Named{"A", a, false}, Named{"B", b, false}, Named{"C", c, false}, Named{"D", d, true}}) {
        if (m.type != CUDA_R_32F) return fmt::format("{} of type {}", name, m.type);
        *status = CUBLAS_STATUS_INVALID_VALUE;
        const auto rows = static_cast<std::int64_t>(m.rows),
                   columns = static_cast<std::int64_t>(m.columns);
        if (rows < 1 || columns < 1) return fmt::format("{} is {} by {}", name, rows, columns);
        const bool by_column = m.order == CUBLASLT_ORDER_COL;
        const std::int64_t inner = by_column ? rows : columns, outer = by_column ? columns : rows;
        if (m.leading_dimension < inner)
            return fmt::format("leading dimension {} of {}, which is {} by {} and {}-major",
                               m.leading_dimension, name, rows, columns,
                               by_column ? "column" : "row");
        if (m.batches != d.batches)
            return fmt::format("{} has {} batches, D {}", name, m.batches, d.batches);
        if (m.batches < 1) return fmt::format("{} batches", m.batches);
        if (m.stride < 0) return fmt::format("batch stride {} of {}", m.stride, name);
        // One behind the other, or side by side within the leading dimension.
        const bool apart =
            m.stride >= (outer - 1) * m.leading_dimension + inner ||
            (m.stride >= inner && m.leading_dimension >= m.stride * (m.batches - 1) + inner);
        if (written && m.batches > 1 && !apart)
            return fmt::format("the {} batches of {}, {} by {}, overlap at stride {}", m.batches,
                               name, rows, columns, m.stride);
        *status = CUBLAS_STATUS_NOT_SUPPORTED;
    }
    *status = CUBLAS_STATUS_INVALID_VALUE;
    const Matrix left = matrix(a, description.transpose_a != CUBLAS_OP_N);
    const Matrix right = matrix(b, description.transpose_b != CUBLAS_OP_N);
    if (left.columns != right.rows || left.rows != static_cast<std::int64_t>(d.rows) ||
        right.columns != static_cast<std::int64_t>(d.columns) || c.rows != d.rows ||
        c.columns != d.columns)
        return fmt::format("op(A) is {} by {}, op(B) {} by {}, C {} by {}, D {} by {}", left.rows,
                           left.columns, right.rows, right.columns, c.rows, c.columns, d.rows,
                           d.columns);
    if (c.order != d.order) return "C and D of different orders";
    if (!plain && description.bias_stride != 0 &&
        description.bias_stride < static_cast<std::int64_t>(d.rows))
        return fmt::format("bias batch stride {} of {} rows", description.bias_stride, d.rows);
    return "";
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;

const char* cublasLtGetStatusString(cublasStatus_t status) {
    return cublasGetStatusString(status);
}
const char* cublasLtGetStatusName(cublasStatus_t status) {
    return cublasGetStatusName(status);
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return CUBLAS_STATUS_NOT_INITIALIZED;
    *handle = new cublasLtContext;
    add_resource(*handle, "cuBLASLt handle");
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    return destroy(handle, "cuBLASLt handle", "cublasLtDestroy");
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* description,
                                        cublasComputeType_t compute, cudaDataType_t scale) {
    const std::lock_guard lock(device_mutex());
    *description = new cublasLtMatmulDescOpaque_t{compute, scale};
    add_resource(*description, "cuBLASLt product description");
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
    return destroy(description, "cuBLASLt product description", "cublasLtMatmulDescDestroy");
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, std::size_t bytes) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasLtMatmulDescSetAttribute";
    auto& d = *description;
    switch (attribute) {
        case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE:
            return set(d.compute, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
            return set(d.scale, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_POINTER_MODE:
            return set(d.pointer_mode, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_TRANSA:
            return set(d.transpose_a, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_TRANSB:
            return set(d.transpose_b, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_TRANSC:
            return set(d.transpose_c, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_EPILOGUE:
            return set(d.epilogue, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
            return set(d.bias, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
            return set(d.bias_stride, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
            return set(d.bias_type, value, bytes, call, attribute);
    }
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, call,
                  fmt::format("attribute {} isn't emulated", static_cast<int>(attribute)));
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type,
                                          std::uint64_t rows, std::uint64_t columns,
                                          std::int64_t leading_dimension) {
    const std::lock_guard lock(device_mutex());
    *layout = new cublasLtMatrixLayoutOpaque_t;
    (*layout)->type = type;
    (*layout)->rows = rows;
    (*layout)->columns = columns;
    (*layout)->leading_dimension = leading_dimension;
    add_resource(*layout, "cuBLASLt layout");
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    return destroy(layout, "cuBLASLt layout", "cublasLtMatrixLayoutDestroy");
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void* value, std::size_t bytes) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasLtMatrixLayoutSetAttribute";
    auto& l = *layout;
    switch (attribute) {
        case CUBLASLT_MATRIX_LAYOUT_TYPE:
            return set(l.type, value, bytes, call, attribute);
        case CUBLASLT_MATRIX_LAYOUT_ORDER:
            return set(l.order, value, bytes, call, attribute);
        case CUBLASLT_MATRIX_LAYOUT_ROWS:
            return set(l.rows, value, bytes, call, attribute);
        case CUBLASLT_MATRIX_LAYOUT_COLS:
            return set(l.columns, value, bytes, call, attribute);
        case CUBLASLT_MATRIX_LAYOUT_LD:
            return set(l.leading_dimension, value, bytes, call, attribute);
        case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
            return set(l.batches, value, bytes, call, attribute);
        case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
            return set(l.stride, value, bytes, call, attribute);
    }
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, call,
                  fmt::format("attribute {} isn't emulated", static_cast<int>(attribute)));
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
    const std::lock_guard lock(device_mutex());
    *preference = new cublasLtMatmulPreferenceOpaque_t;
    add_resource(*preference, "cuBLASLt preference");
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    return destroy(preference, "cuBLASLt preference", "cublasLtMatmulPreferenceDestroy");
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, std::size_t bytes) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasLtMatmulPreferenceSetAttribute";
    std::uint32_t ignored = 0;
    switch (attribute) {
        case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
            return set(preference->workspace, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_PREF_SEARCH_MODE:
        case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
            return set(ignored, value, bytes, call, attribute);
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
            return set(
                preference->alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES],
                value, bytes, call, attribute);
    }
    return refuse(CUBLAS_STATUS_NOT_SUPPORTED, call,
                  fmt::format("attribute {} isn't emulated", static_cast<int>(attribute)));
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle,
                                              cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int asked,
                                              cublasLtMatmulHeuristicResult_t results[],
                                              int* found) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasLtMatmulAlgoGetHeuristic";
    if (!is_resource(handle, "cuBLASLt handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, call, "no such handle");
    if (!description || !a || !b || !c || !d || !preference || asked < 1 || !results || !found)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, call, "null or nothing asked for");
    *found = 0;
    cublasStatus_t status;
    const std::string why = problem(*description, *a, *b, *c, *d, &status);
    if (!why.empty()) return refuse(status, call, why);
    results[0] = {};
    Algorithm algorithm{
        algorithm_mark, std::min<std::uint64_t>(wanted_workspace, preference->workspace), {}};
    for (int i = 0; i < 4; ++i)
        algorithm.alignments[i] = preference->alignments[i];
    static_assert(sizeof(algorithm) <= sizeof(results[0].algo));
    std::memcpy(&results[0].algo, &algorithm, sizeof(algorithm));
    results[0].workspaceSize = algorithm.workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    results[0].wavesCount = 1;
    *found = 1;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
                              const void* alpha, const void* a, cublasLtMatrixLayout_t a_layout,
                              const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,
                              const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algo,
                              void* workspace, std::size_t workspace_bytes, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasLtMatmul";
    const auto invalid = [&](const std::string& why) {
        return refuse(CUBLAS_STATUS_INVALID_VALUE, call, why);
    };
    if (failure() != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
    if (!is_resource(handle, "cuBLASLt handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, call, "no such handle");
    if (!description || !alpha || !a || !a_layout || !b || !b_layout || !beta || !c_layout || !d ||
        !d_layout)
        return invalid("null");
    cublasStatus_t status;
    const std::string why =
        problem(*description, *a_layout, *b_layout, *c_layout, *d_layout, &status);
    if (!why.empty()) return refuse(status, call, why);

    Product product;
    product.call = call;
    product.a = matrix(*a_layout, description->transpose_a != CUBLAS_OP_N);
    product.b = matrix(*b_layout, description->transpose_b != CUBLAS_OP_N);
    product.d = matrix(*d_layout, false);
    product.alpha = *static_cast<const float*>(alpha);
    product.beta = *static_cast<const float*>(beta);
    product.relu = description->epilogue & CUBLASLT_EPILOGUE_RELU;
    product.tf32 = description->compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    const bool biased = description->epilogue & CUBLASLT_EPILOGUE_BIAS;
    if (product.beta != 0 && !c) return invalid("beta isn't 0 and C is null");
    if (product.beta != 0 && c != d) {
        // Apart from D the emulation's loops would need C's own strides.
        if (c_layout->leading_dimension != d_layout->leading_dimension ||
            c_layout->stride != d_layout->stride)
            return refuse(CUBLAS_STATUS_NOT_SUPPORTED, call,
                          "C that lies otherwise than D isn't emulated");
    }
    if (biased && !description->bias) return invalid("an epilogue with bias and no bias pointer");
    if (d == a || d == b) return invalid("D is one of the factors");

    const void* arrays[] = {a, b, product.beta != 0 ? c : nullptr, d,
                            biased ? description->bias : nullptr};
    for (const void* array : arrays)
        if (alignment_of(array) < sizeof(float))
            return invalid("an array isn't aligned to 4 bytes");
    std::size_t used_workspace = 0;
    if (algo) {
        Algorithm algorithm;
        std::memcpy(&algorithm, algo, sizeof(algorithm));
        if (algorithm.mark != algorithm_mark)
            return invalid("an algorithm that no heuristic found");
        const cublasLtMatrixLayout_t layouts[] = {a_layout, b_layout, c_layout, d_layout};
        for (int i = 0; i < 4; ++i) {
            const auto stride =
                static_cast<std::uint64_t>(layouts[i]->batches > 1 ? layouts[i]->stride : 0);
            const std::uint64_t aligned = std::min(
                alignment_of(arrays[i]), alignment_of(reinterpret_cast<void*>(stride * 4)));
            if (aligned < algorithm.alignments[i])
                return invalid(
                    fmt::format("{} is aligned to {} bytes, its algorithm was chosen for {}",
                                "ABCD"[i], aligned, algorithm.alignments[i]));
        }
        used_workspace = algorithm.workspace;
        if (workspace_bytes < used_workspace)
            return invalid(fmt::format("{} bytes of workspace where the algorithm needs {}",
                                       workspace_bytes, used_workspace));
    }
    if (used_workspace && (!workspace || alignment_of(workspace) < 256))
        return invalid("the workspace isn't aligned to 256 bytes");

    const int batches = d_layout->batches;
    const std::int64_t strides[] = {a_layout->stride, b_layout->stride, d_layout->stride,
                                    description->bias_stride};
    const float* bias = biased ? static_cast<const float*>(description->bias) : nullptr;
    return as_status(enqueue(stream, call, [=] {
        // Nothing that was there survives.
        if (used_workspace) {
            std::size_t where;
            Region& memory = device_memory();
            if (!memory.contains(workspace) ||
                memory.check(memory.offset(workspace), used_workspace, false, &where) !=
                    Fault::none) {
                report_failure(cudaErrorIllegalAddress,
                               fmt::format("{}: {} bytes of workspace from {}", call,
                                           used_workspace, describe(workspace)));
                return failure();
            }
            memory.set_initialised(memory.offset(workspace), used_workspace, false);
        }
        for (int batch = 0; batch < batches; ++batch) {
            const ProductArrays one{static_cast<const float*>(a) + batch * strides[0],
                                    static_cast<const float*>(b) + batch * strides[1],
                                    c ? static_cast<const float*>(c) + batch * strides[2] : nullptr,
                                    bias ? bias + batch * strides[3] : nullptr,
                                    static_cast<float*>(d) + batch * strides[2]};
            if (const cudaError_t error = run_product(product, one)) return error;
        }
        return cudaSuccess;
    }));
}
