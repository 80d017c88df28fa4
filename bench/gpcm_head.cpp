// The head and its loss over all steps, F = final_fc_dim, K categories. Forward counts 4 F + 3 K a
// step: two dot products, softplus, logits. The loss counts 8 K + 10 a step: log-softmax and
// softmax 6 K, the confusion matrix and smoothing 2 K, cross-entropy and focal loss 10. Backward
// counts 7 F + 21 K + 10 a step: softmax anew 6 K, gradients of logits and thresholds 15 K, those
// of h and of both weight vectors 7 F, softplus and focal loss 10.
#include "manygpcm/kernels/gpcm_head.h"

#include <vector>

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

struct Head {
    explicit Head(const Hyperparameters& h)
        : shape{h.final_fc_dim, n_categories},
          summary(steps[0], shape.features),
          ability_weight(1, shape.features),
          discrimination_weight(1, shape.features),
          ability_bias(1, 1),
          ability_scale(1, 1, 1, 1),
          discrimination_x(questions[0], 1),
          threshold(questions[0], n_categories - 1),
          theta(steps[0], 1),
          alpha(steps[0], 1),
          logits(steps[0], n_categories),
          statistics(kernels::ordinal_statistics_size(n_categories)),
          loss(kernels::ordinal_loss(h.ce_weight_logit, h.focal_weight_logit, h.label_smoothing)) {}

    kernels::GpcmHeadInput<float> in() const {
        return {summary,
                ability_weight,
                ability_bias,
                ability_scale,
                discrimination_weight,
                discrimination_x,
                threshold,
                sample_batch().index(BatchIndex::question_row)};
    }
    kernels::GpcmHeadOutput<float> out() { return {theta, alpha, logits}; }

    void forward() { kernels::gpcm_head_forward<float>(steps, shape, in(), out()); }
    void evaluate_loss() {
        kernels::ordinal_statistics<float>(steps, n_categories, &loss, logits,
                                           sample_batch().index(BatchIndex::response),
                                           {statistics.data(), 0});
        benchmark::DoNotOptimize(
            kernels::ordinal_loss_value(n_categories, loss, statistics.data()));
    }

    // Elements, as the benchmarks count them.
    double summary_elements() const { return elements(steps[0], shape.features); }
    double parameter_elements() const { return 2 * shape.features + 2; }
    double question_elements() const { return elements(questions[0], n_categories); }
    double output_elements() const { return elements(steps[0], n_categories + 2); }
    double statistics_elements() const { return 2 * static_cast<double>(statistics.size()); }

    kernels::Rows steps = sample_batch().rows(RowKind::steps);
    kernels::Rows questions = sample_batch().rows(RowKind::questions);
    kernels::GpcmHeadShape shape;
    Array summary, ability_weight, discrimination_weight, ability_bias, ability_scale;
    Array discrimination_x, threshold, theta, alpha, logits;
    std::vector<double> statistics;
    kernels::OrdinalLoss loss;
};

void gpcm_head_forward(benchmark::State& state, const Hyperparameters& h) {
    Head head(h);
    const int steps = head.steps[0];
    const Work work{.flops = elements(steps, 4 * head.shape.features + 3 * n_categories),
                    .read = head.summary_elements() + head.parameter_elements() +
                            head.question_elements() + steps,
                    .written = head.output_elements()};
    measure(state, work, [&] { head.forward(); });
}

void ordinal_loss(benchmark::State& state, const Hyperparameters& h) {
    Head head(h);
    head.forward();
    const int steps = head.steps[0];
    const Work work{.flops = elements(steps, 8 * n_categories + 10),
                    .read = elements(steps, n_categories + 1),
                    .written = head.statistics_elements()};
    measure(state, work, [&] { head.evaluate_loss(); });
}

void gpcm_head_backward(benchmark::State& state, const Hyperparameters& h) {
    Head head(h), gradient(h);
    head.forward();
    head.evaluate_loss();
    const int steps = head.steps[0];
    const Work work{.flops = elements(steps, 7 * head.shape.features + 21 * n_categories + 10),
                    .read = head.summary_elements() + head.parameter_elements() +
                            head.question_elements() + head.output_elements() + elements(steps, 2) +
                            head.statistics_elements(),
                    .written = head.summary_elements() + head.question_elements(),
                    .added_to = head.parameter_elements()};
    measure(state, work, [&] {
        kernels::gpcm_head_backward<float>(
            head.steps, head.questions, head.shape, &head.loss, {head.statistics.data(), 0},
            head.in(), {head.theta, head.alpha, head.logits},
            sample_batch().index(BatchIndex::response),
            {gradient.summary, gradient.ability_weight, gradient.ability_bias,
             gradient.ability_scale, gradient.discrimination_weight, gradient.discrimination_x,
             gradient.threshold});
    });
}

MANYGPCM_BENCHMARK(gpcm_head_forward);
MANYGPCM_BENCHMARK(ordinal_loss);
MANYGPCM_BENCHMARK(gpcm_head_backward);

}  // namespace
}  // namespace manygpcm::bench
