// What every kernel must pass: forward equal to a plain loop, gradients equal to central
// differences, float close to double, and a cohort equal to its replicas one at a time, to the last
// bit.
//
// An operation is described by a struct with
//   replicas()        how many replicas it describes
//   inputs(r)         number of elements of each input of replica r
//   outputs(r)        the same of its outputs
//   differentiable()  so many outputs, from the first on, have gradients
//   added()           for each input, whether its gradient is added to what is there
//   forward<T>(range, in, out)
//   backward<T>(range, in, out, dout, din)
//   plain(in)         the differentiable outputs of replica 0, by plain loops
//   value(input, x)   optional: an allowed value of that input, made from a normal one
// The views given to forward and backward start at the range's first replica; what the struct holds
// itself (row counts, indices) it must shift there.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels::testing {

using Sizes = std::vector<std::size_t>;
using Arrays = std::vector<std::vector<double>>;
template <class T>
using Views = std::vector<PerReplica<T>>;

/// Number of elements, or index of the first element of a row.
inline std::size_t product(int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// Element of a row-major array.
inline double at(const std::vector<double>& array, int row, int width, int column) {
    return array[product(row, width) + static_cast<std::size_t>(column)];
}

/// Widths that exercise whole vectors, remainders and both.
inline constexpr int odd_widths[] = {1, 3, 17, 33};

/// Replicas first .. first + count - 1.
struct Range {
    int first, count;
};

inline Rows rows_of(const std::vector<int>& rows, Range range) {
    return std::span(rows).subspan(static_cast<std::size_t>(range.first),
                                   static_cast<std::size_t>(range.count));
}

/// Of sequences by their lengths, [replica][sequence]: how many each replica has, ..
inline std::vector<int> sequence_counts(const std::vector<std::vector<int>>& lengths) {
    std::vector<int> counts;
    for (const auto& of_replica : lengths)
        counts.push_back(static_cast<int>(of_replica.size()));
    return counts;
}

/// .. and how many steps in all.
inline std::vector<int> step_counts(const std::vector<std::vector<int>>& lengths) {
    std::vector<int> counts;
    for (const auto& of_replica : lengths)
        counts.push_back(std::accumulate(of_replica.begin(), of_replica.end(), 0));
    return counts;
}

/// The one stream of a test's random numbers; --gtest_random_seed=N chooses another.
class Random {
  public:
    Random() : engine_(seed()) {}
    static unsigned seed() { return 1 + static_cast<unsigned>(GTEST_FLAG_GET(random_seed)); }
    static std::string trace() { return "seed " + std::to_string(seed()); }

    double normal() { return std::normal_distribution<double>()(engine_); }
    int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
    std::vector<double> normals(std::size_t n) {
        std::vector<double> x(n);
        std::generate(x.begin(), x.end(), [&] { return normal(); });
        return x;
    }

  private:
    std::mt19937_64 engine_;
};

/// Row numbers of every replica, `stride` apart.
struct Index {
    std::vector<std::int32_t> values;
    std::ptrdiff_t stride;

    /// counts[r] numbers below `end` for each replica.
    Index(Random& random, const std::vector<int>& counts, int end)
        : stride(*std::max_element(counts.begin(), counts.end()) + 2) {
        values.assign(counts.size() * static_cast<std::size_t>(stride), -1);
        for (std::size_t r = 0; r < counts.size(); ++r)
            for (int i = 0; i < counts[r]; ++i)
                values[r * static_cast<std::size_t>(stride) + static_cast<std::size_t>(i)] =
                    random.below(end);
    }
    /// Offsets of sequences from their lengths, per replica.
    explicit Index(const std::vector<std::vector<int>>& lengths) : stride(0) {
        for (const auto& of_replica : lengths)
            stride = std::max(stride, static_cast<std::ptrdiff_t>(of_replica.size()) + 3);
        for (const auto& of_replica : lengths) {
            std::int32_t offset = 0;
            const std::size_t begin = values.size();
            values.push_back(offset);
            for (int length : of_replica)
                values.push_back(offset += length);
            values.resize(begin + static_cast<std::size_t>(stride), -1);
        }
    }

    RowIndex from(int replica) const { return {values.data() + replica * stride, stride}; }
    std::int32_t operator[](int i) const { return values[static_cast<std::size_t>(i)]; }
};

/// One array of every replica, with gaps of NaN between them that nobody may touch.
template <class T>
struct Storage {
    std::vector<T> values;
    std::ptrdiff_t stride = 0;
    Sizes sizes;

    explicit Storage(const Sizes& sizes_of_replicas) : sizes(sizes_of_replicas) {
        stride = static_cast<std::ptrdiff_t>(*std::max_element(sizes.begin(), sizes.end())) + 5;
        values.assign(sizes.size() * static_cast<std::size_t>(stride),
                      std::numeric_limits<T>::quiet_NaN());
    }
    void fill(Random& random) {
        for (int r = 0; r < static_cast<int>(sizes.size()); ++r)
            for (std::size_t i = 0; i < sizes[static_cast<std::size_t>(r)]; ++i)
                (values.data() + r * stride)[i] = static_cast<T>(random.normal());
    }
    PerReplica<T> from(int replica) { return {values.data() + replica * stride, stride}; }
    std::vector<double> replica(int r) const {
        const T* begin = values.data() + r * stride;
        return {begin, begin + sizes[static_cast<std::size_t>(r)]};
    }
};

template <class T>
using Storages = std::vector<Storage<T>>;

/// All arrays of one forward and backward pass.
template <class T>
struct Pass {
    Storages<T> in, out, dout, din;

    template <class Operation>
    explicit Pass(const Operation& operation) {
        Random random;
        in = storages([&](int r) { return operation.inputs(r); }, operation.replicas());
        out = storages([&](int r) { return operation.outputs(r); }, operation.replicas());
        dout = out;
        dout.erase(dout.begin() + operation.differentiable(), dout.end());
        din = in;
        for (Storages<T>* filled : {&in, &dout, &din})
            for (Storage<T>& storage : *filled)
                storage.fill(random);
        if constexpr (requires { operation.value(0, 0.0); })
            for (std::size_t i = 0; i < in.size(); ++i)
                for (T& x : in[i].values)
                    x = static_cast<T>(operation.value(static_cast<int>(i), x));
    }

    template <class Operation>
    void forward(const Operation& operation, Range range) {
        operation.template forward<T>(range, inputs(range.first), views(out, range.first));
    }
    template <class Operation>
    void backward(const Operation& operation, Range range) {
        operation.template backward<T>(range, inputs(range.first), views(out, range.first),
                                       views(dout, range.first), views(din, range.first));
    }

  private:
    template <class SizesOf>
    static Storages<T> storages(SizesOf sizes_of, int replicas) {
        Storages<T> result;
        for (std::size_t i = 0; i < sizes_of(0).size(); ++i) {
            Sizes sizes;
            for (int r = 0; r < replicas; ++r)
                sizes.push_back(sizes_of(r)[i]);
            result.emplace_back(sizes);
        }
        return result;
    }
    static Views<T> views(Storages<T>& storages, int first) {
        Views<T> result;
        for (Storage<T>& storage : storages)
            result.push_back(storage.from(first));
        return result;
    }
    Views<const T> inputs(int first) {
        const Views<T> mutable_views = views(in, first);
        return {mutable_views.begin(), mutable_views.end()};
    }
};

template <class T>
Arrays replica(const Storages<T>& storages, int r) {
    Arrays result;
    for (const Storage<T>& storage : storages)
        result.push_back(storage.replica(r));
    return result;
}

inline double largest(const std::vector<double>& x) {
    double result = 0;
    for (double value : x)
        result = std::max(result, std::abs(value));
    return result;
}

/// Every element within `relative` times the largest of `expected`, or times a hundredth where all
/// are smaller: what the kernels sum is of the order of 1 and may cancel.
inline void expect_close(const std::vector<double>& actual, const std::vector<double>& expected,
                         double relative, const std::string& what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    const double tolerance = relative * std::max(0.01, largest(expected));
    for (std::size_t i = 0; i < actual.size(); ++i)
        ASSERT_NEAR(actual[i], expected[i], tolerance) << what << ", element " << i;
}

/// `gradient` against central differences, of fourth order, of `loss`, which must read `x`.
template <class Loss>
void expect_gradient(double* x, const std::vector<double>& gradient, Loss loss,
                     const std::string& what) {
    constexpr double step = 1e-5, relative = 1e-6, rounding = 1e-9;
    const double tolerance = relative * largest(gradient) + rounding;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const double before = x[i];
        const auto difference = [&](double distance) {
            x[i] = before + distance;
            const double above = loss();
            x[i] = before - distance;
            const double below = loss();
            x[i] = before;
            return (above - below) / (2 * distance);
        };
        const double slope = (4 * difference(step) - difference(2 * step)) / 3;
        ASSERT_NEAR(gradient[i], slope, tolerance) << what << ", element " << i;
    }
}

