// Where a tape runs: memory, and every operation of the models in single precision. The CPU's
// backend calls the functions of this folder's other headers, which say what each operation
// computes; a device's backend computes the same on its own memory.
//
// All pointers of a call lie in the backend's memory, row counts and row numbers too. On a device
// every operation works on as many rows as Rows::capacity says, so that one recording of a step
// fits every batch. Rows beyond a replica's count then hold finite values, and every gradient that
// an operation replaces is zero there: a product over all rows adds nothing for them.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "manygpcm/kernels/address_softmax.h"
#include "manygpcm/kernels/attention.h"
#include "manygpcm/kernels/composed_linear.h"
#include "manygpcm/kernels/dropout.h"
#include "manygpcm/kernels/embedding.h"
#include "manygpcm/kernels/gate_mix.h"
#include "manygpcm/kernels/gpcm_head.h"
#include "manygpcm/kernels/layer_norm.h"
#include "manygpcm/kernels/linear.h"
#include "manygpcm/kernels/linear_decay.h"
#include "manygpcm/kernels/memory_scan.h"
#include "manygpcm/kernels/replicas.h"
#include "manygpcm/kernels/response_embedding.h"

namespace manygpcm::kernels {

/// A device's memory doesn't suffice. what() names the array, its size and what is free.
struct OutOfMemory : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Backend {
  public:
    using In = PerReplica<const float>;
    using Out = PerReplica<float>;

    virtual ~Backend() = default;

    // Memory.
    /// Zeroed, aligned to 256 bytes. @param what names it in errors @throws OutOfMemory
    virtual void* allocate(std::size_t bytes, std::string_view what) = 0;
    virtual void free(void* memory) noexcept = 0;
    /// Copies from and to the caller's memory, in order with the operations; both return when the
    /// caller's memory may be changed.
    virtual void upload(void* to, const void* from, std::size_t bytes) = 0;
    virtual void download(void* to, const void* from, std::size_t bytes) = 0;
    /// Zeroes the first `size` elements of every replica's array.
    virtual void zero(int replicas, std::size_t size, Out array) = 0;

    // Operations.
    virtual void embedding_forward(Rows rows, int width, In table, RowIndex index, Out y) = 0;
    /// @param table_rows above every number of `index`
    virtual void embedding_backward(Rows rows, int table_rows, int width, RowIndex index, In dy,
                                    Out dtable) = 0;
    virtual void linear_forward(Rows rows, const LinearShape& shape, const LinearInput<float>& in,
                                Out y) = 0;
    virtual void linear_backward(Rows rows, Rows addend_rows, const LinearShape& shape,
                                 const LinearInput<float>& in, In y, Out dy,
                                 const LinearGradient<float>& gradient) = 0;
    virtual void composed_linear_forward(int replicas, const ComposedLinearShape& shape,
                                         const ComposedLinearInput<float>& in, Out weight,
                                         Out bias) = 0;
    virtual void composed_linear_backward(int replicas, const ComposedLinearShape& shape,
                                          const ComposedLinearInput<float>& in, In dweight,
                                          In dbias,
                                          const ComposedLinearGradient<float>& gradient) = 0;
    virtual void linear_decay_forward(Rows rows, const LinearDecayShape& shape, In weight, In bias,
                                      RowIndex question, RowIndex response, Out y) = 0;
    virtual void linear_decay_backward(Rows rows, const LinearDecayShape& shape, RowIndex question,
                                       RowIndex response, In dy, Out dweight, Out dbias) = 0;
    virtual void response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                            const ResponseEmbeddingParameters<const float>& in,
                                            Out y) = 0;
    virtual void response_embedding_backward(
        int replicas, const ResponseEmbeddingShape& shape,
        const ResponseEmbeddingParameters<const float>& in, In dy,
        const ResponseEmbeddingParameters<float>& gradient) = 0;
    virtual void dropout_forward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In x,
                                 Out y) = 0;
    virtual void dropout_backward(Rows rows, const DropoutShape& shape, const DropoutKey* keys,
                                  In dy, Out dx, Write write) = 0;
    /// @param steps rows of qkv
    virtual void attention_forward(Rows sequences, Rows steps, const AttentionShape& shape,
                                   RowIndex offsets, const DropoutKey* keys, In qkv, Out y,
                                   Out log_sum_exp) = 0;
    virtual void attention_backward(Rows sequences, Rows steps, const AttentionShape& shape,
                                    RowIndex offsets, const DropoutKey* keys, In qkv, In y,
                                    In log_sum_exp, In dy, Out dqkv) = 0;
    virtual void layer_norm_forward(Rows rows, const LayerNormShape& shape, In x, In gain, In bias,
                                    Out y, Out statistics) = 0;
    virtual void layer_norm_backward(Rows rows, const LayerNormShape& shape, In x, In gain, In y,
                                     In statistics, In dy, Out dx, Write dx_write, Out dgain,
                                     Out dbias) = 0;
    virtual void gate_mix_forward(Rows rows, int width, In g, In a, In b, Out y) = 0;
    virtual void gate_mix_backward(Rows rows, int width, In g, In a, In b, In dy, Out dg, Out da,
                                   Out db, Write db_write) = 0;
    virtual void address_softmax_forward(Rows rows, const AddressShape& shape, In query, In key,
                                         Out address) = 0;
    virtual void address_softmax_backward(Rows rows, const AddressShape& shape, In query, In key,
                                          In address, Out daddress, Out dquery, Write dquery_write,
                                          Out dkey) = 0;
    /// Elements that one replica's checkpoints take here.
    virtual std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                                    int sequences) const = 0;
    /// @param steps rows of `read`
    virtual void memory_scan_forward(Rows sequences, Rows steps, const MemoryScanShape& shape,
                                     const MemoryScanInput<float>& in, Out read,
                                     Out checkpoints) = 0;
    virtual void memory_scan_backward(Rows sequences, Rows steps, Rows address_rows,
                                      Rows value_rows, const MemoryScanShape& shape,
                                      const MemoryScanInput<float>& in, In checkpoints, In dread,
                                      const MemoryScanGradient<float>& gradient) = 0;
    virtual void gpcm_head_forward(Rows steps, const GpcmHeadShape& shape,
                                   const GpcmHeadInput<float>& in,
                                   const GpcmHeadOutput<float>& out) = 0;
    virtual void ordinal_statistics(Rows steps, int categories, const OrdinalLoss* losses,
                                    In logits, RowIndex responses,
                                    PerReplica<double> statistics) = 0;
    virtual void gpcm_head_backward(Rows steps, Rows questions, const GpcmHeadShape& shape,
                                    const OrdinalLoss* losses, PerReplica<const double> statistics,
                                    const GpcmHeadInput<float>& in,
                                    const GpcmHeadOutput<const float>& out, RowIndex responses,
                                    const GpcmHeadGradient<float>& gradient) = 0;
};

/// An array in a backend's memory.
template <class T>
class BackendArray {
  public:
    BackendArray() = default;
    BackendArray(Backend& backend, std::size_t size, std::string_view what)
        : memory_(static_cast<T*>(backend.allocate(size * sizeof(T), what)), {&backend}),
          size_(size) {}

    T* data() const { return memory_.get(); }
    std::size_t size() const { return size_; }

  private:
    struct Free {
        Backend* backend = nullptr;
        void operator()(T* memory) const { backend->free(memory); }
    };
    std::unique_ptr<T, Free> memory_;
    std::size_t size_ = 0;
};

/// The CPU's: arrays in ordinary memory, every operation on the calling thread.
Backend& cpu_backend();

}  // namespace manygpcm::kernels
