// Everything here is random but the same in every run.
#include "operands.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <random>

#include "manygpcm/engine/dataset.h"

namespace manygpcm::measure {
namespace {

constexpr int n_learners = 32, shortest = 100, longest = 200;

// Drawing numbers takes longer than copying them, and a device has arrays of gigabytes.
constexpr std::size_t most_drawn = 1 << 20;

std::vector<Learner> random_learners(int replica) {
    std::mt19937 engine(42 + static_cast<unsigned>(replica));
    std::uniform_int_distribution<int> length(shortest, longest), question(0, n_questions - 1),
        response(0, n_categories - 1);
    std::vector<Learner> learners(n_learners);
    for (Learner& learner : learners) {
        learner.questions.resize(static_cast<std::size_t>(length(engine)));
        learner.responses.resize(learner.questions.size());
        std::generate(learner.questions.begin(), learner.questions.end(),
                      [&] { return question(engine); });
        std::generate(learner.responses.begin(), learner.responses.end(),
                      [&] { return response(engine); });
    }
    return learners;
}

PackedBatch pack_random_learners(int replicas) {
    PackedBatch batch(replicas, {n_learners, n_learners * longest}, n_questions, n_categories);
    std::vector<int> all(n_learners);
    std::iota(all.begin(), all.end(), 0);
    for (int r = 0; r < replicas; ++r)
        batch.pack(r, random_learners(r), all);
    return batch;
}

/// Within the backend's memory, which is the host's where the backend is no device.
void copy(kernels::Backend& backend, float* to, const float* from, std::size_t n) {
    const std::size_t bytes = n * sizeof(float);
    if (auto* device = dynamic_cast<kernels::Device*>(&backend))
        device->copy(to, from, bytes);
    else
        backend.upload(to, from, bytes);
}

}  // namespace

SampleBatch::SampleBatch(kernels::Backend& backend, int replicas) {
    const PackedBatch batch = pack_random_learners(replicas);
    const auto upload = [&](const int* from, std::size_t n) {
        const kernels::BackendArray<int>& to =
            arrays_.emplace_back(backend, n, "the benchmark's batch");
        backend.upload(to.data(), from, n * sizeof(int));
        return to.data();
    };
    for (int i = 0; i < n_row_kinds; ++i) {
        const auto kind = static_cast<RowKind>(i);
        if (kind == RowKind::fixed) continue;
        const kernels::Rows rows = batch.rows(kind);
        // As many as the fullest replica has, so that a device does no work that the CPU doesn't.
        const int most = *std::max_element(rows.count, rows.count + replicas);
        rows_[static_cast<std::size_t>(i)] = {
            upload(rows.count, static_cast<std::size_t>(replicas)), replicas, most};
    }
    for (int i = 0; i < n_batch_indices; ++i) {
        const auto which = static_cast<BatchIndex>(i);
        if (which == BatchIndex::none) continue;
        const kernels::RowIndex index = batch.index(which);
        index_[static_cast<std::size_t>(i)] = {
            upload(index.data, static_cast<std::size_t>(index.stride) * replicas), index.stride};
    }
}

Operands::Operands(kernels::Backend& backend, int replicas)
    : backend_(backend), replicas_(replicas), batch_(backend, replicas) {}

void* Operands::allocate(std::size_t bytes) {
    return arrays_.emplace_back(backend_, bytes, "a benchmark's array").data();
}

kernels::PerReplica<float> Operands::array(int rows, int width, float low, float high) {
    constexpr std::size_t line = 16;
    const std::size_t n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    const std::size_t stride = (n + line - 1) / line * line;
    const std::size_t total = stride * static_cast<std::size_t>(replicas_);
    std::vector<float> values(std::min(stride, most_drawn));
    std::minstd_rand engine(42);
    std::uniform_real_distribution<float> uniform(low, high);
    std::generate(values.begin(), values.end(), [&] { return uniform(engine); });
    auto* memory = static_cast<float*>(allocate(total * sizeof(float)));
    backend_.upload(memory, values.data(), values.size() * sizeof(float));
    // The rest repeats them, twice as many with every copy.
    for (std::size_t done = values.size(); done < total; done *= 2)
        copy(backend_, memory + done, memory, std::min(done, total - done));
    return {memory, static_cast<std::ptrdiff_t>(stride)};
}

}  // namespace manygpcm::measure
