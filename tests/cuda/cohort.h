// A cohort's arrays in the memory of a backend, the same random ones for every backend: row counts
// below the capacity, one replica without rows, arrays whose rows lie beyond the counts filled.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <random>
#include <string>
#include <vector>

#include "manygpcm/kernels/cuda.h"

namespace manygpcm::kernels::testing {

/// The one stream of a test's random numbers; --gtest_random_seed=N chooses another.
class Random {
  public:
    Random() : engine_(seed()) {}
    static unsigned seed() { return 1 + static_cast<unsigned>(GTEST_FLAG_GET(random_seed)); }

    double normal() { return std::normal_distribution<double>()(engine_); }
    double uniform() { return std::uniform_real_distribution<double>()(engine_); }
    int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }

  private:
    std::mt19937_64 engine_;
};

/// Lengths of the sequences of every replica, laid end to end.
struct Lengths {
    std::vector<std::vector<int>> of;  ///< replicas
    int spare_steps = 5, spare_sequences = 1;

    int replicas() const { return static_cast<int>(of.size()); }
    std::vector<int> sequences() const {
        std::vector<int> n;
        for (const auto& lengths : of)
            n.push_back(static_cast<int>(lengths.size()));
        return n;
    }
    std::vector<int> steps() const {
        std::vector<int> n;
        for (const auto& lengths : of) {
            int sum = 0;
            for (const int length : lengths)
                sum += length;
            n.push_back(sum);
        }
        return n;
    }
    int step_capacity() const {
        const std::vector<int> n = steps();
        return *std::max_element(n.begin(), n.end()) + spare_steps;
    }
    int sequence_capacity() const {
        const std::vector<int> n = sequences();
        return *std::max_element(n.begin(), n.end()) + spare_sequences;
    }
};

/// What a test puts into one backend, and asks it for.
class Cohort {
  public:
    Cohort(Backend& backend, const Lengths& lengths) : backend_(backend), lengths_(lengths) {}

    Random& random() { return random_; }
    const Lengths& lengths() const { return lengths_; }
    int replicas() const { return lengths_.replicas(); }

    Rows rows(const std::vector<int>& counts, int capacity) {
        return {upload(counts).data, replicas(), capacity};
    }
    Rows steps() { return rows(lengths_.steps(), lengths_.step_capacity()); }
    Rows sequences() { return rows(lengths_.sequences(), lengths_.sequence_capacity()); }

    RowIndex offsets() {
        const int stride = lengths_.sequence_capacity() + 1;
        std::vector<int> all(static_cast<std::size_t>(replicas() * stride));
        for (int r = 0; r < replicas(); ++r) {
            int sum = 0, s = 0;
            for (const int length : lengths_.of[static_cast<std::size_t>(r)])
                all[static_cast<std::size_t>(r * stride + ++s)] = sum += length;
        }
        return {upload(all).data, stride};
    }
    /// For each step a number below ends[replica]; 0 beyond the steps.
    RowIndex index(const std::vector<int>& ends) {
        const int stride = lengths_.step_capacity();
        const std::vector<int> steps = lengths_.steps();
        std::vector<int> all(static_cast<std::size_t>(replicas() * stride));
        for (int r = 0; r < replicas(); ++r)
            for (int t = 0; t < steps[static_cast<std::size_t>(r)]; ++t)
                all[static_cast<std::size_t>(r * stride + t)] =
                    random_.below(ends[static_cast<std::size_t>(r)]);
        return {upload(all).data, stride};
    }
    /// Normal numbers. @param pad elements between replicas, which upset the alignment
    PerReplica<float> normals(std::size_t size, std::size_t pad = 0) {
        return floats(size, pad, [&] { return random_.normal(); });
    }
    PerReplica<float> fractions(std::size_t size, std::size_t pad = 0) {
        return floats(size, pad, [&] { return random_.uniform(); });
    }
    PerReplica<float> floats(std::size_t size, std::size_t pad, auto draw) {
        std::vector<float> all(static_cast<std::size_t>(replicas()) * (size + pad));
        for (float& x : all)
            x = static_cast<float>(draw());
        return {upload(all).data, static_cast<std::ptrdiff_t>(size + pad)};
    }
    template <class T>
    PerReplica<T> upload(const std::vector<T>& from) {
        arrays_.emplace_back(backend_, std::max<std::size_t>(1, from.size() * sizeof(T)), "array");
        T* to = reinterpret_cast<T*>(arrays_.back().data());
        if (!from.empty()) backend_.upload(to, from.data(), from.size() * sizeof(T));
        return {to, 0};
    }
    template <class T>
    std::vector<T> download(const T* from, std::size_t size) {
        std::vector<T> to(size);
        if (size > 0) backend_.download(to.data(), from, size * sizeof(T));
        return to;
    }
    /// The first `size` elements of every replica.
    template <class T>
    std::vector<std::vector<T>> download(PerReplica<T> from, std::size_t size) {
        std::vector<std::vector<T>> all;
        for (int r = 0; r < replicas(); ++r)
            all.push_back(download<T>(from[r], size));
        return all;
    }

  private:
    Backend& backend_;
    Lengths lengths_;
    Random random_;
    std::list<BackendArray<unsigned char>> arrays_;
};

/// One result of a run: every replica's whole array, and how many elements count.
struct Result {
    std::string name;
    std::vector<std::vector<float>> values;
    std::vector<std::size_t> counts;
    bool zero_beyond = true;
};

/// @param tolerance relative to the array's largest element, at least 1
inline void expect_parity(const std::vector<Result>& expected, const std::vector<Result>& actual,
                          double tolerance) {
    ASSERT_EQ(expected.size(), actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        for (std::size_t r = 0; r < expected[i].values.size(); ++r) {
            const auto &a = expected[i].values[r], &b = actual[i].values[r];
            const std::size_t count = expected[i].counts[r];
            float largest = 1;
            for (std::size_t k = 0; k < count; ++k)
                largest = std::max(largest, std::abs(a[k]));
            for (std::size_t k = 0; k < count; ++k)
                ASSERT_NEAR(a[k], b[k], tolerance * largest)
                    << expected[i].name << ", replica " << r << ", element " << k << ", seed "
                    << Random::seed();
            if (!actual[i].zero_beyond) continue;
            for (std::size_t k = count; k < b.size(); ++k)
                ASSERT_EQ(b[k], 0) << actual[i].name << ", replica " << r << ", element " << k
                                   << " beyond " << count;
        }
}

/// counts[r] * width
inline std::vector<std::size_t> times(const std::vector<int>& counts, int width) {
    std::vector<std::size_t> all;
    for (const int n : counts)
        all.push_back(static_cast<std::size_t>(n) * static_cast<std::size_t>(width));
    return all;
}
inline std::size_t product(int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// run(backend) gives results: those of the device must be the CPU's within the tolerance, and the
/// same bits when run again.
template <class Run>
void check_parity(Run run, double tolerance = 2e-5) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    const std::vector<Result> first = run(*device), expected = run(cpu_backend());
    expect_parity(expected, first, tolerance);
    const std::vector<Result> second = run(*device);
    for (std::size_t i = 0; i < first.size(); ++i)
        EXPECT_EQ(first[i].values, second[i].values) << first[i].name << ": other bits";
}

}  // namespace manygpcm::kernels::testing
