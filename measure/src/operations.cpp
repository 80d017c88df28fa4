#include "manygpcm/measure/operations.h"

#include <algorithm>
#include <ctime>
#include <memory>

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

// Work is in proportion to replicas: so many with batches of their own stand for all.
constexpr int most_counted_replicas = 10;

double thread_seconds() {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// An operation whose call keeps its arrays.
Operation make(const char* name, Call (*set_up)(Operands&, const Hyperparameters&)) {
    return {name, [set_up](kernels::Backend& backend, int replicas, const Hyperparameters& h) {
                const auto operands = std::make_shared<Operands>(backend, replicas);
                return Call([operands, call = set_up(*operands, h)] { call(); });
            }};
}

#define MANYGPCM_OPERATION(name) make(#name, name)

}  // namespace

Target cpu_target() {
    return {kernels::cpu_backend(), 1, [](const std::function<void()>& work) {
                const double start = thread_seconds();
                work();
                return thread_seconds() - start;
            }};
}

Target device_target(kernels::Device& device, int replicas) {
    return {device, replicas,
            [&device](const std::function<void()>& work) { return device.time(work); }};
}

kernels::Work Operation::work(int replicas, const Hyperparameters& hyperparameters) const {
    const int counted = std::min(replicas, most_counted_replicas);
    kernels::WorkCounter counter;
    const Call call = set_up(counter, counted, hyperparameters);
    const kernels::Work before = counter.total();
    call();
    kernels::Work work = counter.total();
    work += {-before.operations, -before.read, -before.written, -before.added_to};
    work *= double{1} * replicas / counted;
    return work;
}

std::span<const Operation> operations() {
    static const Operation all[] = {
        MANYGPCM_OPERATION(clip_and_adam),
        MANYGPCM_OPERATION(address_softmax_forward),
        MANYGPCM_OPERATION(address_softmax_backward),
        MANYGPCM_OPERATION(attention_forward),
        MANYGPCM_OPERATION(attention_backward),
        MANYGPCM_OPERATION(composed_linear_forward),
        MANYGPCM_OPERATION(composed_linear_backward),
        MANYGPCM_OPERATION(dropout_forward),
        MANYGPCM_OPERATION(dropout_backward),
        MANYGPCM_OPERATION(embedding_forward),
        MANYGPCM_OPERATION(embedding_backward),
        MANYGPCM_OPERATION(gate_mix_forward),
        MANYGPCM_OPERATION(gate_mix_backward),
        MANYGPCM_OPERATION(gpcm_head_forward),
        MANYGPCM_OPERATION(ordinal_statistics),
        MANYGPCM_OPERATION(gpcm_head_backward),
        MANYGPCM_OPERATION(layer_norm_forward),
        MANYGPCM_OPERATION(layer_norm_backward),
        MANYGPCM_OPERATION(linear_qkv_forward),
        MANYGPCM_OPERATION(linear_qkv_backward),
        MANYGPCM_OPERATION(linear_gate_forward),
        MANYGPCM_OPERATION(linear_gate_backward),
        MANYGPCM_OPERATION(linear_summary_forward),
        MANYGPCM_OPERATION(linear_summary_backward),
        MANYGPCM_OPERATION(linear_pair_gate_forward),
        MANYGPCM_OPERATION(linear_pair_gate_backward),
        MANYGPCM_OPERATION(linear_decay_value_forward),
        MANYGPCM_OPERATION(linear_decay_value_backward),
        MANYGPCM_OPERATION(linear_decay_response_forward),
        MANYGPCM_OPERATION(linear_decay_response_backward),
        MANYGPCM_OPERATION(memory_scan_steps_forward),
        MANYGPCM_OPERATION(memory_scan_steps_backward),
        MANYGPCM_OPERATION(memory_scan_pairs_forward),
        MANYGPCM_OPERATION(memory_scan_pairs_backward),
        MANYGPCM_OPERATION(response_embedding_forward),
        MANYGPCM_OPERATION(response_embedding_backward),
    };
    return all;
}

}  // namespace manygpcm::measure
