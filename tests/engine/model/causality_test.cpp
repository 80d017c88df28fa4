// Nothing at or after a step's response may reach its prediction: not one bit may change.
#include <gtest/gtest.h>

#include <cstring>

#include "engine/data/random_learners.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 23, n_categories = 4, length = 150;

Model random_model(ModelKind kind, AttentionKind attention,
                   AbilityFrom ability_from = AbilityFrom::state_and_question,
                   History history = History::off) {
    Model model;
    model.config.n_questions = n_questions;
    model.config.n_categories = n_categories;
    model.config.hyperparameters.model = kind;
    model.config.hyperparameters.attention = attention;
    model.config.hyperparameters.ability_from = ability_from;
    model.config.hyperparameters.history = history;
    model.parameters = initial_parameters(model.config, 7, 0, 0);
    // What starts as zeros would hide what reaches it.
    const ParameterLayout layout(model.config);
    for (const ParameterTensor& tensor : layout.tensors())
        if (tensor.initial == InitialValues::zeros)
            for (std::size_t i = 0; i < tensor.size(); ++i)
                model.parameters[tensor.offset + i] = i % 2 == 0 ? 0.3F : -0.2F;
    return model;
}

/// One long learner (pairs are shared) and two short ones.
std::vector<Learner> random_learners() {
    return learners_of_lengths({3, length, 17}, n_questions, n_categories);
}

/// Whether the outputs of every learner, and of the long learner's steps 0..changed, stay the same
/// to the last bit when its responses from step `changed` on are others.
bool blind_to_later_responses(const Model& model, int changed) {
    std::vector<Learner> learners = random_learners();
    const std::vector<int> which{0, 1, 2};
    const Predictions before = predict(model, learners, which);
    for (int t = changed; t < length; ++t)
        learners[1].responses[t] =
            (learners[1].responses[t] + 1 + t % (n_categories - 1)) % n_categories;
    const Predictions after = predict(model, learners, which);

    bool same = true;
    const auto compare = [&](const std::vector<float>& a, const std::vector<float>& b,
                             std::size_t width) {
        const auto equal = [&](std::size_t first, std::size_t last) {
            return std::memcmp(&a[first * width], &b[first * width],
                               (last - first) * width * sizeof(float)) == 0;
        };
        same = same && equal(0, before.offsets[1] + changed + 1) &&
               equal(before.offsets[2], before.offsets[3]);
    };
    compare(before.probabilities, after.probabilities, n_categories);
    compare(before.theta, after.theta, 1);
    compare(before.alpha, after.alpha, 1);
    compare(before.beta, after.beta, n_categories - 1);
    return same;
}

TEST(Causality, LaterResponsesChangeNoEarlierBit) {
    for (const ModelKind kind : all_models())
        for (const AbilityFrom from : {AbilityFrom::state, AbilityFrom::state_and_question}) {
            const Model model = random_model(kind, AttentionKind::causal, from);
            for (const int changed : {0, 1, 15, 16, 17, 63, 100, length - 1})
                EXPECT_TRUE(blind_to_later_responses(model, changed))
                    << to_string(kind) << ", from step " << changed;
        }
}

TEST(Causality, NorWithAHistory) {
    for (const ModelKind kind : all_models()) {
        if (!uses(kind, "history")) continue;
        const Model model =
            random_model(kind, AttentionKind::causal, AbilityFrom::state, History::both);
        for (const int changed : {0, 1, 63, length - 1})
            EXPECT_TRUE(blind_to_later_responses(model, changed))
                << to_string(kind) << ", from step " << changed;
    }
}

TEST(Causality, BidirectionalAttentionIsNotBlind) {
    for (const ModelKind kind : {parse_model("attn_gpcm_learn"), parse_model("attn_gpcm_linear")})
        EXPECT_FALSE(
            blind_to_later_responses(random_model(kind, AttentionKind::bidirectional), 100))
            << to_string(kind);
}

TEST(Causality, EarlierResponsesDoChangeLaterPredictions) {
    const Model model = random_model(parse_model("deep_gpcm"), AttentionKind::causal);
    std::vector<Learner> learners = random_learners();
    const std::vector<int> which{1};
    const Predictions before = predict(model, learners, which);
    learners[1].responses[10] = (learners[1].responses[10] + 1) % n_categories;
    const Predictions after = predict(model, learners, which);
    EXPECT_NE(before.theta[11], after.theta[11]);
}

}  // namespace
}  // namespace manygpcm
