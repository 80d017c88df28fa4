#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

enum InputName { theta, item, common, extra };
constexpr int number_of_inputs = 4;
enum OutputName { alpha, threshold, logits };
constexpr int number_of_outputs = 3;

/// Two replicas with different numbers of steps, questions and weights of the loss.
struct Head {
    int categories;
    std::vector<int> steps, questions;
    bool given[number_of_inputs] = {true, true, true, true};
    bool theta_gradient = true;
    std::vector<OrdinalLoss> losses{ordinal_loss(0.7, -0.4, 0.1), ordinal_loss(-0.3, 0.9, 0.0)};
    Index question_row, responses;

    Head(int n_categories, std::vector<int> steps_of, std::vector<int> questions_of,
         Random random = {})
        : categories(n_categories),
          steps(std::move(steps_of)),
          questions(std::move(questions_of)),
          question_row(random, steps, *std::min_element(questions.begin(), questions.end())),
          responses(random, steps, categories) {}

    int cuts() const { return categories - 1; }
    std::size_t input_size(int name, std::size_t r) const {
        switch (name) {
            case item:
                return product(questions[r], categories);
            case extra:
                return product(steps[r], cuts());
        }
        return product(steps[r], 1);
    }
    std::size_t output_size(int name, std::size_t r) const {
        switch (name) {
            case threshold:
                return product(questions[r], cuts());
            case logits:
                return product(steps[r], categories);
        }
        return product(steps[r], 1);
    }
    bool has_gradient(int name) const { return given[name] && (name != theta || theta_gradient); }
};

template <class T>
struct HeadPass {
    const Head& head;
    Storages<T> in, gradient, out;
    Storage<double> statistics;

    explicit HeadPass(const Head& of)
        : head(of), statistics(Sizes(of.steps.size(), ordinal_statistics_size(of.categories))) {
        Random random;
        const auto storage = [&](auto size_of) {
            Sizes sizes;
            for (std::size_t r = 0; r < head.steps.size(); ++r)
                sizes.push_back(size_of(r));
            return Storage<T>(sizes);
        };
        for (int i = 0; i < number_of_inputs; ++i)
            in.push_back(storage([&](std::size_t r) { return head.input_size(i, r); }));
        for (int i = 0; i < number_of_outputs; ++i)
            out.push_back(storage([&](std::size_t r) { return head.output_size(i, r); }));
        gradient = in;
        for (Storages<T>* filled : {&in, &gradient})
            for (Storage<T>& values : *filled)
                values.fill(random);
    }

    void forward(Range range) {
        const int r = range.first;
        const Rows steps = rows_of(head.steps, range);
        compute(
            ItemHeadForward<T>{steps,
                               rows_of(head.questions, range),
                               head.categories,
                               input(r),
                               {out[alpha].from(r), out[threshold].from(r), out[logits].from(r)}});
        compute(OrdinalStatistics<T>{steps, head.categories, head.losses.data() + r,
                                     out[logits].from(r), head.responses.from(r),
                                     statistics.from(r)});
    }
    void backward(Range range) {
        const int r = range.first;
        const auto to = [&](InputName name) {
            return head.has_gradient(name) ? gradient[name].from(r) : PerReplica<T>{};
        };
        compute(ItemHeadBackward<T>{rows_of(head.steps, range),
                                    rows_of(head.questions, range),
                                    head.categories,
                                    head.losses.data() + r,
                                    statistics.from(r),
                                    input(r),
                                    out[logits].from(r),
                                    head.responses.from(r),
                                    {to(theta), to(item), to(common), to(extra)}});
    }
    double loss(int r) {
        return ordinal_loss_value(head.categories, head.losses[static_cast<std::size_t>(r)],
                                  statistics.from(r).data)
            .total;
    }

  private:
    ItemHeadInput<T> input(int r) {
        const auto from = [&](InputName name) {
            return head.given[name] ? in[name].from(r) : PerReplica<T>{};
        };
        return {from(theta), from(item), head.question_row.from(r), from(common), from(extra)};
    }
};

