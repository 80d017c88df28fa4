#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

/// Has no gradient: a backward pass leaves all as it is.
struct Posterior {
    int categories, ids;
    std::vector<int> sequences, steps, questions;
    Index offsets, question, question_row, response;
    bool optional = true;

    Posterior(int n_categories, int n_questions, const std::vector<std::vector<int>>& lengths,
              Random random = {})
        : categories(n_categories),
          ids(n_questions + 2),
          sequences(sequence_counts(lengths)),
          steps(step_counts(lengths)),
          questions(lengths.size(), n_questions),
          offsets(lengths),
          question(random, questions, ids),
          question_row(random, steps, n_questions),
          response(random, steps, categories) {}

    int replicas() const { return static_cast<int>(sequences.size()); }
    Sizes inputs(int) const { return {product(ids, 1), product(ids, categories - 1)}; }
    Sizes outputs(int r) const {
        const auto i = static_cast<std::size_t>(r);
        const std::size_t n = product(steps[i], 1);
        return {n,
                n,
                2 * n,
                product(steps[i], categories),
                product(steps[i], categories - 1),
                n,
                product(questions[i], categories - 1)};
    }
    int differentiable() const { return 7; }  // all are compared
    std::vector<bool> added() const { return {true, true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        AbilityPosteriorOutput<T> to{out[0], out[1], out[2], out[3], out[4], out[5], out[6]};
        if (!optional) to.logits = to.spread = to.slope = to.threshold = {};
        compute(AbilityPosterior<T>{
            rows_of(sequences, range),
            rows_of(steps, range),
            rows_of(questions, range),
            categories,
            {offsets.from(range.first), question.from(range.first), question_row.from(range.first),
             response.from(range.first), in[0], in[1]},
            to});
    }
    template <class T>
    void backward(Range, const Views<const T>&, const Views<T>&, const Views<T>&,
                  const Views<T>&) const {}

    /// Probability of a category at a point.
    double probability(const Arrays& in, int id, int category, double theta) const {
        double logit = 0, sum = 0, of_category = 0;
        for (int k = 0; k < categories; ++k) {
            if (k > 0)
                logit += in[0][static_cast<std::size_t>(id)] * theta -
                         at(in[1], id, categories - 1, k - 1);
            sum += std::exp(logit);
            if (k == category) of_category = std::exp(logit);
        }
        return of_category / sum;
    }
    Arrays plain(const Arrays& in) const {
        Arrays out(7);
        for (int s = 0; s < sequences[0]; ++s) {
            std::vector<double> weight;
            for (int i = 0; i < n_ability_points; ++i)
                weight.push_back(std::exp(-0.5 * ability_point(i) * ability_point(i)));
            // E f(theta)
            const auto expected = [&](auto f) {
                double sum = 0, total = 0;
                for (int i = 0; i < n_ability_points; ++i) {
                    sum += weight[static_cast<std::size_t>(i)] * f(ability_point(i));
                    total += weight[static_cast<std::size_t>(i)];
                }
                return sum / total;
            };
            const auto moments = [&] {
                const double mean = expected([](double theta) { return theta; });
                const double variance =
                    expected([=](double theta) { return (theta - mean) * (theta - mean); });
                return std::pair(mean, std::sqrt(variance));
            };
            for (int t = offsets[s]; t < offsets[s + 1]; ++t) {
                const int id = question[question_row[t]];
                const auto [mean, deviation] = moments();
                out[0].push_back(mean);
                out[1].push_back(deviation);
                for (int k = 0; k < categories; ++k)
                    out[3].push_back(std::log(
                        expected([&](double theta) { return probability(in, id, k, theta); })));
                const auto logits = out[3].end() - categories;
                for (int j = 0; j < categories - 1; ++j)
                    out[4].push_back(logits[j + 1] - logits[j] -
                                     in[0][static_cast<std::size_t>(id)] * mean +
                                     at(in[1], id, categories - 1, j));
                out[5].push_back(in[0][static_cast<std::size_t>(id)]);
                for (int i = 0; i < n_ability_points; ++i)
                    weight[static_cast<std::size_t>(i)] *=
                        probability(in, id, response[t], ability_point(i));
                const auto [mean_after, deviation_after] = moments();
                out[2].insert(out[2].end(), {mean_after, deviation_after});
            }
        }
        for (int q = 0; q < questions[0]; ++q)
            for (int j = 0; j < categories - 1; ++j)
                out[6].push_back(at(in[1], question[q], categories - 1, j) /
                                 in[0][static_cast<std::size_t>(question[q])]);
        return out;
    }
};

void check_posterior(const Posterior& posterior) {
    SCOPED_TRACE(Random::trace());
    expect_plain_forward(posterior);
    expect_float_like_double(posterior, 2e-5);
    expect_replicas_independent<float>(posterior);
    expect_replicas_independent<double>(posterior);
}

TEST(AbilityPosterior, EveryNumberOfCategories) {
    for (const int categories : {2, 3, 5, 8})
        check_posterior(Posterior(categories, 6, {{4, 1, 17}, {5, 8}}));
}

TEST(AbilityPosterior, SequencesOfOneStepOfEqualLengthsAndNone) {
    check_posterior(Posterior(4, 3, {{1, 1}, {2}}));
    check_posterior(Posterior(4, 3, {{3, 3, 3}, {}, {1}}));
}

TEST(AbilityPosterior, OneQuestionOverAndOver) {
    check_posterior(Posterior(3, 1, {{40}, {7, 2}}));
}

TEST(AbilityPosterior, LogitsSlopesAndThresholdsAreOptional) {
    const Posterior with(4, 5, {{9, 4}, {5}});
    Posterior without = with;
    without.optional = false;
    Pass<float> a(with), b(without);
    a.forward(with, {0, 2});
    b.forward(without, {0, 2});
    expect_same_bits<float>({a.out[0], a.out[1], a.out[2]}, {b.out[0], b.out[1], b.out[2]},
                            "output");
    for (const std::size_t left_alone : {3u, 4u, 5u, 6u})
        for (const double x : b.out[left_alone].replica(0))
            EXPECT_TRUE(std::isnan(x));
}

TEST(AbilityPosterior, SlopeOfZeroSaysNothingOfAbility) {
    const Posterior posterior(4, 1, {{6}});
    Pass<double> pass(posterior);
    std::fill_n(pass.in[0].values.begin(), posterior.ids, 0.0);
    pass.forward(posterior, {0, 1});
    for (int t = 0; t < 6; ++t) {
        EXPECT_NEAR(pass.out[0].values[static_cast<std::size_t>(t)], 0, 1e-14);
        EXPECT_NEAR(pass.out[1].values[static_cast<std::size_t>(t)], 1, 1e-4);
        EXPECT_NEAR(pass.out[2].values[static_cast<std::size_t>(2 * t)], 0, 1e-14);
        EXPECT_NEAR(pass.out[2].values[static_cast<std::size_t>(2 * t + 1)],
                    pass.out[1].values[static_cast<std::size_t>(t)], 1e-14);
    }
    const Arrays in = replica(pass.in, 0);
    for (int k = 0; k < 4; ++k)
        EXPECT_NEAR(pass.out[3].values[static_cast<std::size_t>(k)],
                    std::log(posterior.probability(in, posterior.question[0], k, 0)), 1e-14);
}

// A question turned round, categories and slope alike, says the same of ability.
TEST(AbilityPosterior, NegativeSlopeIsTheQuestionTurnedRound) {
    const Posterior posterior(2, 1, {{6}});
    Posterior turned = posterior;
    for (std::int32_t& response : turned.response.values)
        response = 1 - response;
    Pass<double> a(posterior), b(turned);
    for (int id = 0; id < posterior.ids; ++id) {
        const auto i = static_cast<std::size_t>(id);
        b.in[0].values[i] = -a.in[0].values[i];
        b.in[1].values[i] = -a.in[1].values[i];
    }
    a.forward(posterior, {0, 1});
    b.forward(turned, {0, 1});
    for (const std::size_t output : {0u, 1u, 2u})
        expect_close(b.out[output].replica(0), a.out[output].replica(0), 1e-12, "turned round");
}

// What is all but impossible, on all points, is far below what a float can hold.
TEST(AbilityPosterior, SteepQuestionsStayFinite) {
    const Posterior posterior(5, 4, {{60, 60}});
    Pass<float> pass(posterior);
    for (int i = 0; i < posterior.ids; ++i) {
        pass.in[0].values[static_cast<std::size_t>(i)] = i % 2 == 0 ? 200.0f : -200.0f;
        pass.in[1].values[product(i, 4)] = 3000;
    }
    pass.forward(posterior, {0, 1});
    for (const Storage<float>& out : pass.out)
        for (const double x : out.replica(0))
            EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
