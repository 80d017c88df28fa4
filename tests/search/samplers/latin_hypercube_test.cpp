// A Latin hypercube's two promises: even in each coordinate, by chance between any two.
#include "samplers/latin_hypercube.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace manygpcm::search {
namespace {

TEST(LatinHypercube, HasEveryCoordinateOnceInEachPart) {
    constexpr int dimensions = 15, size = 10;
    const LatinHypercube points(dimensions, size, 7);
    for (std::uint32_t block = 0; block < 3; ++block)
        for (std::size_t d = 0; d < dimensions; ++d) {
            std::set<int> parts;
            for (std::uint32_t i = 0; i < size; ++i) {
                const double u = points.point(block * size + i)[d];
                EXPECT_GE(u, 0);
                EXPECT_LT(u, 1);
                parts.insert(static_cast<int>(u * size));
            }
            EXPECT_EQ(parts.size(), static_cast<std::size_t>(size));
        }
}

// What a Sobol sequence of sixteen points doesn't keep: quarters of one coordinate needn't go with
// quarters of another.
TEST(LatinHypercube, LetsNoCoordinateFollowFromAnother) {
    constexpr int dimensions = 15, size = 16;
    const LatinHypercube points(dimensions, size, 42);
    for (std::size_t a = 0; a < dimensions; ++a)
        for (std::size_t b = 0; b < a; ++b) {
            std::map<int, std::set<int>> quarters;
            for (std::uint32_t i = 0; i < size; ++i) {
                const std::vector<double> u = points.point(i);
                quarters[static_cast<int>(4 * u[a])].insert(static_cast<int>(4 * u[b]));
            }
            std::size_t cells = 0;
            for (const auto& [quarter, others] : quarters)
                cells += others.size();
            EXPECT_GT(cells, 4u) << a << " and " << b;
        }
}

TEST(LatinHypercube, DependsOnTheSeed) {
    EXPECT_EQ(LatinHypercube(3, 10, 1).point(4), LatinHypercube(3, 10, 1).point(4));
    EXPECT_NE(LatinHypercube(3, 10, 1).point(4), LatinHypercube(3, 10, 2).point(4));
}

}  // namespace
}  // namespace manygpcm::search
