#include "model/inference.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "manygpcm/engine/error.h"
#include "manygpcm/kernels/cpu.h"

namespace manygpcm {
namespace {

// Steps in a batch of predict(): enough rows for the matrix products, little enough memory.
constexpr int predict_steps = 8192;

// Questions in one sequence when thresholds are asked for: attention is quadratic in it.
constexpr int questions_per_sequence = 64;

/// Appends what the network says of one batch.
void append(Network& network, const PackedBatch& batch, int n_categories, Wanted wanted,
            Predictions& out) {
    const int steps = batch.rows(RowKind::steps)[0];
    const float *theta = network.theta()[0], *alpha = network.alpha()[0];
    const float *logits = network.logits()[0], *threshold = network.threshold()[0];
    const std::int32_t* question_row = batch.index(BatchIndex::question_row)[0];
    out.theta.insert(out.theta.end(), theta, theta + steps);
    if (const float* const deviation = network.theta_deviation()[0])
        out.theta_deviation.insert(out.theta_deviation.end(), deviation, deviation + steps);
    if (wanted == Wanted::abilities) return;
    out.alpha.insert(out.alpha.end(), alpha, alpha + steps);
    for (int t = 0; t < steps; ++t) {
        append_softmax({logits + std::ptrdiff_t{t} * n_categories, std::size_t(n_categories)},
                       out.probabilities);
        const float* beta = threshold + std::ptrdiff_t{question_row[t]} * (n_categories - 1);
        out.beta.insert(out.beta.end(), beta, beta + n_categories - 1);
    }
}

}  // namespace

void append_softmax(std::span<const float> logits, std::vector<float>& probabilities) {
    const float largest = *std::max_element(logits.begin(), logits.end());
    float sum = 0;
    for (const float logit : logits)
        sum += std::exp(logit - largest);
    for (const float logit : logits)
        probabilities.push_back(std::exp(logit - largest) / sum);
}

int longest_sequence(Learners learners, std::span<const int> which) {
    std::size_t longest = 0;
    for (const int i : which)
        longest = std::max(longest, learners[i].questions.size());
    return static_cast<int>(longest);
}

Predictions run_inference(Network& network, PackedBatch& batch, int n_categories,
                          std::span<const float> parameters, Learners learners,
                          std::span<const int> which, StopFlag stop, Wanted wanted) {
    Predictions out;
    out.n_categories = n_categories;
    out.offsets.push_back(0);
    for (const int i : which)
        out.offsets.push_back(out.offsets.back() +
                              static_cast<std::int32_t>(learners[i].questions.size()));
    const std::size_t total = out.offsets.back();
    out.theta.reserve(total);
    if (wanted == Wanted::all) {
        out.alpha.reserve(total);
        out.probabilities.reserve(total * n_categories);
        out.beta.reserve(total * (n_categories - 1));
    }

    const BatchCapacity& capacity = network.capacity();
    bool had_all_questions = false;  // the batch before
    for (std::size_t first = 0; first < which.size();) {
        std::size_t last = first;
        while (last < which.size() && last - first < std::size_t(capacity.sequences) &&
               out.offsets[last + 1] - out.offsets[first] <= capacity.steps)
            ++last;
        if (last == first)
            throw std::logic_error("inference: a learner is longer than the network's capacity");
        batch.pack(0, learners, which.subspan(first, last - first));
        const bool has_all_questions = batch.has_all_questions(0);
        network.forward({.batch = batch,
                         .parameters = {parameters.data(), 0},
                         .gradients = {},
                         .stop = stop,
                         .same_questions = had_all_questions && has_all_questions});
        had_all_questions = has_all_questions;
        append(network, batch, n_categories, wanted, out);
        first = last;
    }
    return out;
}

namespace {

Predictions predict_wanted(const Model& model, Learners learners, std::span<const int> which,
                           StopFlag stop, Wanted wanted) {
    const ModelConfig& config = model.config;
    for (const int i : which)
        for (std::size_t t = 0; t < learners[i].questions.size(); ++t)
            if (learners[i].questions[t] < 0 || learners[i].questions[t] >= config.n_questions ||
                (t < learners[i].responses.size() &&
                 (learners[i].responses[t] < 0 || learners[i].responses[t] >= config.n_categories)))
                throw InputError("learner " + learners[i].id + ", step " + std::to_string(t + 1) +
                                 ": the question or category is not one of the model's");
    const BatchCapacity capacity{static_cast<int>(which.size()),
                                 std::max(predict_steps, longest_sequence(learners, which))};
    const kernels::WorkerThread prepared;
    Network network(kernels::cpu_backend(), config, 1, capacity, false);
    PackedBatch batch(1, capacity, config.n_questions, config.n_categories);
    return run_inference(network, batch, config.n_categories, model.parameters, learners, which,
                         stop, wanted);
}

}  // namespace

Predictions predict(const Model& model, Learners learners, std::span<const int> which,
                    StopFlag stop) {
    return predict_wanted(model, learners, which, stop, Wanted::all);
}

Predictions predict_abilities(const Model& model, Learners learners, std::span<const int> which,
                              StopFlag stop) {
    return predict_wanted(model, learners, which, stop, Wanted::abilities);
}

std::vector<float> item_thresholds(const Model& model, StopFlag stop) {
    std::vector<Learner> learners;
    std::vector<int> which;
    for (int q = 0; q < model.config.n_questions; ++q) {
        if (q % questions_per_sequence == 0) {
            which.push_back(static_cast<int>(learners.size()));
            learners.emplace_back();
        }
        learners.back().questions.push_back(q);
        learners.back().responses.push_back(0);
    }
    return predict(model, learners, which, stop).beta;
}

}  // namespace manygpcm
