// A device for tests of whoever drives devices: operations are the CPU's, memory is the host's with
// a limit, and a recording is a list of calls. It says nothing about any real device.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels {

/// What all streams of a host device share.
struct HostMemory {
    std::size_t limit = std::size_t{1} << 40;
    /// What free_memory() answers; more than there is, where a test wants plans to fail.
    std::size_t said_free = std::size_t{1} << 40;
    std::atomic<std::size_t> used{0}, peak{0};
    std::atomic<int> refused{0};  ///< allocations
    std::atomic<int> recordings{0}, replays{0}, downloads{0};
    std::function<void()> on_replay;  ///< may be empty
    int widest_scan = 1024;           ///< slots of the memory that the device has a kernel for
    /// Steps of a larger learning rate have no finite loss.
    double largest_lr = std::numeric_limits<double>::infinity();
};

class HostDevice final : public Device {
  public:
    explicit HostDevice(HostMemory& memory) : memory_(memory) {}

    std::string description() const override { return "host"; }
    std::size_t free_memory() const override { return memory_.said_free; }
    void synchronize() override {}
    double time(const std::function<void()>& work) override {
        work();
        return 0;
    }
    void copy(void* to, const void* from, std::size_t bytes) override {
        run([=] { std::memcpy(to, from, bytes); });
    }
    void begin_group() override {
        if (grouping_) throw DeviceError("a group within a group");
        grouping_ = true;
    }
    void end_group() override { grouping_ = false; }
    void begin_recording() override {
        ++memory_.recordings;
        recording_ = std::make_unique<Calls>(memory_);
    }
    std::unique_ptr<Recording> end_recording() override { return std::move(recording_); }

