#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

/// Two replicas with different numbers of steps, questions and weights of the loss.
struct Head {
    GpcmHeadShape shape;
    bool own_state = false;  ///< of ability
    std::vector<int> steps, questions;
    std::vector<OrdinalLoss> losses;
    Index question_row, responses;

    Head(const GpcmHeadShape& s, std::vector<int> steps_of, std::vector<int> questions_of,
         Random random = {})
        : shape(s),
          steps(std::move(steps_of)),
          questions(std::move(questions_of)),
          losses{ordinal_loss(0.7, -0.4, 0.1), ordinal_loss(-0.3, 0.9, 0.0)},
          question_row(random, steps, *std::min_element(questions.begin(), questions.end())),
          responses(random, steps, shape.categories) {}

    int cuts() const { return shape.categories - 1; }
};

/// h, ability weight, bias and scale, discrimination weight and x, threshold, ability's own state.
enum InputName {
    h,
    ability_weight,
    ability_bias,
    ability_scale,
    discrimination_weight,
    discrimination_x,
    threshold,
    state
};
constexpr int number_of_inputs = 8;
constexpr bool added[number_of_inputs] = {false, true, true, true, true, false, false, false};

template <class T>
struct HeadPass {
    const Head& head;
    Storages<T> in, gradient, out;
    Storage<double> statistics;

    explicit HeadPass(const Head& of)
        : head(of), statistics(Sizes(of.steps.size(), statistics_size())) {
        Random random;
        for (int i = 0; i < number_of_inputs; ++i)
            in.emplace_back(sizes([&](std::size_t r) { return input_size(i, r); }));
        gradient = in;
        out.emplace_back(sizes([&](std::size_t r) { return product(head.steps[r], 1); }));
        out.push_back(out[0]);
        out.emplace_back(
            sizes([&](std::size_t r) { return product(head.steps[r], head.shape.categories); }));
        for (Storages<T>* filled : {&in, &gradient})
            for (Storage<T>& storage : *filled)
                storage.fill(random);
    }

    void forward(Range range) {
        const int r = range.first;
        const Rows steps = rows_of(head.steps, range);
        compute(GpcmHeadForward<T>{
            steps, head.shape, input(r), {out[0].from(r), out[1].from(r), out[2].from(r)}});
        compute(OrdinalStatistics<T>{steps, head.shape.categories, head.losses.data() + r,
                                     out[2].from(r), head.responses.from(r), statistics.from(r)});
    }
    void backward(Range range) {
        const int r = range.first;
        const auto to = [&](InputName name) { return gradient[name].from(r); };
        compute(GpcmHeadBackward<T>{rows_of(head.steps, range),
                                    rows_of(head.questions, range),
                                    head.shape,
                                    head.losses.data() + r,
                                    statistics.from(r),
                                    input(r),
                                    {out[0].from(r), out[1].from(r), out[2].from(r)},
                                    head.responses.from(r),
                                    {to(h), to(ability_weight), to(ability_bias), to(ability_scale),
                                     to(discrimination_weight), to(discrimination_x), to(threshold),
                                     head.own_state ? to(state) : PerReplica<T>{}}});
    }
    OrdinalLossValue loss(int r) {
        return ordinal_loss_value(head.shape.categories, head.losses[static_cast<std::size_t>(r)],
                                  statistics.from(r).data);
    }

  private:
    std::size_t statistics_size() const { return ordinal_statistics_size(head.shape.categories); }
    std::size_t input_size(int name, std::size_t r) const {
        switch (name) {
            case h:
                return product(head.steps[r], head.shape.features);
            case state:
                return head.own_state ? product(head.steps[r], head.shape.features) : 0;
            case ability_weight:
            case discrimination_weight:
                return product(head.shape.features, 1);
            case discrimination_x:
                return product(head.questions[r], 1);
            case threshold:
                return product(head.questions[r], head.cuts());
        }
        return 1;
    }
    template <class SizeOf>
    Sizes sizes(SizeOf size_of) const {
        Sizes result;
        for (std::size_t r = 0; r < head.steps.size(); ++r)
            result.push_back(size_of(r));
        return result;
    }
    GpcmHeadInput<T> input(int r) {
        const auto from = [&](InputName name) { return in[name].from(r); };
        return {from(h),
                from(ability_weight),
                from(ability_bias),
                from(ability_scale),
                from(discrimination_weight),
                from(discrimination_x),
                from(threshold),
                head.question_row.from(r),
                head.own_state ? from(state) : PerReplica<T>{}};
    }
};