/// Outputs as the operation's own plain loops give them.
template <class Operation>
void expect_plain_forward(const Operation& operation) {
    Pass<double> pass(operation);
    pass.forward(operation, {0, 1});
    const Arrays expected = operation.plain(replica(pass.in, 0)), actual = replica(pass.out, 0);
    for (std::size_t i = 0; i < expected.size(); ++i)
        expect_close(actual[i], expected[i], 1e-12, "output " + std::to_string(i));
}

/// The scalar is a random projection of the outputs.
template <class Operation>
void expect_gradients(const Operation& operation) {
    Pass<double> pass(operation);
    const Arrays projection = replica(pass.dout, 0), before = replica(pass.din, 0);
    pass.forward(operation, {0, 1});
    pass.backward(operation, {0, 1});
    const auto loss = [&] {
        pass.forward(operation, {0, 1});
        double sum = 0;
        for (std::size_t o = 0; o < projection.size(); ++o)
            for (std::size_t i = 0; i < projection[o].size(); ++i)
                sum += projection[o][i] * pass.out[o].values[i];
        return sum;
    };
    for (std::size_t i = 0; i < pass.in.size(); ++i) {
        std::vector<double> gradient = pass.din[i].replica(0);
        if (operation.added()[i])
            for (std::size_t j = 0; j < gradient.size(); ++j)
                gradient[j] -= before[i][j];
        expect_gradient(pass.in[i].values.data(), gradient, loss,
                        "gradient of input " + std::to_string(i));
    }
}

