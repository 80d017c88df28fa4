// What an operation has to do, whoever does it: a backend that computes nothing and counts
// arithmetic operations and bytes.
//
// A multiply-add is two operations; an exponential, sigmoid, tanh, logarithm, division or square
// root is one, though it takes many instructions; integer work (random numbers, indices) is none.
// Bytes are those that any implementation must move: each input read once, each output written
// once, an array that is added to both. So caches can make a rate in bytes exceed the memory's.
#pragma once

#include <string>
#include <vector>

#include "manygpcm/kernels/backend.h"

namespace manygpcm::kernels {

/// Element counts are of four-byte elements (floats, row numbers).
struct Work {
    double operations = 0;
    double read = 0, written = 0, added_to = 0;  ///< elements

    double bytes() const { return 4 * (read + written + 2 * added_to); }
    Work& operator+=(const Work& other);
    Work& operator*=(double factor);
};

/// One optimizer step on `size` parameters (adam.h): 19 operations each (norm 2, clipping and
/// weight decay 3, moments 7, step 7). The gradient is read; parameters and both moments are added
/// to.
Work clip_and_adam_work(std::size_t size);

/// Its memory is the host's, zeroed, so that row counts and offsets can be written there: counts
/// decide how much work there is.
class WorkCounter final : public Backend {
  public:
    struct Entry {
        std::string operation;
        int calls = 0;
        Work work;
    };
    /// By operation, in the order of first calls.
    const std::vector<Entry>& entries() const { return entries_; }
    Work total() const;
    /// What isn't an operation of a backend.
    void add(const char* operation, const Work& work);

    void* allocate(std::size_t bytes, std::string_view what) override;
    void free(void* memory) noexcept override;
    void upload(void* to, const void* from, std::size_t bytes) override;
    void download(void* to, const void* from, std::size_t bytes) override;
    void zero(int replicas, std::size_t size, Out array) override;
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
    std::vector<Entry> entries_;
};

}  // namespace manygpcm::kernels
