// Matrix products over all replicas at once, by cublasLt. How a product is to be computed is looked
// up the first time that its shape is asked for; then its plan is kept.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <vector>

#include "handles.h"
#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels::cuda {

/// C [m, n] = op(A) op(B) + beta C for every replica, all row-major. `lda`, `ldb`, `ldc`: elements
/// between rows of the arrays as they lie in memory.
struct GemmShape {
    int m = 0, n = 0, k = 0;
    bool transpose_a = false;  ///< A lies as [k, m]
    bool transpose_b = false;  ///< B lies as [n, k]
    int lda = 0, ldb = 0, ldc = 0;
    float beta = 0;

    auto operator<=>(const GemmShape&) const = default;
};

/// All that cublasLt's choice depends on.
struct GemmKey {
    GemmShape shape;
    int replicas = 0;
    std::ptrdiff_t stride_a = 0, stride_b = 0, stride_c = 0, stride_bias = 0;
    unsigned alignment_a = 0, alignment_b = 0, alignment_c = 0;  ///< bytes
    bool bias = false;

    auto operator<=>(const GemmKey&) const = default;
};

struct GemmPlan {
    MatmulDescriptor operation;
    MatrixLayout a, b, c;
    cublasLtMatmulAlgo_t algorithm{};
    bool exists = false;  ///< whether cublasLt has an algorithm for it
};

/// A product without a bias.
struct Gemm {
    int replicas = 0;
    GemmShape shape;
    PerReplica<const float> a, b;
    PerReplica<float> c;
};

class Gemms {
  public:
    /// @param stream of GPU `ordinal`, where everything runs  @param tf32 DeviceOptions::tf32
    /// @throws OutOfMemory
    Gemms(int ordinal, cudaStream_t stream, bool tf32);

    /// Runs the product, and adds bias [n] to every row where one is given and cublasLt has an
    /// algorithm that does so.
    /// @param what the operation, for errors
    /// @return whether the bias was added; true where none is given
    bool run(int replicas, const GemmShape& shape, PerReplica<const float> a,
             PerReplica<const float> b, PerReplica<const float> bias, PerReplica<float> c,
             const char* what);

    /// Whether run_group() may take the product: the grouped call isn't told of alignments, which
    /// TF32 minds.
    bool can_group(const Gemm& product) const;

    /// Runs products of any shapes as one call (cublasGemmGroupedBatchedEx); none may read what
    /// another writes.
    /// @param pointers scratch in device memory: three for each product of each replica
    void run_group(const std::vector<Gemm>& products, float** pointers, const char* what);

  private:
    const GemmPlan& plan(const GemmKey& key);

    int ordinal_;
    cudaStream_t stream_;
    cublasComputeType_t compute_;
    CublasLt cublas_;
    Cublas grouped_;  ///< grouped products are cublas's, not cublasLt's
    DeviceMemory workspace_;
    std::map<GemmKey, GemmPlan> plans_;
};

}  // namespace manygpcm::kernels::cuda
