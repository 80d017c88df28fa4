// Fit, dependence and reliability of drawn learners: what is right fits, and what isn't is found.
#include "manygpcm/search/psychometrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/search/portrait.h"

namespace manygpcm::search {
namespace {

constexpr int n_learners = 600, n_questions = 12, n_categories = 3, held_out = 5;
constexpr int noise = 10, copy = 11;  // questions: answered by chance, and as question 0
constexpr std::size_t cheat = 17;     // a learner who does well on hard questions only

/// Learners of a generalized partial credit model who answer every question once.
std::vector<Learner> drawn_learners(std::uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    std::vector<Learner> learners;
    for (int i = 0; i < n_learners + held_out; ++i) {
        Learner& learner = learners.emplace_back();
        learner.id = std::to_string(i);
        const double theta = normal(random);
        for (int q = 0; q < n_questions; ++q) {
            const double difficulty = 0.4 * (q % 10) - 1.8;
            const std::vector<double> beta = {difficulty - 0.4, difficulty + 0.4};
            std::vector<double> p = category_probabilities(theta, q == noise ? 0 : 1.3, beta);
            int response = std::discrete_distribution<int>(p.begin(), p.end())(random);
            if (q == copy) response = learner.responses[0];
            if (static_cast<std::size_t>(i) == cheat) response = difficulty > 0 ? 2 : 0;
            learner.questions.push_back(q);
            learner.responses.push_back(response);
        }
    }
    return learners;
}

class PsychometricsOfLearners : public testing::Test {
  protected:
    const std::vector<Learner> all = drawn_learners(7);
    const LearnerSet learners{all, n_questions, n_categories};
    const ClassicalGpcm classical = fit_classical_gpcm(learners, numbers_from(0, n_learners));

