// A deep model with a history begins as the one without, and learns from what repeats.
#include <gtest/gtest.h>

#include "engine/data/random_learners.h"
#include "engine/small_hyperparameters.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 6, n_categories = 3, n_learners = 20;

class ModelWithHistory : public testing::TestWithParam<ModelKind> {
  protected:
    const std::vector<Learner> learners = able_learners(n_learners, n_questions, 10, 30);
    const std::vector<int> all = numbers_from(0, n_learners);

    Hyperparameters with(History history, AbilityFrom ability_from) const {
        Hyperparameters h = small_hyperparameters(GetParam());
        h.history = history;
        h.ability_from = ability_from;
        return h;
    }

    Model untrained(const Hyperparameters& h) const {
        const ModelConfig config{h, n_questions, n_categories};
        return {config, initial_parameters(config, 1, 0, 0), {}, {}, {}};
    }
};

TEST_P(ModelWithHistory, BeginsAsTheModelWithoutOne) {
    for (const AbilityFrom from : {AbilityFrom::state, AbilityFrom::state_and_question})
        for (const History history : {History::input, History::head, History::both}) {
            const Predictions expected =
                                  predict(untrained(with(History::off, from)), learners, all),
                              got = predict(untrained(with(history, from)), learners, all);
            ASSERT_EQ(got.probabilities.size(), expected.probabilities.size());
            for (std::size_t i = 0; i < expected.probabilities.size(); ++i)
                ASSERT_NEAR(got.probabilities[i], expected.probabilities[i], 1e-6) << i;
        }
}

TEST_P(ModelWithHistory, TrainingMovesItsWeights) {
    const Hyperparameters h = with(History::both, AbilityFrom::state);
    const std::vector<ReplicaSpec> specs{{.hyperparameters = h, .train = all, .validation = {}}};
    const Model model = train_replicas({learners, n_questions, n_categories}, specs, 1, 1)[0].model;
    const ParameterLayout layout(model.config);
    int found = 0;
    for (const ParameterTensor& tensor : layout.tensors()) {
        if (!tensor.name.starts_with("history.")) continue;
        ++found;
        for (std::size_t i = 0; i < tensor.size(); ++i)
            ASSERT_NE(model.parameters[tensor.offset + i], 0) << tensor.name << "[" << i << "]";
    }
    EXPECT_GE(found, 2);
}

std::vector<ModelKind> models_of_histories() {
    std::vector<ModelKind> models;
    for (const ModelKind model : all_models())
        if (uses(model, "history")) models.push_back(model);
    return models;
}

INSTANTIATE_TEST_SUITE_P(Models, ModelWithHistory, testing::ValuesIn(models_of_histories()),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace manygpcm
