// The models against the PyTorch reference: outputs, loss, gradients and three optimizer steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/model/golden.h"
#include "manygpcm/kernels/adam.h"
#include "manygpcm/kernels/cpu.h"
#include "model/network.h"

namespace manygpcm {
namespace {

constexpr double tolerance =
    1e-4;  // relative to the largest number of a tensor: float32 against float64

void expect_close(std::span<const float> got, const std::vector<double>& want,
                  const std::string& what) {
    ASSERT_GE(got.size(), want.size()) << what;
    double scale = 0;
    for (const double w : want)
        scale = std::max(scale, std::abs(w));
    // A gradient that is nothing but rounding (a key's bias under softmax) has no digits to
    // compare.
    if (scale < 1e-9) scale = 1e-2;
    for (std::size_t i = 0; i < want.size(); ++i)
        ASSERT_NEAR(got[i], want[i], tolerance * scale) << what << "[" << i << "]";
}

class GoldenTest : public testing::TestWithParam<std::string> {
  protected:
    kernels::WorkerThread prepared;
    Golden golden{GetParam()};
    BatchCapacity capacity{4, 19};
    Network network{kernels::cpu_backend(), golden.config, 1, capacity, true};
    PackedBatch batch{1, capacity, golden.config.n_questions, golden.config.n_categories};
    std::vector<float> parameters = golden.parameters;
    std::vector<float> gradient = std::vector<float>(parameters.size());
    std::vector<double> statistics =
        std::vector<double>(kernels::ordinal_statistics_size(golden.config.n_categories));
    kernels::OrdinalLoss loss =
        kernels::ordinal_loss(golden.config.hyperparameters.ce_weight_logit,
                              golden.config.hyperparameters.focal_weight_logit,
                              golden.config.hyperparameters.label_smoothing);

    kernels::OrdinalLossValue forward() {
        batch.pack(0, golden.learners, golden.which);
        std::fill(gradient.begin(), gradient.end(), 0.0f);
        network.forward(pass());
        network.write_statistics(pass(), {statistics.data(), 0});
        return kernels::ordinal_loss_value(golden.config.n_categories, loss, statistics.data());
    }
    Pass pass() {
        return {batch, {parameters.data(), 0}, {gradient.data(), 0}, nullptr,
                &loss, {statistics.data(), 0}};
    }
};

TEST_P(GoldenTest, OutputsMatch) {
    forward();
    const std::size_t steps = 19, n_categories = golden.config.n_categories;
    expect_close({network.theta()[0], steps}, flatten(golden.json["theta"]), "theta");
    expect_close({network.alpha()[0], steps}, flatten(golden.json["alpha"]), "alpha");
    expect_close({network.logits()[0], steps * n_categories}, flatten(golden.json["logits"]),
                 "logits");
    const Predictions predictions = predict(golden.model(), golden.learners, golden.which);
    expect_close(predictions.beta, flatten(golden.json["beta"]), "beta");
    expect_close(predictions.theta, flatten(golden.json["theta"]), "predicted theta");
}

TEST_P(GoldenTest, LossMatches) {
    const kernels::OrdinalLossValue value = forward();
    const double want = golden.json["loss"];
    EXPECT_NEAR(value.total, want, tolerance * std::abs(want));
    EXPECT_NEAR(value.ce, golden.json["parts"]["ce"], tolerance);
    EXPECT_NEAR(value.focal, golden.json["parts"]["focal"], tolerance);
    EXPECT_NEAR(value.soft_qwk, golden.json["parts"]["soft_qwk"], tolerance);
}

TEST_P(GoldenTest, EveryGradientMatches) {
    forward();
    network.backward(pass());
    const ParameterLayout layout(golden.config);
    for (const ParameterTensor& tensor : layout.tensors())
        expect_close(std::span(gradient).subspan(tensor.offset, tensor.size()),
                     flatten(golden.json["gradients"][tensor.name]), tensor.name);
}

// Twice the steps for as many distinct questions: more batches share the rows of a question and
// response.
TEST_P(GoldenTest, BatchTwiceHasTheLossAndGradientOfTheBatch) {
    const double once_loss = forward().total;
    network.backward(pass());
    const std::vector<double> once(gradient.begin(), gradient.end());

    golden.which.insert(golden.which.end(), golden.which.begin(), golden.which.end());
    const BatchCapacity twice{2 * capacity.sequences, 2 * capacity.steps};
    network = Network(kernels::cpu_backend(), golden.config, 1, twice, true);
    batch = PackedBatch(1, twice, golden.config.n_questions, golden.config.n_categories);
    EXPECT_NEAR(forward().total, once_loss, 1e-6);
    network.backward(pass());
    expect_close(gradient, once, "gradient");
}

TEST_P(GoldenTest, ThreeAdamStepsMatch) {
    const std::size_t trained = ParameterLayout(golden.config).trained_size();
    std::vector<float> m(parameters.size()), v(parameters.size());
    const Hyperparameters& h = golden.config.hyperparameters;
    kernels::AdamConfig adam;
    adam.lr = h.lr;
    adam.weight_decay = h.weight_decay;
    adam.grad_clip = h.grad_clip;
    const std::vector<double> want = golden.json["training_losses"];
    for (int step = 0; step < 3; ++step) {
        EXPECT_NEAR(forward().total, want[step], tolerance * std::abs(want[step]))
            << "step " << step;
        network.backward(pass());
        ASSERT_TRUE(kernels::clip_and_adam<float>(trained, adam, step + 1, parameters.data(),
                                                  gradient.data(), m.data(), v.data()));
    }
    const double final_loss = golden.json["final_loss"];
    EXPECT_NEAR(forward().total, final_loss, tolerance * std::abs(final_loss));
}

INSTANTIATE_TEST_SUITE_P(Goldens, GoldenTest, testing::ValuesIn(Golden::names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace manygpcm