/// Outputs of replica 0 and the loss, in the words of the reference.
struct Plain {
    std::vector<double> theta, alpha, logits;
    OrdinalLossValue loss;

    Plain(const Head& head, const Arrays& in) {
        const int features = head.shape.features, n = head.steps[0];
        for (int t = 0; t < n; ++t) {
            const auto q = static_cast<std::size_t>(head.question_row[t]);
            double ability = in[ability_bias][0], discrimination = in[discrimination_x][q];
            for (int i = 0; i < features; ++i) {
                const auto f = static_cast<std::size_t>(i);
                const double x = in[h][product(t, features) + f];
                ability += in[ability_weight][f] *
                           in[head.own_state ? state : h][product(t, features) + f];
                discrimination += in[discrimination_weight][f] * x;
            }
            theta.push_back(in[ability_scale][0] * ability);
            alpha.push_back(std::log1p(std::exp(discrimination)));
            double logit = 0;
            logits.push_back(logit);
            for (int k = 0; k < head.cuts(); ++k)
                logits.push_back(logit += alpha.back() *
                                          (theta.back() -
                                           in[threshold][product(static_cast<int>(q), head.cuts()) +
                                                         static_cast<std::size_t>(k)]));
        }
        sum_loss(head);
    }

  private:
    void sum_loss(const Head& head) {
        const int n = head.steps[0], K = head.shape.categories;
        const OrdinalLoss& weights = head.losses[0];
        std::vector<double> confusion(product(K, K)), of_response(product(K, 1)),
            of_p(product(K, 1));
        const auto agree = [&](int i, int j) {
            return 1 - double((i - j) * (i - j)) / ((K - 1) * (K - 1));
        };
        for (int t = 0; t < n; ++t) {
            std::vector<double> logit(logits.begin() + t * K, logits.begin() + (t + 1) * K);
            const double largest_logit = *std::max_element(logit.begin(), logit.end());
            for (double& x : logit)
                x -= largest_logit;  // e^x of a sum of 99 steps may overflow
            double sum = 0, sum_log_p = 0;
            for (int k = 0; k < K; ++k)
                sum += std::exp(at(logit, 0, K, k));
            for (int k = 0; k < K; ++k) {
                const double p = std::exp(at(logit, 0, K, k)) / sum / n;
                sum_log_p += at(logit, 0, K, k) - std::log(sum);
                confusion[product(head.responses[t], K) + static_cast<std::size_t>(k)] += p;
                of_response[static_cast<std::size_t>(head.responses[t])] += p;
                of_p[static_cast<std::size_t>(k)] += p;
            }
            const double nll = std::log(sum) - at(logit, 0, K, head.responses[t]);
            loss.ce +=
                ((1 - weights.label_smoothing) * nll - weights.label_smoothing / K * sum_log_p) / n;
            loss.focal += std::pow(1 - std::exp(-nll), 2) * nll / n;
        }
        double observed = 0, expected = 0;
        for (int i = 0; i < K; ++i)
            for (int j = 0; j < K; ++j) {
                observed += confusion[product(i, K) + static_cast<std::size_t>(j)] * agree(i, j);
                expected += of_response[static_cast<std::size_t>(i)] *
                            of_p[static_cast<std::size_t>(j)] * agree(i, j);
            }
        loss.soft_qwk = (observed - expected) / (1 - expected + 1e-7);
        loss.total =
            weights.ce * loss.ce + weights.focal * loss.focal - weights.qwk * loss.soft_qwk;
    }
};

