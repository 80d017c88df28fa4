// Everything here is random but the same in every run.
#include "checks/operands.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <random>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::checks {
namespace {

constexpr int n_learners = 32, shortest = 100, longest = 200;

// Drawing numbers takes longer than copying them, and a device has arrays of gigabytes.
constexpr std::size_t most_drawn = 1 << 20;

/// Within the backend's memory, which is the host's where the backend is no device.
void copy(Backend& backend, float* to, const float* from, std::size_t n) {
    const std::size_t bytes = n * sizeof(float);
    if (auto* device = dynamic_cast<Device*>(&backend))
        device->copy(to, from, bytes);
    else
        backend.upload(to, from, bytes);
}

}  // namespace

Operands::Operands(Backend& backend, int replicas)
    : backend_(backend), replicas_(replicas), batch_(make_batch()) {}

int* Operands::upload(const std::vector<int>& from) {
    void* const memory = allocate(from.size() * sizeof(int));
    backend_.upload(memory, from.data(), from.size() * sizeof(int));
    return static_cast<int*>(memory);
}

SampleBatch Operands::make_batch() {
    constexpr int most_steps = n_learners * longest, n_pairs = n_questions * n_categories;
    const auto n = static_cast<std::size_t>(replicas_);
    std::vector<int> offsets, steps, questions, responses, pairs;
    for (std::size_t r = 0; r < n; ++r) {
        std::mt19937 engine(42 + static_cast<unsigned>(r));
        std::uniform_int_distribution<int> length(shortest, longest), question(0, n_questions - 1),
            response(0, n_categories - 1);
        offsets.push_back(0);
        for (int learner = 0; learner < n_learners; ++learner) {
            const int count = length(engine);
            offsets.push_back(offsets.back() + count);
            std::generate_n(std::back_inserter(questions), count, [&] { return question(engine); });
            std::generate_n(std::back_inserter(responses), count, [&] { return response(engine); });
        }
        steps.push_back(offsets.back());
        questions.resize((r + 1) * most_steps);
        responses.resize((r + 1) * most_steps);
    }
    for (std::size_t i = 0; i < questions.size(); ++i)
        pairs.push_back(questions[i] * n_categories + responses[i]);
    // A row a number below `end`, the same for every replica.
    const auto each = [&](int end, auto value) {
        std::vector<int> values;
        for (std::size_t i = 0; i < n * static_cast<std::size_t>(end); ++i)
            values.push_back(value(static_cast<int>(i) % end));
        return RowIndex{upload(values), end};
    };
    // As many as the fullest replica has, so that a device does no work that the CPU doesn't.
    const auto rows = [&](const std::vector<int>& counts) {
        return Rows(upload(counts), replicas_, std::ranges::max(counts));
    };
    return {.sequences = rows(std::vector(n, n_learners)),
            .steps = rows(steps),
            .questions = rows(std::vector(n, n_questions)),
            .pairs = rows(std::vector(n, n_pairs)),
            .offsets = {upload(offsets), n_learners + 1},
            .response = {upload(responses), most_steps},
            .distinct_question = each(n_questions, [](int i) { return i; }),
            .question_row = {upload(questions), most_steps},
            .pair_row = {upload(pairs), most_steps},
            .pair_question = each(n_pairs, [](int i) { return i / n_categories; }),
            .pair_response = each(n_pairs, [](int i) { return i % n_categories; })};
}

void* Operands::allocate(std::size_t bytes) {
    return arrays_.emplace_back(backend_, bytes, "a benchmark's array").data();
}

PerReplica<float> Operands::array(int rows, int width, float low, float high) {
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

}  // namespace manygpcm::kernels::checks