    void* allocate(std::size_t bytes, std::string_view what) override {
        if (recording_) throw DeviceError("allocation within a recording");
        if (memory_.used + bytes > memory_.limit) {
            ++memory_.refused;
            throw OutOfMemory("no room for " + std::string(what));
        }
        void* const p = cpu_backend().allocate(bytes, what);
        memory_.used += bytes;
        memory_.peak = std::max<std::size_t>(memory_.peak, memory_.used);
        sizes_[p] = bytes;
        return p;
    }
    void free(void* p) noexcept override {
        if (!p) return;
        memory_.used -= sizes_.at(p);
        sizes_.erase(p);
        cpu_backend().free(p);
    }
    void upload(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        ++memory_.downloads;
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                            int sequences) const override {
        return cpu_backend().memory_scan_checkpoint_size(shape, steps, sequences);
    }
    void embedding_forward(Rows rows, int width, In table, RowIndex index, Out y) override {
        run([=] { cpu_backend().embedding_forward(rows, width, table, index, y); });
    }
    void embedding_backward(Rows rows, int table_rows, int width, RowIndex index, In dy,
                            Out dtable) override {
        run([=] { cpu_backend().embedding_backward(rows, table_rows, width, index, dy, dtable); });
    }
    void linear_forward(Rows rows, const LinearShape& shape, const LinearInput<float>& in,
                        Out y) override {
        run([=] { cpu_backend().linear_forward(rows, shape, in, y); });
    }
    void linear_backward(Rows rows, Rows addend_rows, const LinearShape& shape,
                         const LinearInput<float>& in, In y, Out dy,
                         const LinearGradient<float>& gradient) override {
        run([=] { cpu_backend().linear_backward(rows, addend_rows, shape, in, y, dy, gradient); });
    }
    void composed_linear_forward(int replicas, const ComposedLinearShape& shape,
                                 const ComposedLinearInput<float>& in, Out weight,
                                 Out bias) override {
        run([=] { cpu_backend().composed_linear_forward(replicas, shape, in, weight, bias); });
    }
    void composed_linear_backward(int replicas, const ComposedLinearShape& shape,
                                  const ComposedLinearInput<float>& in, In dweight, In dbias,
                                  const ComposedLinearGradient<float>& gradient) override {
        run([=] {
            cpu_backend().composed_linear_backward(replicas, shape, in, dweight, dbias, gradient);
        });
    }
    void linear_decay_forward(Rows rows, const LinearDecayShape& shape, In weight, In bias,
                              RowIndex question, RowIndex response, Out y) override {
        run([=] {
            cpu_backend().linear_decay_forward(rows, shape, weight, bias, question, response, y);
        });
    }
    void linear_decay_backward(Rows rows, const LinearDecayShape& shape, RowIndex question,
                               RowIndex response, In dy, Out dweight, Out dbias) override {
        run([=] {
            cpu_backend().linear_decay_backward(rows, shape, question, response, dy, dweight,
                                                dbias);
        });
    }
    void response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                    const ResponseEmbeddingParameters<const float>& in,
                                    Out y) override {
        run([=] { cpu_backend().response_embedding_forward(replicas, shape, in, y); });
    }
    void response_embedding_backward(int replicas, const ResponseEmbeddingShape& shape,
                                     const ResponseEmbeddingParameters<const float>& in, In dy,
                                     const ResponseEmbeddingParameters<float>& gradient) override {
        run([=] { cpu_backend().response_embedding_backward(replicas, shape, in, dy, gradient); });
    }
    void dropout_forward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In x,
                         Out y) override {
        run([=] { cpu_backend().dropout_forward(rows, shape, keys, x, y); });
    }
    void dropout_backward(Rows rows, const DropoutShape& shape, const DropoutKey* keys, In dy,
                          Out dx, Write write) override {
        run([=] { cpu_backend().dropout_backward(rows, shape, keys, dy, dx, write); });
    }
    void attention_forward(Rows sequences, Rows steps, const AttentionShape& shape,
                           RowIndex offsets, const DropoutKey* keys, In qkv, Out y,
                           Out log_sum_exp) override {
        run([=] {
            cpu_backend().attention_forward(sequences, steps, shape, offsets, keys, qkv, y,
                                            log_sum_exp);
        });
    }
    void attention_backward(Rows sequences, Rows steps, const AttentionShape& shape,
                            RowIndex offsets, const DropoutKey* keys, In qkv, In y, In log_sum_exp,
                            In dy, Out dqkv) override {
        run([=] {
            cpu_backend().attention_backward(sequences, steps, shape, offsets, keys, qkv, y,
                                             log_sum_exp, dy, dqkv);
        });
    }
    void layer_norm_forward(Rows rows, const LayerNormShape& shape, In x, In gain, In bias, Out y,
                            Out statistics) override {
        run([=] { cpu_backend().layer_norm_forward(rows, shape, x, gain, bias, y, statistics); });
    }
    void layer_norm_backward(Rows rows, const LayerNormShape& shape, In x, In gain, In y,
                             In statistics, In dy, Out dx, Write dx_write, Out dgain,
                             Out dbias) override {
        run([=] {
            cpu_backend().layer_norm_backward(rows, shape, x, gain, y, statistics, dy, dx, dx_write,
                                              dgain, dbias);
        });
    }
    void gate_mix_forward(Rows rows, int width, In g, In a, In b, Out y) override {
        run([=] { cpu_backend().gate_mix_forward(rows, width, g, a, b, y); });
    }
    void gate_mix_backward(Rows rows, int width, In g, In a, In b, In dy, Out dg, Out da, Out db,
                           Write db_write) override {
        run([=] {
            cpu_backend().gate_mix_backward(rows, width, g, a, b, dy, dg, da, db, db_write);
        });
    }
    void address_softmax_forward(Rows rows, const AddressShape& shape, In query, In key,
                                 Out address) override {
        run([=] { cpu_backend().address_softmax_forward(rows, shape, query, key, address); });
    }
    void address_softmax_backward(Rows rows, const AddressShape& shape, In query, In key,
                                  In address, Out daddress, Out dquery, Write dquery_write,
                                  Out dkey) override {
        run([=] {
            cpu_backend().address_softmax_backward(rows, shape, query, key, address, daddress,
                                                   dquery, dquery_write, dkey);
        });
    }
    void memory_scan_forward(Rows sequences, Rows steps, const MemoryScanShape& shape,
                             const MemoryScanInput<float>& in, Out read, Out checkpoints) override {
        if (shape.slots > memory_.widest_scan)
            throw Unsupported("memory_scan: more than " + std::to_string(memory_.widest_scan) +
                              " slots");
        run([=] {
            cpu_backend().memory_scan_forward(sequences, steps, shape, in, read, checkpoints);
        });
    }
    void memory_scan_backward(Rows sequences, Rows steps, Rows address_rows, Rows value_rows,
                              const MemoryScanShape& shape, const MemoryScanInput<float>& in,
                              In checkpoints, In dread,
                              const MemoryScanGradient<float>& gradient) override {
        run([=] {
            cpu_backend().memory_scan_backward(sequences, steps, address_rows, value_rows, shape,
                                               in, checkpoints, dread, gradient);
        });
    }
    void gpcm_head_forward(Rows steps, const GpcmHeadShape& shape, const GpcmHeadInput<float>& in,
                           const GpcmHeadOutput<float>& out) override {
        run([=] { cpu_backend().gpcm_head_forward(steps, shape, in, out); });
    }
    void ordinal_statistics(Rows steps, int categories, const OrdinalLoss* losses, In logits,
                            RowIndex responses, PerReplica<double> statistics) override {
        run([=] {
            cpu_backend().ordinal_statistics(steps, categories, losses, logits, responses,
                                             statistics);
        });
    }
    void gpcm_head_backward(Rows steps, Rows questions, const GpcmHeadShape& shape,
                            const OrdinalLoss* losses, PerReplica<const double> statistics,
                            const GpcmHeadInput<float>& in, const GpcmHeadOutput<const float>& out,
                            RowIndex responses, const GpcmHeadGradient<float>& gradient) override {
        run([=] {
            cpu_backend().gpcm_head_backward(steps, questions, shape, losses, statistics, in, out,
                                             responses, gradient);
        });
    }
    void zero(int replicas, std::size_t size, Out array) override {
        run([=] { cpu_backend().zero(replicas, size, array); });
    }

    void pack_batch(int replicas, int n_questions, int n_categories, const DeviceLearners& learners,
                    const BatchOrder& order, const BatchArrays& out) override {
        run([=] {
            for (int r = 0; r < replicas; ++r)
                pack(r, n_questions, n_categories, learners, order, out);
        });
    }
    void append_rows(Rows steps, int width, In x, int* position, Out all) override {
        run([=] {
            for (int r = 0; r < steps.replicas; ++r) {
                std::copy_n(x[r], steps[r] * width, all[r] + position[r] * width);
                position[r] += steps[r];
            }
        });
    }
    void confusion_counts(Rows steps, int categories, In logits, RowIndex responses,
                          int* counts) override {
        run([=] {
            for (int r = 0; r < steps.replicas; ++r)
                for (int t = 0; t < steps[r]; ++t) {
                    const float* const row = logits[r] + t * categories;
                    const auto likely = std::max_element(row, row + categories) - row;
                    ++counts[(r * categories + responses[r][t]) * categories + likely];
                }
        });
    }
    void ordinal_losses(int replicas, int categories, const OrdinalLoss* losses,
                        PerReplica<const double> statistics, double* loss) override {
        run([=] {
            for (int r = 0; r < replicas; ++r)
                loss[r] = statistics[r][0] > 0
                              ? ordinal_loss_value(categories, losses[r], statistics[r]).total
                              : std::numeric_limits<double>::quiet_NaN();
        });
    }
    void clip_and_adam(Rows steps, std::size_t size, const double* loss, OptimizerState* states,
                       Out parameters, In gradient, Out m, Out v) override {
        run([=, this] {
            for (int r = 0; r < steps.replicas; ++r) {
                if (steps[r] == 0) continue;
                OptimizerState& state = states[r];
                if (!std::isfinite(loss[r]) || state.config.lr > memory_.largest_lr ||
                    !kernels::clip_and_adam<float>(size, state.config, state.steps_taken + 1,
                                                   parameters[r], gradient[r], m[r], v[r])) {
                    ++state.batches_skipped;
                    continue;
                }
                ++state.steps_taken;
                ++state.batches_taken;
                state.loss_sum += loss[r];
            }
        });
    }
    void next_batch(Rows steps, int* batch, DropoutKey* keys) override {
        run([=] {
            ++*batch;
            for (int r = 0; keys && r < steps.replicas; ++r)
                if (steps[r] > 0) ++keys[r].step;
        });
    }

  private:
    struct Calls final : Recording {
        explicit Calls(HostMemory& shared) : memory(shared) {}
        void run() override {
            ++memory.replays;
            if (memory.on_replay) memory.on_replay();
            for (const auto& call : calls)
                call();
        }
        HostMemory& memory;
        std::vector<std::function<void()>> calls;
    };

    template <class F>
    void run(F call) {
        if (recording_)
            recording_->calls.push_back(std::move(call));
        else
            call();
    }

    static void pack(int r, int n_questions, int n_categories, const DeviceLearners& learners,
                     const BatchOrder& order, const BatchArrays& out) {
        const int first = *order.batch * order.batch_size;
        const int sequences = std::max(0, std::min(order.batch_size, order.count[r] - first));
        std::int32_t *const question = out.question[r], *const response = out.response[r];
        int steps = 0;
        out.offsets[r][0] = 0;
        for (int s = 0; s < sequences; ++s) {
            const int learner = order.order[r][first + s];
            for (int i = learners.offsets[learner]; i < learners.offsets[learner + 1]; ++i) {
                question[steps] = learners.questions[i];
                response[steps++] = learners.responses[i];
            }
            out.offsets[r][s + 1] = steps;
        }
        const std::set<int> distinct(question, question + steps);
        std::vector<int> row(n_questions);
        int n_distinct = 0;
        for (const int q : distinct) {
            out.distinct_question[r][n_distinct] = q;
            row[q] = n_distinct++;
        }
        const bool shared = n_distinct * n_categories < steps;
        const int pairs = shared ? n_distinct * n_categories : steps;
        for (int p = 0; p < pairs; ++p) {
            out.pair_question[r][p] =
                shared ? out.distinct_question[r][p / n_categories] : question[p];
            out.pair_response[r][p] = shared ? p % n_categories : response[p];
        }
        for (int t = 0; t < steps; ++t) {
            out.question_row[r][t] = row[question[t]];
            out.pair_row[r][t] = shared ? row[question[t]] * n_categories + response[t] : t;
        }
        out.steps[r] = steps;
        out.sequences[r] = sequences;
        out.questions[r] = n_distinct;
        out.pairs[r] = pairs;
    }

    HostMemory& memory_;
    std::map<void*, std::size_t> sizes_;
    std::unique_ptr<Calls> recording_;
    bool grouping_ = false;
};

}  // namespace manygpcm::kernels