void check_head(const Head& head) {
    SCOPED_TRACE(Random::trace());
    HeadPass<double> pass(head);
    const Arrays before = replica(pass.gradient, 0);
    pass.forward({0, 1});
    pass.backward({0, 1});
    const Plain plain(head, replica(pass.in, 0));
    expect_close(pass.out[0].replica(0), plain.theta, 1e-12, "ability");
    expect_close(pass.out[1].replica(0), plain.alpha, 1e-12, "discrimination");
    expect_close(pass.out[2].replica(0), plain.logits, 1e-12, "logits");
    EXPECT_NEAR(pass.loss(0).total, plain.loss.total, 1e-12 * std::abs(plain.loss.total));
    EXPECT_NEAR(pass.loss(0).ce, plain.loss.ce, 1e-12 * std::abs(plain.loss.ce));
    EXPECT_NEAR(pass.loss(0).focal, plain.loss.focal, 1e-12 * std::abs(plain.loss.focal));
    // Where nothing can disagree by chance, the kappa divides rounding by 1e-7; total is checked
    // above.
    EXPECT_NEAR(pass.loss(0).soft_qwk, plain.loss.soft_qwk, 1e-8);

    const auto loss = [&] {
        pass.forward({0, 1});
        return pass.loss(0).total;
    };
    for (std::size_t i = 0; i < number_of_inputs; ++i) {
        std::vector<double> gradient = pass.gradient[i].replica(0);
        if (added[i])
            for (std::size_t j = 0; j < gradient.size(); ++j)
                gradient[j] -= before[i][j];
        expect_gradient(pass.in[i].values.data(), gradient, loss, "input " + std::to_string(i));
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
        const double loss = exact.loss(r).total;
        EXPECT_NEAR(pass.loss(r).total, loss, tolerance * std::abs(loss));
        for (std::size_t i = 0; i < pass.out.size(); ++i)
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
    expect_same_bits<double>({together.statistics}, {apart.statistics}, "statistics");
    expect_same_bits(together.gradient, apart.gradient, "gradient of input");
}

TEST(GpcmHead, EveryWidth) {
    for (int features : {1, 3, 17, 33}) {
        SCOPED_TRACE("features " + std::to_string(features));
        const Head head({.features = features, .categories = 4}, {19, 7}, {3, 5});
        check_head(head);
        check_float(head);
        check_replicas<float>(head);
        check_replicas<double>(head);
    }
}

TEST(GpcmHead, AbilityFromAStateOfItsOwn) {
    for (int features : {3, 17}) {
        Head head({.features = features, .categories = 4}, {19, 7}, {3, 5});
        head.own_state = true;
        check_head(head);
        check_float(head);
        check_replicas<float>(head);
        check_replicas<double>(head);
    }
}

TEST(GpcmHead, EveryNumberOfCategories) {
    for (int categories : {2, 3, 5, 17, 100}) {
        SCOPED_TRACE("categories " + std::to_string(categories));
        const Head head({.features = 2, .categories = categories}, {33, 5}, {4, 4});
        check_head(head);
        check_replicas<double>(head);
    }
}

TEST(GpcmHead, OneStep) {
    Head head({.features = 3, .categories = 4}, {1, 2}, {1, 1});
    head.losses[0] = {.ce = 0.6,
                      .focal = 0.4};  // the kappa of one step is 0, give or take rounding
    check_head(head);
}

TEST(GpcmHead, ExtremeLogitsStayFinite) {
    const Head head({.features = 3, .categories = 4}, {20, 20}, {2, 2});
    HeadPass<float> pass(head);
    for (std::size_t i = 0; i < 60; ++i)
        pass.in[h].values[i] *= 1e4f;
    pass.forward({0, 1});
    pass.backward({0, 1});
    EXPECT_TRUE(std::isfinite(pass.loss(0).total));
    for (const Storage<float>& gradient : pass.gradient)
        for (double value : gradient.replica(0))
            EXPECT_TRUE(std::isfinite(value));
}

TEST(OrdinalLoss, WeightsAreASoftmax) {
    const OrdinalLoss loss = ordinal_loss(0.7, -0.4, 0.1);
    const double sum = std::exp(0.7) + std::exp(-0.4) + 1;
    EXPECT_NEAR(loss.ce, std::exp(0.7) / sum, 1e-15);
    EXPECT_NEAR(loss.focal, std::exp(-0.4) / sum, 1e-15);
    EXPECT_NEAR(loss.qwk, 1 / sum, 1e-15);
    EXPECT_EQ(loss.label_smoothing, 0.1);
    EXPECT_NEAR(ordinal_loss(1000, 1000, 0).focal, 0.5, 1e-15);
}

}  // namespace
}  // namespace manygpcm::kernels::testing