    /// A model of the table with these questions, as it starts.
    Model model(const char* name) const {
        Model model;
        Hyperparameters& h = model.config.hyperparameters;
        h.model = parse_model(name);
        h.memory_size = h.key_dim = h.value_dim = h.final_fc_dim = 4;
        model.config.n_questions = n_questions;
        model.config.n_categories = n_categories;
        model.parameters = initial_parameters(model.config, 1, 0, 0, &classical);
        return model;
    }
};

TEST_F(PsychometricsOfLearners, FindWhatDoesNotFit) {
    const Psychometrics found = psychometrics_of(model("gpcm"), classical, learners, n_learners);
    EXPECT_EQ(found.learners, n_learners);
    EXPECT_EQ(found.responses, n_learners * n_questions);
    ASSERT_EQ(found.items.size(), static_cast<std::size_t>(n_questions));
    for (int q = 0; q < n_questions; ++q) {
        const ItemStatistics& item = found.items[static_cast<std::size_t>(q)];
        EXPECT_EQ(item.category_counts[0] + item.category_counts[1] + item.category_counts[2],
                  n_learners);
        EXPECT_GT(item.alpha_error, 0);
        EXPECT_GT(item.beta_error[1], 0);
        if (q == noise) {
            EXPECT_LT(std::abs(item.item_rest), 0.15);
            continue;
        }
        EXPECT_GT(item.item_rest, 0.3);
        // A question whose answer is known from another's scatters less than it should.
        if (q == copy) {
            EXPECT_LT(item.classical.infit, 0.8);
            EXPECT_LT(item.classical.z_infit, -3);
        } else if (q != 0) {
            EXPECT_NEAR(item.classical.infit, 1, 0.2);
            EXPECT_LT(std::abs(item.classical.z_infit), 4);
        }
    }
    ASSERT_FALSE(found.classical.persons.lowest.empty());
    EXPECT_EQ(found.classical.persons.lowest[0].learner, std::to_string(cheat));
    EXPECT_LT(found.classical.persons.lowest[0].lz, lz_of_note);
    EXPECT_EQ(found.classical.persons.learners, n_learners);
    EXPECT_NEAR(static_cast<double>(found.classical.persons.low) / n_learners, 0.05, 0.03);
    ASSERT_FALSE(found.dependent.empty());
    EXPECT_EQ(found.dependent[0].first, 0);
    EXPECT_EQ(found.dependent[0].second, copy);
    EXPECT_EQ(found.dependent[0].learners, n_learners);
    EXPECT_GT(found.dependent[0].classical, 0.4);
    EXPECT_EQ(found.classical.dependence.pairs, n_questions * (n_questions - 1) / 2);
    EXPECT_GE(found.classical.dependence.beyond, 1);
    ASSERT_TRUE(found.classical_online);
    EXPECT_EQ(found.classical_online->pairs, found.classical.dependence.pairs);
    EXPECT_GE(found.classical_online->beyond, 1);
    EXPECT_GT(found.dependent[0].classical_online, 0.4);
    EXPECT_EQ(found.dependence_questions, n_questions);
    EXPECT_EQ(found.dependence_learners, n_learners);
    // As `train` has it of the same model.
    const ClassicalFit fit = judge_fit(classical, all, numbers_from(0, n_learners));
    EXPECT_NEAR(found.classical.ability.reliability, fit.reliability, 1e-5);
    ASSERT_TRUE(found.likelihood);
    EXPECT_NEAR(found.likelihood->log_likelihood, fit.log_likelihood, 0.005);
    EXPECT_NEAR(found.likelihood->aic, fit.aic, 0.005);
    EXPECT_NEAR(found.likelihood->bic, fit.bic, 0.005);
    EXPECT_EQ(found.likelihood->parameters, n_questions * n_categories);
    EXPECT_EQ(found.coefficient_alpha.learners, n_learners);
    EXPECT_GT(found.coefficient_alpha.value, 0.6);
}

TEST_F(PsychometricsOfLearners, TellNoDependenceOfWhatEverybodyAnswersAlike) {
    std::vector<Learner> alike = all;
    for (Learner& learner : alike)
        learner.responses[2] = learner.responses[3] = 1;
    const LearnerSet set{alike, n_questions, n_categories};
    const Psychometrics found = psychometrics_of(
        model("gpcm"), fit_classical_gpcm(set, numbers_from(0, n_learners)), set, n_learners);
    EXPECT_EQ(found.dependence_questions, n_questions - 2);
    for (const DependentItems& pair : found.dependent) {
        EXPECT_NE(pair.first, 2);
        EXPECT_NE(pair.second, 3);
    }
}

TEST_F(PsychometricsOfLearners, AreTheSameOfTheClassicalModelAsOfItself) {
    const Psychometrics found = psychometrics_of(model("gpcm"), classical, learners, n_learners);
    for (const ItemStatistics& item : found.items) {
        EXPECT_NEAR(item.winner.infit, item.classical.infit, 1e-4);
        EXPECT_NEAR(item.winner.z_infit, item.classical.z_infit, 1e-2);
    }
    // Of residuals of one kind.
    EXPECT_NEAR(found.winner.dependence.mean, found.classical_online->mean, 1e-4);
    EXPECT_NEAR(found.dependent[0].winner, found.dependent[0].classical_online, 1e-3);
    EXPECT_NEAR(found.winner.persons.mean, found.classical.persons.mean, 1e-3);
    EXPECT_NEAR(found.winner.ability.mean, found.classical.ability.mean, 1e-3);
    EXPECT_NEAR(found.winner.ability.reliability, found.classical.ability.reliability, 1e-3);
    EXPECT_EQ(found.winner.ability.learners, n_learners);
    EXPECT_NEAR(found.ability_correlation, 1, 1e-5);
    EXPECT_FALSE(found.ability_of_question);
    EXPECT_EQ(found.ability_between_learners, 1);
    std::int64_t counted = 0;
    for (const std::int64_t count : found.winner.ability.histogram.counts)
        counted += count;
    EXPECT_EQ(counted, n_learners);

    const auto fit = online_item_fit(model("gpcm"), learners, numbers_from(0, n_learners));
    EXPECT_NEAR(fit[3].infit, found.items[3].winner.infit, 1e-5);
}

TEST_F(PsychometricsOfLearners, SayWhatAbilityDependsOn) {
    Model deep = model("deep_gpcm");
    for (const bool of_question : {true, false}) {
        deep.config.hyperparameters.ability_from =
            of_question ? AbilityFrom::state_and_question : AbilityFrom::state;
        deep.parameters = initial_parameters(deep.config, 1, 0, 0);
        const Psychometrics found = psychometrics_of(deep, classical, learners, n_learners);
        EXPECT_EQ(found.ability_of_question, of_question);
        EXPECT_TRUE(std::isnan(found.winner.ability.reliability));  // it has no posterior
        if (of_question)
            EXPECT_LT(found.ability_between_learners, 0.99);
        else
            EXPECT_EQ(found.ability_between_learners, 1);
        EXPECT_GT(found.ability_between_learners, 0);
    }
}

TEST_F(PsychometricsOfLearners, SayHowLearnersHeldOutScatter) {
    EXPECT_FALSE(psychometrics_of(model("gpcm"), classical, learners, n_learners + held_out)
                     .winner.held_out);
    // Fitted to half of the learners, where it is right, and as if every slope were thrice that.
    const int fitted = n_learners / 2, others = n_learners + held_out - fitted;
    ClassicalGpcm sure = classical;
    for (double& alpha : sure.alpha)
        alpha *= 3;
    for (double& step : sure.step)
        step *= 3;
    const Psychometrics right = psychometrics_of(model("gpcm"), classical, learners, fitted),
                        wrong = psychometrics_of(model("gpcm"), sure, learners, fitted);
    ASSERT_TRUE(right.classical.held_out && wrong.classical.held_out);
    EXPECT_EQ(right.classical.held_out->learners, others);
    EXPECT_EQ(right.classical.held_out->items, n_questions);
    EXPECT_LT(std::abs(right.classical.held_out->lz_mean), 0.2);
    EXPECT_NEAR(right.classical.held_out->lz_deviation, 1, 0.2);
    EXPECT_LT(wrong.classical.held_out->lz_mean, -0.5);
    EXPECT_GT(wrong.classical.held_out->above, n_questions - 3);
}

// Abilities of the learners held out before their last response, a quarter below the true ones.
TEST_F(PsychometricsOfLearners, AreAsNearTheTruthAsTheyAre) {
    Truth truth{.ability = std::vector<double>(all.size()),
                .discrimination = classical.alpha,
                .threshold = classical.beta(),
                .motion = {}};
    const Predictions found = ClassicalPredictor(classical).predict(
        all, numbers_from(n_learners, static_cast<int>(all.size())));
    for (std::size_t i = 0; i < held_out; ++i)
        truth.ability[n_learners + i] =
            double{found.theta[static_cast<std::size_t>(found.offsets[i + 1]) - 1]} + 0.25;
    Model winner = model("gpcm");
    winner.mean_alpha = classical.alpha;
    const std::optional<Truth> known = truth;
    const std::vector<std::string> no_ids;
    Portrayer portrayer(winner, classical, learners, n_learners, no_ids, known);
    psychometrics_of(winner, classical, learners, n_learners, nullptr, &portrayer);
    const Portrait portrait = portrayer.take();
    ASSERT_EQ(portrait.recovery.size(), 2u);
    for (const Recovery& one : portrait.recovery) {
        EXPECT_NEAR(one.discrimination, 1, 1e-5);
        EXPECT_NEAR(one.ability, 1, 1e-5);
        EXPECT_NEAR(one.ability_bias, -0.25, 1e-5);
        EXPECT_NEAR(one.ability_rmse, 0.25, 1e-4);
    }
}

TEST_F(PsychometricsOfLearners, EndWhereTheyAreAskedTo) {
    const std::atomic<bool> stop = true;
    EXPECT_THROW(psychometrics_of(model("gpcm"), classical, learners, n_learners, &stop),
                 Interrupted);
}

TEST(ItemMarks, SayWhatIsToBeKnownFirst) {
    using testing::ElementsAre;
    using testing::IsEmpty;
    EXPECT_THAT(item_marks(std::vector<std::int64_t>{3, 1}, 0.5), IsEmpty());
    EXPECT_THAT(item_marks(std::vector<std::int64_t>{3, 0, 2}, -0.5),
                ElementsAre("category 1 never seen", "negative slope"));
    EXPECT_THAT(item_marks(std::vector<std::int64_t>{0, 0}, -0.5), ElementsAre("never answered"));
    EXPECT_THAT(item_marks({}, 0.5), IsEmpty());
    // What may be above 0 isn't called negative.
    EXPECT_THAT(item_marks({}, -0.5, 0.3), IsEmpty());
    EXPECT_THAT(item_marks({}, -0.5, 0.2), ElementsAre("negative slope"));
    // Thresholds out of order surely, whatever their errors have to do with each other.
    const auto marks = [](double alpha, std::vector<double> beta, std::vector<double> errors) {
        return item_marks({}, alpha, 0.1, beta, errors);
    };
    EXPECT_THAT(marks(1, {0, 0.5, 0.2}, {0.05, 0.05, 0.05}), ElementsAre("disordered thresholds"));
    EXPECT_THAT(marks(1, {0, 0.5, 0.2}, {0.05, 0.1, 0.1}), IsEmpty());
    EXPECT_THAT(marks(1, {0, 0.5, 0.2}, {}), IsEmpty());
    EXPECT_THAT(marks(-1, {0.5, 0.2}, {0.05, 0.05}), ElementsAre("negative slope"));
    EXPECT_THAT(marks(-1, {0.2, 0.5}, {0.05, 0.05}),
                ElementsAre("negative slope", "disordered thresholds"));
    EXPECT_TRUE(answers_vary(std::vector<std::int64_t>{3, 0, 2}));
    EXPECT_FALSE(answers_vary(std::vector<std::int64_t>{3, 0, 0}));
    EXPECT_FALSE(answers_vary({}));
}

}  // namespace
}  // namespace manygpcm::search
