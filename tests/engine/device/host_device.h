// A device for tests of whoever drives devices: operations are the CPU's, memory is the host's with
// a limit, and a recording is a list of calls. It says nothing about any real device.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
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
    DevicePeaks peaks() const override { return {}; }
    void synchronize() override {}
    double time(const std::function<void()>& work) override {
        const auto start = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    void copy(void* to, const void* from, std::size_t bytes) override {
        keep([=] { std::memcpy(to, from, bytes); });
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
#define MANYGPCM_RUN(Args)                         \
    void run(const Args<float>& args) override {   \
        expect_kernel(args);                       \
        keep([args] { cpu_backend().run(args); }); \
    }
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN
    void zero(int replicas, std::size_t size, Out array) override {
        keep([=] { cpu_backend().zero(replicas, size, array); });
    }

    void pack_batch(int replicas, int n_questions, int n_categories, const DeviceLearners& learners,
                    const BatchOrder& order, const BatchArrays& out) override {
        keep([=] {
            for (int r = 0; r < replicas; ++r)
                pack(r, n_questions, n_categories, learners, order, out);
        });
    }
    void append_rows(Rows steps, int width, In x, int* position, Out all) override {
        keep([=] {
            for (int r = 0; r < steps.replicas; ++r) {
                std::copy_n(x[r], steps[r] * width, all[r] + position[r] * width);
                position[r] += steps[r];
            }
        });
    }
    void confusion_counts(Rows steps, int categories, In logits, RowIndex responses,
                          int* counts) override {
        keep([=] {
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
        keep([=] {
            for (int r = 0; r < replicas; ++r)
                loss[r] = statistics[r][0] > 0
                              ? ordinal_loss_value(categories, losses[r], statistics[r]).total
                              : std::numeric_limits<double>::quiet_NaN();
        });
    }
    void clip_and_adam(Rows steps, std::size_t size, const double* loss, OptimizerState* states,
                       Out parameters, In gradient, Out m, Out v) override {
        keep([=, this] {
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
        keep([=] {
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
        std::size_t launches() const override { return calls.size(); }
        HostMemory& memory;
        std::vector<std::function<void()>> calls;
    };

    /// @throws Unsupported
    void expect_kernel(const MemoryScanForward<float>& args) const {
        if (args.shape.slots > memory_.widest_scan)
            throw Unsupported("memory_scan: more than " + std::to_string(memory_.widest_scan) +
                              " slots");
    }
    void expect_kernel(const auto&) const {}

    /// Runs a call, or keeps it for the recording.
    template <class F>
    void keep(F call) {
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
