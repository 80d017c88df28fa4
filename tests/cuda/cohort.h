// A cohort's arrays in the memory of a device, for tests of what only a device does: row counts
// below the capacity, arrays filled beyond the counts, too. The parity cases have all else.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <vector>

#include "manygpcm/kernels/cuda.h"

namespace manygpcm::kernels::testing {

/// The one stream of a test's random numbers; --gtest_random_seed=N chooses another.
class Random {
  public:
    Random() : engine_(seed()) {}
    static unsigned seed() { return 1 + static_cast<unsigned>(GTEST_FLAG_GET(random_seed)); }

    double normal() { return std::normal_distribution<double>()(engine_); }
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

/// What a test puts into a device's memory, and asks it for.
class Cohort {
  public:
    Cohort(Backend& backend, const Lengths& lengths) : backend_(backend), lengths_(lengths) {}

    Random& random() { return random_; }
    int replicas() const { return lengths_.replicas(); }

    Rows steps() { return {upload(lengths_.steps()).data, replicas(), lengths_.step_capacity()}; }
    Rows sequences() {
        return {upload(lengths_.sequences()).data, replicas(), lengths_.sequence_capacity()};
    }

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
    /// For each step a number below `end`; 0 beyond the steps.
    RowIndex index(int end) {
        const int stride = lengths_.step_capacity();
        const std::vector<int> steps = lengths_.steps();
        std::vector<int> all(static_cast<std::size_t>(replicas() * stride));
        for (int r = 0; r < replicas(); ++r)
            for (int t = 0; t < steps[static_cast<std::size_t>(r)]; ++t)
                all[static_cast<std::size_t>(r * stride + t)] = random_.below(end);
        return {upload(all).data, stride};
    }
    /// Normal numbers. @param pad elements between replicas, which upset the alignment
    PerReplica<float> normals(std::size_t size, std::size_t pad = 0) {
        return floats(size, pad, [&] { return random_.normal(); });
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

inline std::size_t product(int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

}  // namespace manygpcm::kernels::testing
