// The CPU as a backend: every operation is the function of the same name, on the calling thread.
#include "manygpcm/kernels/backend.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace manygpcm::kernels {
namespace {

constexpr std::size_t alignment = 256;

class CpuBackend final : public Backend {
  public:
    void* allocate(std::size_t bytes, std::string_view) override {
        // calloc leaves large arrays untouched until they are used, which aligned_alloc and a
        // memset don't: most of an arena's room for the largest batch is never needed. In front of
        // the aligned array stands what calloc returned.
        void* raw = std::calloc(1, bytes + alignment + sizeof(void*));
        if (!raw) throw std::bad_alloc();
        const auto behind = reinterpret_cast<std::uintptr_t>(raw) + sizeof(void*);
        void* array = reinterpret_cast<void*>((behind + alignment - 1) / alignment * alignment);
        std::memcpy(static_cast<char*>(array) - sizeof raw, &raw, sizeof raw);
        return array;
    }
    void free(void* memory) noexcept override {
        if (!memory) return;
        void* raw;
        std::memcpy(&raw, static_cast<char*>(memory) - sizeof raw, sizeof raw);
        std::free(raw);
    }
    void upload(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void zero(int replicas, std::size_t size, Out array) override {
        for (int r = 0; r < replicas; ++r)
            std::fill_n(array[r], size, 0.0f);
    }

    void embedding_forward(Rows rows, int width, In table, RowIndex index, Out y) override {
        kernels::embedding_forward<float>(rows, width, table, index, y);
    }
    void embedding_backward(Rows rows, int, int width, RowIndex index, In dy, Out dtable) override {
        kernels::embedding_backward<float>(rows, width, index, dy, dtable);
    }
    void linear_forward(Rows rows, const LinearShape& shape, const LinearInput<float>& in,
                        Out y) override {
        kernels::linear_forward<float>(rows, shape, in, y);
    }
    void linear_backward(Rows rows, Rows addend_rows, const LinearShape& shape,
                         const LinearInput<float>& in, In y, Out dy,
                         const LinearGradient<float>& gradient) override {
        kernels::linear_backward<float>(rows, addend_rows, shape, in, y, dy, gradient);
    }
    void composed_linear_forward(int replicas, const ComposedLinearShape& shape,
                                 const ComposedLinearInput<float>& in, Out weight,
                                 Out bias) override {
        kernels::composed_linear_forward<float>(replicas, shape, in, weight, bias);
    }
    void composed_linear_backward(int replicas, const ComposedLinearShape& shape,
                                  const ComposedLinearInput<float>& in, In dweight, In dbias,
                                  const ComposedLinearGradient<float>& gradient) override {
        kernels::composed_linear_backward<float>(replicas, shape, in, dweight, dbias, gradient);
    }
    void linear_decay_forward(Rows rows, const LinearDecayShape& shape, In weight, In bias,
                              RowIndex question, RowIndex response, Out y) override {
        kernels::linear_decay_forward<float>(rows, shape, weight, bias, question, response, y);
    }
    void linear_decay_backward(Rows rows, const LinearDecayShape& shape, RowIndex question,
                               RowIndex response, In dy, Out dweight, Out dbias) override {
        kernels::linear_decay_backward<float>(rows, shape, question, response, dy, dweight, dbias);
    }
    void response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                    const ResponseEmbeddingParameters<const float>& in,
                                    Out y) override {
        kernels::response_embedding_forward<float>(replicas, shape, in, y);
    }
    void response_embedding_backward(int replicas, const ResponseEmbeddingShape& shape,
                                     const ResponseEmbeddingParameters<const float>& in, In dy,
                                     const ResponseEmbeddingParameters<float>& gradient) override {
        kernels::response_embedding_backward<float>(replicas, shape, in, dy, gradient);
    }
    void dropout_forward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In x,
                         Out y) override {
        kernels::dropout_forward<float>(rows, shape, keys, x, y);
    }
    void dropout_backward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In dy,
                          Out dx, Write write) override {
        kernels::dropout_backward<float>(rows, shape, keys, dy, dx, write);
    }
    void attention_forward(Rows sequences, Rows, const AttentionShape& shape, RowIndex offsets,
                           const DropoutKey* keys, In qkv, Out y, Out log_sum_exp) override {
        kernels::attention_forward<float>(sequences, shape, offsets, keys, qkv, y, log_sum_exp);
    }
    void attention_backward(Rows sequences, Rows, const AttentionShape& shape, RowIndex offsets,
                            const DropoutKey* keys, In qkv, In y, In log_sum_exp, In dy,
                            Out dqkv) override {
        kernels::attention_backward<float>(sequences, shape, offsets, keys, qkv, y, log_sum_exp, dy,
                                           dqkv);
    }
    void layer_norm_forward(Rows rows, const LayerNormShape& shape, In x, In gain, In bias, Out y,
                            Out statistics) override {
        kernels::layer_norm_forward<float>(rows, shape, x, gain, bias, y, statistics);
    }
    void layer_norm_backward(Rows rows, const LayerNormShape& shape, In x, In gain, In y,
                             In statistics, In dy, Out dx, Write dx_write, Out dgain,
                             Out dbias) override {
        kernels::layer_norm_backward<float>(rows, shape, x, gain, y, statistics, dy, dx, dx_write,
                                            dgain, dbias);
    }
    void gate_mix_forward(Rows rows, int width, In g, In a, In b, Out y) override {
        kernels::gate_mix_forward<float>(rows, width, g, a, b, y);
    }
    void gate_mix_backward(Rows rows, int width, In g, In a, In b, In dy, Out dg, Out da, Out db,
                           Write db_write) override {
        kernels::gate_mix_backward<float>(rows, width, g, a, b, dy, dg, da, db, db_write);
    }
    void address_softmax_forward(Rows rows, const AddressShape& shape, In query, In key,
                                 Out address) override {
        kernels::address_softmax_forward<float>(rows, shape, query, key, address);
    }
    void address_softmax_backward(Rows rows, const AddressShape& shape, In query, In key,
                                  In address, Out daddress, Out dquery, Write dquery_write,
                                  Out dkey) override {
        kernels::address_softmax_backward<float>(rows, shape, query, key, address, daddress, dquery,
                                                 dquery_write, dkey);
    }
    std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                            int sequences) const override {
        return kernels::memory_scan_checkpoint_size(shape, steps, sequences);
    }
    void memory_scan_forward(Rows sequences, Rows, const MemoryScanShape& shape,
                             const MemoryScanInput<float>& in, Out read, Out checkpoints) override {
        kernels::memory_scan_forward<float>(sequences, shape, in, read, checkpoints);
    }
    void memory_scan_backward(Rows sequences, Rows, Rows address_rows, Rows value_rows,
                              const MemoryScanShape& shape, const MemoryScanInput<float>& in,
                              In checkpoints, In dread,
                              const MemoryScanGradient<float>& gradient) override {
        kernels::memory_scan_backward<float>(sequences, address_rows, value_rows, shape, in,
                                             checkpoints, dread, gradient);
    }
    void gpcm_head_forward(Rows steps, const GpcmHeadShape& shape, const GpcmHeadInput<float>& in,
                           const GpcmHeadOutput<float>& out) override {
        kernels::gpcm_head_forward<float>(steps, shape, in, out);
    }
    void ordinal_statistics(Rows steps, int categories, const OrdinalLoss* losses, In logits,
                            RowIndex responses, PerReplica<double> statistics) override {
        kernels::ordinal_statistics<float>(steps, categories, losses, logits, responses,
                                           statistics);
    }
    void gpcm_head_backward(Rows steps, Rows questions, const GpcmHeadShape& shape,
                            const OrdinalLoss* losses, PerReplica<const double> statistics,
                            const GpcmHeadInput<float>& in, const GpcmHeadOutput<const float>& out,
                            RowIndex responses, const GpcmHeadGradient<float>& gradient) override {
        kernels::gpcm_head_backward<float>(steps, questions, shape, losses, statistics, in, out,
                                           responses, gradient);
    }
};

}  // namespace

Backend& cpu_backend() {
    static CpuBackend backend;
    return backend;
}

}  // namespace manygpcm::kernels
