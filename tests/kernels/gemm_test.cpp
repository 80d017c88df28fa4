#include "cpu/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

// Sizes around those of tiles, vectors and segments of every instruction set.
constexpr int rows_tried[] = {1, 5, 12, 97}, columns_tried[] = {1, 16, 33, 70},
              depths_tried[] = {1, 50, 131};

struct Product {
    Transpose a = Transpose::no, b = Transpose::no;
    int m = 0, n = 0, k = 0;
};

std::vector<float> random_matrix(Random& random, int rows, int columns) {
    std::vector<float> values(product(rows, columns));
    for (float& value : values)
        value = static_cast<float>(random.normal());
    return values;
}

/// Rows first..first+rows-1 of c (or added to it), a being [m, k] or its transpose.
void multiply(const Product& p, int first, int rows, const std::vector<float>& a,
              const std::vector<float>& b, Write write, std::vector<float>& c) {
    const int lda = p.a == Transpose::no ? p.k : p.m, ldb = p.b == Transpose::no ? p.n : p.k;
    const float* from =
        a.data() + (p.a == Transpose::no ? product(first, p.k) : static_cast<std::size_t>(first));
    gemm<float>(p.a, p.b, rows, p.n, p.k, from, lda, b.data(), ldb, write,
                c.data() + product(first, p.n), p.n);
}

std::vector<Product> products() {
    std::vector<Product> all;
    for (Transpose a : {Transpose::no, Transpose::yes})
        for (Transpose b : {Transpose::no, Transpose::yes}) {
            all.push_back({a, b, 61, 515, 260});
            for (int m : rows_tried)
                for (int n : columns_tried)
                    for (int k : depths_tried)
                        all.push_back({a, b, m, n, k});
        }
    return all;
}

std::string described(const Product& p) {
    return std::to_string(p.m) + " x " + std::to_string(p.n) + " x " + std::to_string(p.k) +
           (p.a == Transpose::yes ? ", a transposed" : "") +
           (p.b == Transpose::yes ? ", b transposed" : "");
}

TEST(Gemm, IsTheProductWrittenOrAdded) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (const Product& p : products()) {
        const auto a = random_matrix(random, p.m, p.k), b = random_matrix(random, p.k, p.n);
        std::vector<float> written(product(p.m, p.n), std::nanf("")), added(product(p.m, p.n), 1);
        multiply(p, 0, p.m, a, b, Write::replace, written);
        multiply(p, 0, p.m, a, b, Write::add, added);
        for (int i = 0; i < p.m; ++i)
            for (int j = 0; j < p.n; ++j) {
                double sum = 0, size = 1;
                for (int l = 0; l < p.k; ++l) {
                    const double term =
                        double(a[p.a == Transpose::no ? product(i, p.k) + std::size_t(l)
                                                      : product(l, p.m) + std::size_t(i)]) *
                        b[p.b == Transpose::no ? product(l, p.n) + std::size_t(j)
                                               : product(j, p.k) + std::size_t(l)];
                    sum += term;
                    size += std::abs(term);
                }
                const std::size_t at = product(i, p.n) + std::size_t(j);
                ASSERT_NEAR(written[at], sum, 1e-5 * size) << described(p);
                ASSERT_NEAR(added[at], 1 + sum, 1e-5 * size) << described(p);
            }
    }
}

TEST(Gemm, RowsAreTheSameBitsHoweverManyThereAreAndWhereverTheyStand) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (const Product& p : products()) {
        const auto a = random_matrix(random, p.m, p.k), b = random_matrix(random, p.k, p.n);
        std::vector<float> whole(product(p.m, p.n)), parts(whole);
        multiply(p, 0, p.m, a, b, Write::replace, whole);
        for (int first = 0; first < p.m;) {
            const int rows = std::min(p.m - first, 1 + static_cast<int>(random.below(20)));
            multiply(p, first, rows, a, b, Write::replace, parts);
            first += rows;
        }
        ASSERT_EQ(std::memcmp(whole.data(), parts.data(), whole.size() * sizeof(float)), 0)
            << described(p);
    }
}

TEST(Gemm, OfAPackedFactorIsTheSameBits) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (const Product& p : products()) {
        const auto a = random_matrix(random, p.m, p.k), b = random_matrix(random, p.k, p.n);
        std::vector<float> expected(product(p.m, p.n)), c(expected);
        ScratchFrame frame;
        const PackedFactor<float> packed =
            pack(frame, p.b, p.n, p.k, b.data(), p.b == Transpose::no ? p.n : p.k);
        for (const Write write : {Write::replace, Write::add}) {
            multiply(p, 0, p.m, a, b, write, expected);
            gemm(p.a, p.m, a.data(), p.a == Transpose::no ? p.k : p.m, packed, write, c.data(),
                 p.n);
            ASSERT_EQ(std::memcmp(c.data(), expected.data(), c.size() * sizeof(float)), 0)
                << described(p);
        }
    }
}

TEST(Gemm, OfNoDepthIsZero) {
    std::vector<float> c(6, 3);
    gemm<float>(Transpose::no, Transpose::no, 2, 3, 0, nullptr, 0, nullptr, 3, Write::add, c.data(),
                3);
    EXPECT_EQ(c, std::vector<float>(6, 3));
    gemm<float>(Transpose::no, Transpose::no, 2, 3, 0, nullptr, 0, nullptr, 3, Write::replace,
                c.data(), 3);
    EXPECT_EQ(c, std::vector<float>(6, 0));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