/// Outputs of replica 0.
Arrays plain(const Head& head, const Arrays& in) {
    Arrays out(number_of_outputs);
    for (int q = 0; q < head.questions[0]; ++q)
        for (int j = 1; j < head.categories; ++j)
            out[threshold].push_back(at(in[item], q, head.categories, j) /
                                     at(in[item], q, head.categories, 0));
    for (int t = 0; t < head.steps[0]; ++t) {
        const int q = head.question_row[t];
        const double slope = at(in[item], q, head.categories, 0);
        out[alpha].push_back(slope);
        double logit = 0;
        out[logits].push_back(logit);
        for (int j = 0; j < head.cuts(); ++j) {
            logit += slope * at(in[theta], t, 1, 0) - at(in[item], q, head.categories, 1 + j);
            if (head.given[common]) logit += at(in[common], t, 1, 0);
            if (head.given[extra]) logit += at(in[extra], t, head.cuts(), j);
            out[logits].push_back(logit);
        }
    }
    return out;
}

void check_head(const Head& head) {
    SCOPED_TRACE(Random::trace());
    HeadPass<double> pass(head);
    const Arrays before = replica(pass.gradient, 0);
    pass.forward({0, 1});
    pass.backward({0, 1});
    const Arrays expected = plain(head, replica(pass.in, 0));
    for (std::size_t i = 0; i < number_of_outputs; ++i)
        expect_close(pass.out[i].replica(0), expected[i], 1e-12, "output " + std::to_string(i));
    const auto loss = [&] {
        pass.forward({0, 1});
        return pass.loss(0);
    };
    for (std::size_t i = 0; i < number_of_inputs; ++i) {
        const std::vector<double> gradient = pass.gradient[i].replica(0);
        if (head.has_gradient(static_cast<int>(i)))
            expect_gradient(pass.in[i].values.data(), gradient, loss, "input " + std::to_string(i));
        else
            EXPECT_EQ(gradient, before[i]) << "input " << i;
    }
}

void check_float(const Head& head) {
    constexpr double tolerance = 1e-5, of_gradient = 2e-4;  // whose sums over steps cancel
    HeadPass<double> exact(head);
    HeadPass<float> pass(head);
    exact.forward({0, 2});
    exact.backward({0, 2});
    pass.forward({0, 2});
    pass.backward({0, 2});
    for (int r = 0; r < 2; ++r) {
        for (std::size_t i = 0; i < number_of_outputs; ++i)
            expect_close(pass.out[i].replica(r), exact.out[i].replica(r), tolerance,
                         "output in float");
        for (std::size_t i = 0; i < number_of_inputs; ++i)
            expect_close(pass.gradient[i].replica(r), exact.gradient[i].replica(r), of_gradient,
                         "gradient in float of input " + std::to_string(i));
    }
}

template <class T>
void check_replicas(const Head& head) {
    HeadPass<T> together(head), apart(head);
    together.forward({0, 2});
    together.backward({0, 2});
    for (int r = 0; r < 2; ++r) {
        apart.forward({r, 1});
        apart.backward({r, 1});
    }
    expect_same_bits(together.out, apart.out, "output");
    expect_same_bits(together.gradient, apart.gradient, "gradient of input");
}

TEST(ItemHead, EveryNumberOfCategories) {
    for (const int categories : {2, 3, 5, 8, 17}) {
        SCOPED_TRACE("categories " + std::to_string(categories));
        const Head head(categories, {33, 5}, {4, 6});
        check_head(head);
        check_float(head);
        check_replicas<float>(head);
        check_replicas<double>(head);
    }
}

TEST(ItemHead, WhatElseBearsOnAStepIsOptional) {
    for (const bool has_common : {false, true})
        for (const bool has_extra : {false, true}) {
            Head head(4, {19, 7}, {3, 3});
            head.given[common] = has_common;
            head.given[extra] = has_extra;
            check_head(head);
            check_replicas<float>(head);
        }
}

TEST(ItemHead, AbilityMayBeGiven) {
    Head head(4, {19, 7}, {3, 3});
    head.theta_gradient = false;
    check_head(head);
}

// Questions that nobody is asked get gradients of 0.
TEST(ItemHead, MoreQuestionsThanSteps) {
    check_head(Head(3, {5, 1}, {20, 20}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
