// One stream of a GPU, and every operation of the models on it. The operations are spread over this
// folder's .cu files, one a file, as kernels/cpu has them.
//
// Conventions of all operations here:
// - An operation's launches depend on shapes, the number of replicas and Rows::capacity alone,
//   never on counts, which only kernels read. Forward passes write all `capacity` rows of their
//   results: what is computed row by row is computed for every row (row numbers beyond a count are
//   0); the memory scan and attention write zeros beyond a replica's steps.
// - A gradient that is replaced is zero beyond a replica's count. Where it is added to, nothing is
//   added there. So the gradients that come in are zero there, too, and products may run over all
//   rows.
// - The same inputs give the same bits: sums over rows are taken in an order that depends on shapes
//   alone, without floating-point atomics.
// - blockIdx.z, or .y where a kernel needs no other dimension, is the replica.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gemm.h"
#include "handles.h"
#include "manygpcm/kernels/device.h"
#include "row_lists.h"

namespace manygpcm::kernels::cuda {

class CudaDevice final : public Device {
  public:
    CudaDevice(int ordinal, const DeviceOptions& options);
    ~CudaDevice() override;

    // Device.
    std::string description() const override;
    std::size_t free_memory() const override;
    DevicePeaks peaks() const override;
    void synchronize() override;
    double time(const std::function<void()>& work) override;
    void copy(void* to, const void* from, std::size_t bytes) override;
    void begin_recording() override;
    std::unique_ptr<Recording> end_recording() override;
    void begin_group() override;
    void end_group() override;
    void pack_batch(int replicas, int n_questions, int n_categories, const DeviceLearners& learners,
                    const BatchOrder& order, const BatchArrays& out) override;
    void append_rows(Rows steps, int width, In x, int* position, Out all) override;
    void confusion_counts(Rows steps, int categories, In logits, RowIndex responses,
                          int* counts) override;
    void ordinal_losses(int replicas, int categories, const OrdinalLoss* losses,
                        PerReplica<const double> statistics, double* loss) override;
    void clip_and_adam(Rows steps, std::size_t size, const double* loss, OptimizerState* states,
                       Out parameters, In gradient, Out m, Out v) override;
    void next_batch(Rows steps, int* batch, DropoutKey* keys) override;

    // Memory.
    void* allocate(std::size_t bytes, std::string_view what) override;
    void free(void* memory) noexcept override;
    void upload(void* to, const void* from, std::size_t bytes) override;
    void download(void* to, const void* from, std::size_t bytes) override;
    void zero(int replicas, std::size_t size, Out array) override;

    // Operations, each in the file of its name.
#define MANYGPCM_RUN(Args) void run(const Args<float>& args) override;
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN
    std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                            int sequences) const override;

  private:
    /// Where launches go. Makes the GPU that of the calling thread, too.
    cudaStream_t stream() const;
    cudnnHandle_t cudnn() const;  ///< likewise
    /// Scratch of one operation, the same for all of them: what it held is overwritten by the next.
    /// Grows while nothing is being recorded.
    void* workspace_bytes(std::size_t bytes);
    template <class T>
    T* workspace(std::size_t size) {
        return static_cast<T*>(workspace_bytes(size * sizeof(T)));
    }
    void abandon_recording() noexcept;

    /// C = op(A) op(B) + beta C, now or with the group.
    void multiply(int replicas, const GemmShape& shape, In a, In b, Out c, const char* name);
    /// What follows the product.
    void finish(const LinearForward<float>& args);

    // What several operations are made of. `name` is the operation's, for errors.
    /// sums [width] += the sums of x [rows, width] over its rows.
    void add_column_sums(Rows rows, int width, In x, Out sums, const char* name);
    /// What gradients of the ordinal loss need, slopes [replicas, slope_size] of ordinal_loss.cuh.
    void loss_slopes(int replicas, int categories, const OrdinalLoss* losses,
                     PerReplica<const double> statistics, float* slopes, const char* name);
    /// Lists the rows by `index`, whose numbers are below table_rows, in `scratch`.
    RowLists list_rows(Rows rows, int table_rows, RowIndex index, int* scratch, const char* name);
    /// Elements of the scratch.
    static std::size_t row_lists_size(Rows rows, int table_rows);
    /// The same in the workspace.
    RowLists list_rows(Rows rows, int table_rows, RowIndex index, const char* name) {
        int* const scratch = workspace<int>(row_lists_size(rows, table_rows));
        return list_rows(rows, table_rows, index, scratch, name);
    }
    /// to[t] = or += the sum of the rows i of `from` with index[i] == t, for all t < table_rows.
    void scatter_rows(Rows rows, int table_rows, int width, RowIndex index, In from, Out to,
                      Write write, const char* name);

    int ordinal_;
    Stream own_stream_;  ///< none where a host gives one
    cudaStream_t stream_;
    Cudnn cudnn_;
    Gemms gemms_;
    std::shared_ptr<DeviceMemory> workspace_;  ///< shared with the recordings that use it
    std::size_t workspace_size_ = 0;
    std::vector<Gemm> group_;
    std::vector<std::function<void()>> after_group_;
    bool grouping_ = false;
    bool recording_ = false;
};

}  // namespace manygpcm::kernels::cuda
