// The evenness that makes a Sobol sequence, and that scrambling keeps it.
#include "samplers/sobol_sequence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/random.h"

namespace manygpcm::search {
namespace {

constexpr int max_dimensions = SobolSequence::max_dimensions;

int cell(double u, int cells) {
    return static_cast<int>(u * cells);
}

TEST(SobolSequence, PutsOnePointInEveryIntervalOfEveryDimension) {
    constexpr int n = 1024;
    const SobolSequence sequence(max_dimensions, 3);
    for (const std::uint32_t first : {0U, 5U * n}) {
        std::vector<std::set<int>> cells(max_dimensions);
        for (std::uint32_t i = first; i < first + n; ++i) {
            const std::vector<double> u = sequence.point(i);
            for (std::size_t d = 0; d < u.size(); ++d)
                cells[d].insert(cell(u[d], n));
        }
        for (std::size_t d = 0; d < cells.size(); ++d)
            EXPECT_EQ(cells[d].size(), std::size_t{n}) << "dimension " << d;
    }
}

// The first two dimensions are a (0, m, 2)-net: every elementary rectangle of area 1/n has a point.
TEST(SobolSequence, PutsOnePointInEveryElementaryRectangle) {
    constexpr int m = 8;
    const SobolSequence sequence(2, 11);
    for (int k = 0; k <= m; ++k) {
        std::set<std::pair<int, int>> rectangles;
        for (std::uint32_t i = 0; i < 1U << m; ++i) {
            const std::vector<double> u = sequence.point(i);
            rectangles.insert({cell(u[0], 1 << k), cell(u[1], 1 << (m - k))});
        }
        EXPECT_EQ(rectangles.size(), std::size_t{1} << m) << "columns " << (1 << k);
    }
}

// Warnock's formula for the squared L2 star discrepancy.
double discrepancy(const std::vector<std::vector<double>>& points) {
    const double n = static_cast<double>(points.size());
    const std::size_t dimensions = points.front().size();
    double single = 0, pairs = 0;
    for (const auto& x : points) {
        double product = 1;
        for (const double u : x)
            product *= (1 - u * u) / 2;
        single += product;
        for (const auto& y : points) {
            double both = 1;
            for (std::size_t d = 0; d < dimensions; ++d)
                both *= 1 - std::max(x[d], y[d]);
            pairs += both;
        }
    }
    return std::pow(3.0, -static_cast<double>(dimensions)) - 2 / n * single + pairs / (n * n);
}

TEST(SobolSequence, IsFarMoreEvenThanChance) {
    constexpr int n = 1024, dimensions = 5;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const SobolSequence sequence(dimensions, seed);
        RandomStream random(seed, RandomUse::sampler);
        std::vector<std::vector<double>> sobol, chance(n, std::vector<double>(dimensions));
        for (std::uint32_t i = 0; i < n; ++i)
            sobol.push_back(sequence.point(i));
        for (auto& point : chance)
            for (double& u : point)
                u = random.uniform();
        EXPECT_LT(discrepancy(sobol), discrepancy(chance) / 5) << "seed " << seed;
    }
}

TEST(SobolSequence, IsAnotherForEverySeedAndTheSameForOne) {
    EXPECT_EQ(SobolSequence(3, 1).point(7), SobolSequence(3, 1).point(7));
    EXPECT_NE(SobolSequence(3, 1).point(7), SobolSequence(3, 2).point(7));
}

TEST(SobolSequence, RefusesMoreDimensionsThanItHas) {
    EXPECT_THROW(SobolSequence(max_dimensions + 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace manygpcm::search
