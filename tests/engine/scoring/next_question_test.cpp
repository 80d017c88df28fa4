// Any question as the next one is predicted as predict() does where a learner's responses go on
// with it, to the last bit.
#include "manygpcm/engine/next_question.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "engine/data/random_learners.h"
#include "engine/small_hyperparameters.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/random.h"

namespace manygpcm {
namespace {

constexpr int n_questions = 23, n_categories = 4;

/// Weights that leave no part of the model at zero.
Model random_model(const Hyperparameters& hyperparameters, int questions = n_questions) {
    Model model{{hyperparameters, questions, n_categories}, {}, {}, {}, {}};
    model.parameters = initial_parameters(model.config, 7, 0, 0);
    RandomStream random(3, RandomUse::simulation);
    const ParameterLayout layout(model.config);
    for (const ParameterTensor& tensor : layout.tensors())
        for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size(); ++i)
            model.parameters[i] += static_cast<float>(0.2 * random.normal());
    return model;
}

/// One who has answered nothing, others shorter and longer than what kernels take at once.
std::vector<Learner> some_learners() {
    return learners_of_lengths({0, 1, 150, 17, 64}, n_questions, n_categories);
}

bool same_bits(const float* a, const float* b, int n) {
    return std::memcmp(a, b, static_cast<std::size_t>(n) * sizeof(float)) == 0;
}

/// What predict() says of the step after the responses where it asks `question`.
Predictions gone_on(const Model& model, Learner learner, int question) {
    learner.questions.resize(learner.responses.size());
    learner.questions.push_back(question);
    learner.responses.push_back(1);
    const std::vector<Learner> learners{learner};
    const std::vector<int> which{0};
    return predict(model, learners, which);
}

void expect_as_gone_on(const Model& model, const std::vector<Learner>& learners, int every) {
    int learner = 0, question = 0;
    for_next_questions({&model, 1}, learners, [&](const NextQuestions& next) {
        ASSERT_EQ(next.learner, learner);
        ASSERT_EQ(next.first_question, question);
        const Predictions& said = next.consensus->mean;
        for (int i = 0; i < next.n_questions; i += every) {
            const Predictions expected =
                gone_on(model, learners[static_cast<std::size_t>(next.learner)], question + i);
            const std::size_t step = next.first_step + static_cast<std::size_t>(i),
                              last = expected.theta.size() - 1;
            ASSERT_TRUE(same_bits(&said.probabilities[step * n_categories],
                                  &expected.probabilities[last * n_categories], n_categories) &&
                        same_bits(&said.theta[step], &expected.theta[last], 1) &&
                        same_bits(&said.alpha[step], &expected.alpha[last], 1) &&
                        same_bits(&said.beta[step * (n_categories - 1)],
                                  &expected.beta[last * (n_categories - 1)], n_categories - 1))
                << "learner " << next.learner << ", question " << question + i;
            ASSERT_EQ(said.theta_deviation.empty(), expected.theta_deviation.empty());
            if (!said.theta_deviation.empty()) {
                ASSERT_EQ(said.theta_deviation[step], expected.theta_deviation[last]);
            }
        }
        question += next.n_questions;
        if (question < model.config.n_questions) return;
        question = 0;
        ++learner;
    });
    EXPECT_EQ(learner, static_cast<int>(learners.size()));
}

TEST(NextQuestion, IsPredictedAsWhereTheLearnerGoesOnWithIt) {
    for (const ModelKind kind : all_models()) {
        SCOPED_TRACE(to_string(kind));
        expect_as_gone_on(random_model(default_hyperparameters(kind)), some_learners(), 1);
        expect_as_gone_on(random_model(small_hyperparameters(kind)), some_learners(), 7);
    }
}

TEST(NextQuestion, IsPredictedWhateverPartsTheResidualModelHas) {
    for (const char* part : {"core=memory", "core=none", "posterior_ability=off",
                             "posterior_input=off", "history_input=off", "history_head=off"}) {
        SCOPED_TRACE(part);
        Hyperparameters h = default_hyperparameters(parse_model("residual_gpcm"));
        const std::string assignment = part;
        h.set(assignment.substr(0, assignment.find('=')),
              assignment.substr(assignment.find('=') + 1));
        expect_as_gone_on(random_model(h), some_learners(), 5);
    }
}

// Whichever question comes next, to the last bit; and where ability follows from the question, too,
// it does move.
TEST(NextQuestion, MovesNoAbilityThatIsReadFromTheStateAlone) {
    const std::vector<Learner> learners = some_learners();
    for (const ModelKind kind : all_models())
        for (const AbilityFrom from : {AbilityFrom::state, AbilityFrom::state_and_question}) {
            Hyperparameters h = default_hyperparameters(kind);
            h.ability_from = from;
            const Model model = random_model(h);
            std::vector<std::vector<float>> abilities(learners.size());
            for_next_questions({&model, 1}, learners, [&](const NextQuestions& next) {
                const auto first = next.consensus->mean.theta.begin() +
                                   static_cast<std::ptrdiff_t>(next.first_step);
                abilities[static_cast<std::size_t>(next.learner)] = {first,
                                                                     first + next.n_questions};
            });
            for (std::size_t i = 0; i < learners.size(); ++i)
                EXPECT_EQ(std::ranges::count(abilities[i], abilities[i][0]) == n_questions,
                          !ability_depends_on_question(h))
                    << to_string(kind) << ", learner " << i;
            EXPECT_NE(abilities[1][0], abilities[2][0]) << to_string(kind);
            if (from == AbilityFrom::state) {
                SCOPED_TRACE(to_string(kind));
                expect_as_gone_on(model, learners, 6);
                EXPECT_FALSE(ability_depends_on_question(h));
            }
        }
}

TEST(NextQuestion, MovesTheAbilityOfACoreThatIsAMemoryOfSeveralSlots) {
    Hyperparameters h = default_hyperparameters(parse_model("residual_gpcm"));
    h.core = Core::memory;
    EXPECT_FALSE(ability_depends_on_question(h)) << "of one slot";
    h.memory_size = 3;
    EXPECT_TRUE(ability_depends_on_question(h));
    const Model model = random_model(h);
    const std::vector<Learner> learners = some_learners();
    expect_as_gone_on(model, learners, 6);
    EXPECT_NE(gone_on(model, learners[2], 1).theta.back(),
              gone_on(model, learners[2], 2).theta.back());
}

// What depends on questions alone is computed with the first learner's batch.
TEST(NextQuestion, IsPredictedAsWellWhereEveryLearnerHasABatch) {
    constexpr int many = 5'000;
    for (const ModelKind kind : all_models()) {
        SCOPED_TRACE(to_string(kind));
        expect_as_gone_on(random_model(small_hyperparameters(kind), many),
                          learners_of_lengths({3, 40, 7}, many, n_categories), 1999);
    }
}

TEST(NextQuestion, OfVeryManyIsPredictedInParts) {
    const Model model = random_model(small_hyperparameters(parse_model("gru_gpcm")), 20'000);
    expect_as_gone_on(model, learners_of_lengths({3, 40}, 20'000, n_categories), 977);
}

// Whether the question that is open is among the learner's doesn't matter.
TEST(NextQuestion, ThatIsntAnsweredYetTellsNothing) {
    std::vector<Learner> learners = some_learners();
    for (Learner& learner : learners)
        learner.questions.push_back(5);
    expect_as_gone_on(random_model(default_hyperparameters(parse_model("residual_gpcm"))), learners,
                      5);
    const Model model = random_model(default_hyperparameters(parse_model("deep_gpcm")));
    const std::vector<int> which{2};
    const Predictions said = predict(model, learners, which),
                      expected = gone_on(model, learners[2], 5);
    EXPECT_EQ(said.probabilities, expected.probabilities);
}

TEST(AbilityAfterTheLastResponse, IsThatOfTheNextStep) {
    const std::vector<Learner> learners = some_learners();
    for (const char* name : {"gpcm", "residual_gpcm"}) {
        const Model model = random_model(default_hyperparameters(parse_model(name)));
        const std::vector<Ability> abilities = abilities_after({&model, 1}, learners);
        for (std::size_t i = 0; i < learners.size(); ++i) {
            const Predictions next = gone_on(model, learners[i], 9);
            EXPECT_EQ(abilities[i].mean, next.theta.back()) << name;
            EXPECT_FLOAT_EQ(static_cast<float>(abilities[i].deviation), next.theta_deviation.back())
                << name;
        }
    }
}

TEST(AbilityAfterTheLastResponse, IsTheMeanOverQuestionsWhereItDependsOnThem) {
    const std::vector<Learner> learners = some_learners();
    const Model model = random_model(default_hyperparameters(parse_model("deep_gpcm")));
    const std::vector<Ability> abilities = abilities_after({&model, 1}, learners);
    double mean = 0;
    for (int q = 0; q < n_questions; ++q)
        mean += double{gone_on(model, learners[3], q).theta.back()} / n_questions;
    EXPECT_NEAR(abilities[3].mean, mean, 1e-12);
    EXPECT_TRUE(std::isnan(abilities[3].deviation));
}

TEST(AbilityAfterTheLastResponse, OfSeveralModelsIsThatOfTheirMixture) {
    const std::vector<Learner> learners = some_learners();
    const std::vector<Model> models{
        random_model(default_hyperparameters(parse_model("gpcm"))),
        random_model(default_hyperparameters(parse_model("residual_gpcm")))};
    std::vector<double> told;
    const Ability first = abilities_after({&models[0], 1}, learners)[2],
                  second = abilities_after({&models[1], 1}, learners)[2],
                  both = abilities_after(models, learners, nullptr,
                                         [&](double done) { told.push_back(done); })[2];
    EXPECT_EQ(told, (std::vector{0.5, 1.0})) << "a group of learners by each of the models";
    ASSERT_NE(first.mean, second.mean);
    EXPECT_DOUBLE_EQ(both.mean, (first.mean + second.mean) / 2);
    const double square = (std::pow(first.mean, 2) + std::pow(first.deviation, 2) +
                           std::pow(second.mean, 2) + std::pow(second.deviation, 2)) /
                          2;
    EXPECT_NEAR(both.deviation, std::sqrt(square - both.mean * both.mean), 1e-9);
    for_next_questions(models, std::span(&learners[2], 1), [&](const NextQuestions& next) {
        EXPECT_NEAR(next.consensus->mean.theta_deviation[next.first_step], both.deviation, 1e-6);
    });
}

}  // namespace
}  // namespace manygpcm
