// Everything here is random but the same in every run.
#include "batches.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm::bench {
namespace {

constexpr int n_learners = 32, shortest = 100, longest = 200;

std::vector<Learner> random_learners() {
    std::mt19937 engine(42);
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

PackedBatch pack_random_learners() {
    PackedBatch batch(1, {n_learners, n_learners * longest}, n_questions, n_categories);
    std::vector<int> all(n_learners);
    std::iota(all.begin(), all.end(), 0);
    batch.pack(0, random_learners(), all);
    return batch;
}

}  // namespace

const PackedBatch& sample_batch() {
    static const PackedBatch batch = pack_random_learners();
    return batch;
}

int count(RowKind kind) {
    return sample_batch().rows(kind)[0];
}

Array::Array(int rows, int width, float low, float high) {
    constexpr std::size_t line = 64;
    const std::size_t n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    const std::size_t bytes = (n * sizeof(float) + line - 1) / line * line;
    data_.reset(static_cast<float*>(std::aligned_alloc(line, bytes)));
    std::minstd_rand engine(42);
    std::uniform_real_distribution<float> uniform(low, high);
    std::generate_n(data_.get(), n, [&] { return uniform(engine); });
}

}  // namespace manygpcm::bench
