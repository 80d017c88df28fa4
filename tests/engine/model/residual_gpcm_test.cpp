// The classical model as a model, and the one that begins as it.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 8, n_categories = 3;

class ClassicalAtHeart : public testing::Test {
  protected:
    const std::vector<Learner> learners = able_learners(60, n_questions, 10, 40);
    const LearnerSet set{learners, n_questions, n_categories};
    const std::vector<int> all = numbers_from(0, 60);
    const ClassicalGpcm classical = fit_classical_gpcm(set, all);

    Hyperparameters small(const char* model) const {
        Hyperparameters h = default_hyperparameters(parse_model(model));
        h.value_dim = 9;
        h.embed_dim = 6;
        h.key_dim = 5;
        h.final_fc_dim = 7;
        return h;
    }

    Model untrained(const Hyperparameters& h) const {
        const ModelConfig config{h, n_questions, n_categories};
        return {config, initial_parameters(config, 1, 0, 0, &classical), {}, {}, {}};
    }

    ReplicaResult train(const Hyperparameters& h, int epochs) const {
        const std::vector<ReplicaSpec> specs{
            {.hyperparameters = h, .train = numbers_from(0, 50), .validation = {50, 51, 52}}};
        return train_replicas(set, specs, epochs, 1)[0];
    }
};

TEST_F(ClassicalAtHeart, GpcmPredictsAsTheClassicalModelDoes) {
    // On a coarser grid of ability.
    const Predictions expected = ClassicalPredictor(classical).predict(learners, all),
                      got = predict(untrained(small("gpcm")), learners, all);
    for (std::size_t i = 0; i < expected.probabilities.size(); ++i)
        ASSERT_NEAR(got.probabilities[i], expected.probabilities[i], 1e-3) << i;
    for (std::size_t i = 0; i < expected.theta.size(); ++i) {
        ASSERT_NEAR(got.theta[i], expected.theta[i], 1e-3) << i;
        ASSERT_NEAR(got.alpha[i], expected.alpha[i], 1e-5) << i;
    }
    for (std::size_t i = 0; i < expected.beta.size(); ++i)
        ASSERT_NEAR(got.beta[i], expected.beta[i], 1e-4) << i;
}

TEST_F(ClassicalAtHeart, GpcmIsFittedToTheTrainingLearnersAlone) {
    const Model model = train(small("gpcm"), 1).model;
    const ClassicalGpcm fit = fit_classical_gpcm(set, numbers_from(0, 50));
    const ParameterLayout layout(model.config);
    const std::size_t at = layout.find("classical.slope").offset;
    for (std::size_t q = 0; q < n_questions; ++q)
        EXPECT_EQ(model.parameters[at + q], static_cast<float>(fit.alpha[q]));
}

TEST_F(ClassicalAtHeart, ResidualModelBeginsAsTheClassicalOne) {
    Hyperparameters h = small("residual_gpcm");
    h.question_readout = Switch::off;  // the one part that isn't quite 0 at first
    const Predictions expected = predict(untrained(small("gpcm")), learners, all),
                      got = predict(untrained(h), learners, all);
    for (std::size_t i = 0; i < expected.probabilities.size(); ++i)
        ASSERT_NEAR(got.probabilities[i], expected.probabilities[i], 1e-5) << i;
}

// The fitted ones where these ascend, the nearest ascending ones where they don't; training keeps
// their order.
TEST_F(ClassicalAtHeart, OrderedStepsBeginNearTheClassicalOnes) {
    Hyperparameters h = small("residual_gpcm");
    h.ordered_thresholds = Switch::on;
    ClassicalGpcm disordered = classical;
    disordered.step[0] = 1;
    disordered.step[1] = -0.5;
    const ModelConfig config{h, n_questions, n_categories};
    const Model model{config, initial_parameters(config, 1, 0, 0, &disordered), {}, {}, {}};
    const std::vector<float> thresholds = item_thresholds(model);
    const auto slope = [&](std::size_t q) { return disordered.alpha[q]; };
    EXPECT_NEAR(thresholds[0], 0.25 / slope(0), 1e-4);
    EXPECT_NEAR(thresholds[1], 0.26 / slope(0), 1e-4);
    for (std::size_t q = 1; q < n_questions; ++q) {
        const double first = classical.step[2 * q], second = classical.step[2 * q + 1];
        ASSERT_LT(first, second) << "or this shows little";
        EXPECT_NEAR(thresholds[2 * q], first / slope(q), 1e-4);
        EXPECT_NEAR(thresholds[2 * q + 1], second / slope(q), 1e-4);
    }
    h.lr = 0.05;
    const Model trained = train(h, 4).model;
    const std::vector<float> moved = item_thresholds(trained);
    for (std::size_t q = 0; q < n_questions; ++q)
        EXPECT_LT(moved[2 * q], moved[2 * q + 1]);
}

TEST_F(ClassicalAtHeart, TrainingMovesAllButTheClassicalItems) {
    const ReplicaResult result = train(small("residual_gpcm"), 2);
    const ModelConfig& config = result.model.config;
    const ClassicalGpcm fit = fit_classical_gpcm(set, numbers_from(0, 50));
    const std::vector<float> before = initial_parameters(config, 0, 0, 0, &fit);
    const ParameterLayout layout(config);
    for (const ParameterTensor& tensor : layout.tensors()) {
        std::size_t moved = 0;
        for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size(); ++i)
            moved += result.model.parameters[i] != before[i];
        EXPECT_EQ(moved > 0, tensor.trained) << tensor.name;
        EXPECT_EQ(tensor.trained, !tensor.name.starts_with("classical.")) << tensor.name;
    }
}

TEST_F(ClassicalAtHeart, EveryPartCanBeLeftOut) {
    for (const char* part : {"core=none", "core=memory", "fitted_items=off",
                             "posterior_ability=off", "posterior_input=off", "question_readout=off",
                             "history_input=off", "history_head=off", "hidden_layer=off"})
        for (const bool without_core : {false, true}) {
            const std::string assignment = part;
            const std::size_t equals = assignment.find('=');
            Hyperparameters h = small("residual_gpcm");
            if (without_core) h.core = Core::none;
            h.set(assignment.substr(0, equals), assignment.substr(equals + 1));
            h.dropout_rate = 0;
            h.batch_size = 50;  // all at once
            const ReplicaResult result = train(h, 5);
            EXPECT_LT(result.epochs[4].train_loss, result.epochs[0].train_loss)
                << part << ' ' << without_core;
        }
}

}  // namespace
}  // namespace manygpcm
