#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

/// Has no gradient: a backward pass leaves all as it is.
struct History {
    int categories;
    std::vector<int> sequences, steps, questions;
    Index offsets, question, response;

    History(int n_categories, int n_questions, const std::vector<std::vector<int>>& lengths,
            Random random = {})
        : categories(n_categories),
          sequences(sequence_counts(lengths)),
          steps(step_counts(lengths)),
          questions(lengths.size(), n_questions),
          offsets(lengths),
          question(random, steps, n_questions),
          response(random, steps, categories) {}

    int replicas() const { return static_cast<int>(sequences.size()); }
    Sizes inputs(int) const { return {}; }
    Sizes outputs(int r) const {
        return {product(steps[static_cast<std::size_t>(r)], history_width)};
    }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {}; }

    template <class T>
    void forward(Range range, const Views<const T>&, const Views<T>& out) const {
        compute(ResponseHistory<T>{rows_of(sequences, range), rows_of(steps, range),
                                   rows_of(questions, range), categories, offsets.from(range.first),
                                   question.from(range.first), response.from(range.first), out[0]});
    }
    template <class T>
    void backward(Range, const Views<const T>&, const Views<T>&, const Views<T>&,
                  const Views<T>&) const {}

    Arrays plain(const Arrays&) const {
        std::vector<double> history;
        for (int s = 0; s < sequences[0]; ++s)
            for (int t = offsets[s]; t < offsets[s + 1]; ++t) {
                double successes = 0, failures = 0, last = 0, recency = 0;
                for (int before = offsets[s]; before < t; ++before) {
                    if (question[before] != question[t]) continue;
                    const double success = double(response[before]) / (categories - 1);
                    successes += success;
                    failures += 1 - success;
                    last = 2 * success - 1;
                    recency = 1.0 / (t - before);
                }
                history.insert(history.end(),
                               {std::log(1 + successes), std::log(1 + failures), last, recency});
            }
        return {history};
    }
};

void check_history(const History& history) {
    SCOPED_TRACE(Random::trace());
    expect_plain_forward(history);
    expect_float_like_double(history, 1e-6);
    expect_replicas_independent<float>(history);
    expect_replicas_independent<double>(history);
}

TEST(ResponseHistory, EveryNumberOfCategories) {
    for (const int categories : {2, 3, 5, 8})
        check_history(History(categories, 4, {{9, 1, 30}, {5, 12}}));
}

TEST(ResponseHistory, SequencesOfOneStepAndNone) {
    check_history(History(4, 2, {{1, 1}, {2}}));
    check_history(History(4, 2, {{3, 3, 3}, {}, {1}}));
}

TEST(ResponseHistory, OneQuestionOverAndOverAndManyQuestions) {
    check_history(History(3, 1, {{40, 3}, {7}}));
    check_history(History(3, 100, {{40, 3}, {7}}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
