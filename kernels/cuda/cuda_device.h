// One stream of a GPU, and every operation of the models on it. The operations are spread over this
// folder's .cu files, one a file, as kernels/cpu has them.
//
// Conventions of all operations here:
// - An operation's launches depend on shapes, the number of replicas and Rows::capacity alone,
// never
//   on counts, which only kernels read. Forward passes write all `capacity` rows of their results:
//   what is computed row by row is computed for every row (row numbers beyond a count are 0); the
//   memory scan and attention write zeros beyond a replica's steps.
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

    // Operations.
    void embedding_forward(Rows rows, int width, In table, RowIndex index, Out y) override;
    void embedding_backward(Rows rows, int table_rows, int width, RowIndex index, In dy,
                            Out dtable) override;
    void linear_forward(Rows rows, const LinearShape& shape, const LinearInput<float>& in,
                        Out y) override;
    void linear_backward(Rows rows, Rows addend_rows, const LinearShape& shape,
                         const LinearInput<float>& in, In y, Out dy,
                         const LinearGradient<float>& gradient) override;
    void composed_linear_forward(int replicas, const ComposedLinearShape& shape,
                                 const ComposedLinearInput<float>& in, Out weight,
                                 Out bias) override;
    void composed_linear_backward(int replicas, const ComposedLinearShape& shape,
                                  const ComposedLinearInput<float>& in, In dweight, In dbias,
                                  const ComposedLinearGradient<float>& gradient) override;
    void linear_decay_forward(Rows rows, const LinearDecayShape& shape, In weight, In bias,
                              RowIndex question, RowIndex response, Out y) override;
    void linear_decay_backward(Rows rows, const LinearDecayShape& shape, RowIndex question,
                               RowIndex response, In dy, Out dweight, Out dbias) override;
    void response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                    const ResponseEmbeddingParameters<const float>& in,
                                    Out y) override;
    void response_embedding_backward(int replicas, const ResponseEmbeddingShape& shape,
                                     const ResponseEmbeddingParameters<const float>& in, In dy,
                                     const ResponseEmbeddingParameters<float>& gradient) override;
    void dropout_forward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In x,
                         Out y) override;
    void dropout_backward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In dy,
                          Out dx, Write write) override;
    void attention_forward(Rows sequences, Rows steps, const AttentionShape& shape,
                           RowIndex offsets, const DropoutKey* keys, In qkv, Out y,
                           Out log_sum_exp) override;
    void attention_backward(Rows sequences, Rows steps, const AttentionShape& shape,
                            RowIndex offsets, const DropoutKey* keys, In qkv, In y, In log_sum_exp,
                            In dy, Out dqkv) override;
    void layer_norm_forward(Rows rows, const LayerNormShape& shape, In x, In gain, In bias, Out y,
                            Out statistics) override;
    void layer_norm_backward(Rows rows, const LayerNormShape& shape, In x, In gain, In y,
                             In statistics, In dy, Out dx, Write dx_write, Out dgain,
                             Out dbias) override;
    void gate_mix_forward(Rows rows, int width, In g, In a, In b, Out y) override;
    void gate_mix_backward(Rows rows, int width, In g, In a, In b, In dy, Out dg, Out da, Out db,
                           Write db_write) override;
    void address_softmax_forward(Rows rows, const AddressShape& shape, In query, In key,
                                 Out address) override;
    void address_softmax_backward(Rows rows, const AddressShape& shape, In query, In key,
                                  In address, Out daddress, Out dquery, Write dquery_write,
                                  Out dkey) override;
    std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                            int sequences) const override;
    void memory_scan_forward(Rows sequences, Rows steps, const MemoryScanShape& shape,
                             const MemoryScanInput<float>& in, Out read, Out checkpoints) override;
    void memory_scan_backward(Rows sequences, Rows steps, Rows address_rows, Rows value_rows,
                              const MemoryScanShape& shape, const MemoryScanInput<float>& in,
                              In checkpoints, In dread,
                              const MemoryScanGradient<float>& gradient) override;
    void gpcm_head_forward(Rows steps, const GpcmHeadShape& shape, const GpcmHeadInput<float>& in,
                           const GpcmHeadOutput<float>& out) override;
    void ordinal_statistics(Rows steps, int categories, const OrdinalLoss* losses, In logits,
                            RowIndex responses, PerReplica<double> statistics) override;
    void gpcm_head_backward(Rows steps, Rows questions, const GpcmHeadShape& shape,
                            const OrdinalLoss* losses, PerReplica<const double> statistics,
                            const GpcmHeadInput<float>& in, const GpcmHeadOutput<const float>& out,
                            RowIndex responses, const GpcmHeadGradient<float>& gradient) override;

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
    /// What linear_forward does after the product.
    void finish_linear(Rows rows, const LinearShape& shape, const LinearInput<float>& in, Out y);

    // What several operations are made of. `name` is the operation's, for errors.
    /// sums [width] += the sums of x [rows, width] over its rows.
    void add_column_sums(Rows rows, int width, In x, Out sums, const char* name);
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
    Stream stream_;
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
