// How far the vector functions of the kernels, ours and Highway's, are from libm in double: in ulps
// of the exact result, on every instruction set that the kernels are compiled for and this machine
// has.
//
// The largest errors measured, over every 127th float and 4 million points from -110 to 110:
//
//   function                    AVX-512  AVX2   scalar   asserted
//   exponential, x <= 88          1.01   1.01    0.99       2
//   sigmoid                       2.37   2.37    2.37       2.5
//   softplus                      2.76   2.76    2.76       3
//   tanh                          5.63   5.63    5.63       6
//   log, x > 0                    0.87   0.87    0.87       2
//   expm1, x <= 0                 1.46   1.46    1.48       2
//
// That holds into the tails: neither sigmoid nor softplus loses relative accuracy, down to results
// below the smallest normal float. There sigmoid stops at e^-88 = 6e-39, and workers flush
// everything to zero. So such results need only be that small too.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector_math_test.cpp"
#include <hwy/foreach_target.h>

#include "cpu/lanes-inl.h"
#include "manygpcm/kernels/cpu.h"

#ifndef MANYGPCM_VECTOR_MATH_FUNCTIONS
#define MANYGPCM_VECTOR_MATH_FUNCTIONS
namespace manygpcm::kernels {

enum class Function { exponential, sigmoid, softplus, tanh, log, expm1 };

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class D, class V>
HWY_INLINE V apply(D d, V x, Function function) {
    switch (function) {
        case Function::exponential:
            return exponential(d, x);
        case Function::sigmoid:
            return sigmoid(d, x);
        case Function::softplus:
            return softplus(d, x);
        case Function::tanh:
            return tanh(d, x);
        case Function::log:
            return hn::Log(d, x);
        case Function::expm1:
            break;
    }
    return hn::Expm1(d, x);
}

void evaluate(Function function, std::size_t n, const float* x, float* y) {
    for_lanes<float>(n, [=](auto d, std::size_t i) {
        hn::StoreU(apply(d, hn::LoadU(d, x + i), function), d, y + i);
    });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

HWY_EXPORT(evaluate);

constexpr float smallest_normal = std::numeric_limits<float>::min();

/// Whether numbers below the smallest normal one are numbers or, as on a worker thread, zero.
enum class Denormals { kept, flushed };

/// y = function(x) on one of Highway's targets.
std::vector<float> evaluate_on(std::int64_t target, Denormals denormals, Function function,
                               const std::vector<float>& x) {
    hwy::ChosenTarget chosen;
    chosen.Update(target);
    std::vector<float> y(x.size());
    std::thread([&] {
        std::optional<WorkerThread> prepared;
        if (denormals == Denormals::flushed) prepared.emplace();
        HWY_DISPATCH_TABLE(evaluate)[chosen.GetIndex()](function, x.size(), x.data(), y.data());
    }).join();
    return y;
}

/// Highway's targets that this file is compiled for and this machine has.
std::vector<std::int64_t> targets() {
    std::vector<std::int64_t> found;
    for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
        found.push_back(rest & -rest);
    return found;
}

double exact(Function function, double x) {
    switch (function) {
        case Function::exponential:
            return std::exp(x);
        case Function::sigmoid:
            return 1 / (1 + std::exp(-x));
        case Function::softplus:
            return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
        case Function::tanh:
            return std::tanh(x);
        case Function::log:
            return std::log(x);
        case Function::expm1:
            break;
    }
    return std::expm1(x);
}

/// Distance between the floats around x, a normal number.
double ulp(double x) {
    return std::ldexp(1.0, std::ilogb(x) - (std::numeric_limits<float>::digits - 1));
}

/// Floats of every sign and magnitude, and the range in which exponentials move closer.
std::vector<float> sweep() {
    constexpr std::uint32_t stride = 10007;
    constexpr int points = 400000;
    constexpr float range = 110;
    std::vector<float> x{0.0f,
                         -0.0f,
                         smallest_normal,
                         -smallest_normal,
                         std::numeric_limits<float>::denorm_min(),
                         -std::numeric_limits<float>::denorm_min(),
                         std::numeric_limits<float>::max(),
                         std::numeric_limits<float>::lowest()};
    for (std::uint64_t bits = 0; bits <= std::numeric_limits<std::uint32_t>::max(); bits += stride)
        if (const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
            std::isfinite(value))
            x.push_back(value);
    for (int i = 0; i <= points; ++i)
        x.push_back(range * (2 * static_cast<float>(i) / points - 1));
    return x;
}

struct Case {
    const char* name;
    Function function;
    double lowest, highest;  ///< where it is used
    double bound;            ///< ulps
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double smallest = std::numeric_limits<float>::denorm_min();

const Case cases[] = {
    {"exponential", Function::exponential, -infinity, 88, 2},
    {"sigmoid", Function::sigmoid, -infinity, infinity, 2.5},
    {"softplus", Function::softplus, -infinity, infinity, 3},
    {"tanh", Function::tanh, -infinity, infinity, 6},
    {"log", Function::log, smallest, infinity, 2},
    {"expm1", Function::expm1, -infinity, 0, 2},
};

class VectorMath : public ::testing::TestWithParam<Case> {
  protected:
    /// The floats of the sweep where the function is used; a flushed logarithm would see zeros.
    static std::vector<float> inputs(Denormals denormals) {
        const bool normal_only =
            GetParam().function == Function::log && denormals == Denormals::flushed;
        std::vector<float> x = sweep();
        std::erase_if(x, [&](float value) {
            return value < GetParam().lowest || value > GetParam().highest ||
                   (normal_only && value < smallest_normal);
        });
        return x;
    }

    static void expect_close(const std::vector<float>& x, const std::vector<float>& y) {
        double worst = 0;
        std::size_t where = 0, not_small = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double want = exact(GetParam().function, x[i]);
            const double off = std::abs(y[i] - want);
            if (std::abs(want) < smallest_normal) {
                not_small += !(off <= smallest_normal);
                continue;
            }
            const double error = std::isnan(off) ? infinity : off / ulp(want);
            if (error <= worst) continue;
            worst = error;
            where = i;
        }
        EXPECT_EQ(not_small, 0u);
        EXPECT_LE(worst, GetParam().bound) << "ulps at " << x[where] << ": " << y[where];
    }
};

TEST_P(VectorMath, IsCloseToLibmInDouble) {
    for (const Denormals denormals : {Denormals::kept, Denormals::flushed}) {
        const std::vector<float> x = inputs(denormals);
        for (const std::int64_t target : targets()) {
            SCOPED_TRACE(std::string(hwy::TargetName(target)) +
                         (denormals == Denormals::kept ? ", denormals kept" : ", flushed"));
            expect_close(x, evaluate_on(target, denormals, GetParam().function, x));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Functions, VectorMath, ::testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(VectorMathLimits, ExponentialStaysFinite) {
    const std::vector<float> x{88.0f,
                               88.5f,
                               104.0f,
                               1e30f,
                               std::numeric_limits<float>::max(),
                               std::numeric_limits<float>::infinity()};
    for (const std::int64_t target : targets())
        for (const float y : evaluate_on(target, Denormals::kept, Function::exponential, x))
            EXPECT_NEAR(y / std::exp(88.0), 1, 1e-6) << hwy::TargetName(target);
}

}  // namespace
}  // namespace manygpcm::kernels
#endif
