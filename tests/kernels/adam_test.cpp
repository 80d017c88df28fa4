#include "manygpcm/kernels/adam.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

/// One step as torch.nn.utils.clip_grad_norm_ and torch.optim.Adam or AdamW take it.
void plain_step(const AdamConfig& c, int step, std::vector<double>& p, std::vector<double> g,
                std::vector<double>& m, std::vector<double>& v) {
    double squares = 0;
    for (double x : g)
        squares += x * x;
    const double lr = step < c.warmup_steps ? c.lr * step / c.warmup_steps : c.lr;
    const double clip = std::min(1.0, c.grad_clip / (std::sqrt(squares) + 1e-6));
    for (std::size_t i = 0; i < p.size(); ++i) {
        g[i] *= clip;
        if (c.decoupled)
            p[i] -= lr * c.weight_decay * p[i];
        else
            g[i] += c.weight_decay * p[i];
        m[i] = c.beta1 * m[i] + (1 - c.beta1) * g[i];
        v[i] = c.beta2 * v[i] + (1 - c.beta2) * g[i] * g[i];
        const double root = std::sqrt(v[i]) / std::sqrt(1 - std::pow(c.beta2, step)) + c.epsilon;
        p[i] -= lr / (1 - std::pow(c.beta1, step)) * m[i] / root;
    }
}

template <class T>
std::vector<T> rounded(const std::vector<double>& x) {
    std::vector<T> result;
    for (double value : x)
        result.push_back(static_cast<T>(value));
    return result;
}

/// An array followed over the steps, every element within `relative` times the largest number that
/// was expected in it so far: a moment may cancel to almost nothing.
struct Follower {
    const char* what;
    double relative, scale = 0;

    template <class T>
    void expect_near(const std::vector<T>& actual, const std::vector<double>& expected) {
        scale = std::max(scale, largest(expected));
        for (std::size_t i = 0; i < expected.size(); ++i)
            ASSERT_NEAR(actual[i], expected[i], relative * scale) << what << ", element " << i;
    }
};

template <class T>
void expect_plain_steps(std::size_t size, const AdamConfig& config, double relative) {
    SCOPED_TRACE(Random::trace() + ", size " + std::to_string(size));
    Random random;
    std::vector<double> p = random.normals(size), m(size), v(size);
    std::vector<T> parameters = rounded<T>(p), first(size), second(size);
    Follower of_parameters{"parameters", relative}, of_first{"first moment", relative},
        of_second{"second moment", relative};
    for (int step = 1; step <= 5; ++step) {
        const std::vector<double> g = random.normals(size);
        const std::vector<T> gradient = rounded<T>(g), before = gradient;
        plain_step(config, step, p, g, m, v);
        ASSERT_TRUE(clip_and_adam<T>(size, config, step, parameters.data(), gradient.data(),
                                     first.data(), second.data()));
        EXPECT_EQ(gradient, before);
        of_parameters.expect_near(parameters, p);
        of_first.expect_near(first, m);
        of_second.expect_near(second, v);
    }
}

TEST(Adam, StepsAsPyTorchDoes) {
    for (std::size_t size : {1, 3, 17, 33, 1000})
        for (bool decoupled : {false, true})
            for (double grad_clip : {0.5, 1e6}) {
                const AdamConfig config{.lr = 0.01,
                                        .weight_decay = 0.1,
                                        .decoupled = decoupled,
                                        .grad_clip = grad_clip};
                expect_plain_steps<double>(size, config, 1e-13);
                expect_plain_steps<float>(size, config, 2e-6);
            }
}

TEST(Adam, BetasAndEpsilonCount) {
    const AdamConfig config{
        .lr = 0.1, .beta1 = 0.5, .beta2 = 0.7, .epsilon = 0.01, .weight_decay = 0, .grad_clip = 2};
    expect_plain_steps<double>(33, config, 1e-13);
}

TEST(Adam, LearningRateRisesOverTheWarmUp) {
    for (const bool decoupled : {false, true}) {
        const AdamConfig config{.lr = 0.1,
                                .weight_decay = 0.1,
                                .decoupled = decoupled,
                                .grad_clip = 2,
                                .warmup_steps = 4};
        expect_plain_steps<double>(33, config, 1e-13);
    }
    std::vector<double> p(1, 0), g(1, 1), m(1, 0), v(1, 0);
    clip_and_adam<double>(1, {.lr = 0.1, .grad_clip = 1e9, .warmup_steps = 4}, 1, p.data(),
                          g.data(), m.data(), v.data());
    EXPECT_NEAR(p[0], -0.1 / 4, 1e-9) << "a quarter of Adam's first step";
}

TEST(Adam, NothingChangesWhereTheGradientIsNotFinite) {
    for (float bad : {INFINITY, -INFINITY, NAN})
        for (std::size_t at : {0, 5, 16, 32}) {
            std::vector<float> p(33, 1), g(33, 0.5f), m(33, 2), v(33, 3);
            g[at] = bad;
            EXPECT_FALSE(clip_and_adam<float>(33, {.grad_clip = 1}, 1, p.data(), g.data(), m.data(),
                                              v.data()));
            EXPECT_EQ(p, std::vector<float>(33, 1));
            EXPECT_EQ(m, std::vector<float>(33, 2));
            EXPECT_EQ(v, std::vector<float>(33, 3));
        }
}

TEST(Adam, NormOfHugeFloatsIsFinite) {
    std::vector<float> p(20, 0), g(20, 1e30f), m(20, 0), v(20, 0);
    EXPECT_TRUE(
        clip_and_adam<float>(20, {.grad_clip = 1}, 1, p.data(), g.data(), m.data(), v.data()));
    const double clipped = 1 / std::sqrt(20.0);
    for (std::size_t i = 0; i < 20; ++i)
        EXPECT_NEAR(m[i], 0.1 * clipped, 1e-6 * 0.1 * clipped);
}

}  // namespace
}  // namespace manygpcm::kernels::testing