template <class Operation>
void expect_float_like_double(const Operation& operation, double relative) {
    Pass<double> exact(operation);
    Pass<float> pass(operation);
    exact.forward(operation, {0, 1});
    exact.backward(operation, {0, 1});
    pass.forward(operation, {0, 1});
    pass.backward(operation, {0, 1});
    for (std::size_t i = 0; i < pass.dout.size(); ++i)
        expect_close(pass.out[i].replica(0), exact.out[i].replica(0), relative,
                     "output " + std::to_string(i) + " in float");
    for (std::size_t i = 0; i < pass.in.size(); ++i)
        expect_close(pass.din[i].replica(0), exact.din[i].replica(0), relative,
                     "gradient of input " + std::to_string(i) + " in float");
}

template <class T>
void expect_same_bits(const Storages<T>& a, const Storages<T>& b, const std::string& what) {
    for (std::size_t i = 0; i < a.size(); ++i)
        ASSERT_EQ(
            std::memcmp(a[i].values.data(), b[i].values.data(), a[i].values.size() * sizeof(T)), 0)
            << what << " " << i;
}

template <class T, class Operation>
void expect_replicas_independent(const Operation& operation) {
    Pass<T> together(operation), apart(operation);
    together.forward(operation, {0, operation.replicas()});
    together.backward(operation, {0, operation.replicas()});
    for (int r = 0; r < operation.replicas(); ++r) {
        apart.forward(operation, {r, 1});
        apart.backward(operation, {r, 1});
    }
    expect_same_bits(together.out, apart.out, "output");
    expect_same_bits(together.din, apart.din, "gradient of input");
}

template <class Operation>
void check_operation(const Operation& operation, double float_tolerance = 2e-5) {
    SCOPED_TRACE(Random::trace());
    expect_plain_forward(operation);
    expect_gradients(operation);
    expect_float_like_double(operation, float_tolerance);
    expect_replicas_independent<float>(operation);
    expect_replicas_independent<double>(operation);
}

}  // namespace manygpcm::kernels::testing
