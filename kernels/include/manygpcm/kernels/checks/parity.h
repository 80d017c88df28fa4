// Whether two backends compute the same: every operation, at awkward shapes, on the same random
// data. The tests compare devices with the CPU, and `manygpcm doctor` does so on a user's machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/kernels/backend.h"
#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::checks {

/// One run of a case on one backend: makes its arrays, the same on every backend, runs its
/// operations and keeps what they wrote. Arrays live as long as the run. What is random lies
/// between -1 and 1.
class Run {
  public:
    Run(Backend& backend, std::uint64_t seed);

    Backend& backend() const { return backend_; }
    /// Null for a backend that is none, as the CPU's.
    Device* device() const { return dynamic_cast<Device*>(&backend_); }

    Rows rows(const std::vector<int>& counts, int capacity);
    /// `values` in the backend's memory: [replicas, size], or [size] with one replica.
    template <class T>
    PerReplica<T> array(const std::vector<T>& values, int replicas = 1);
    /// Random: [size] a replica, `stride` elements apart (0: as an arena lays them out).
    PerReplica<float> random(int replicas, int size, int stride = 0);
    /// Random in all rows, also those beyond the counts.
    PerReplica<float> values(const Rows& rows, int width);
    /// A gradient that comes in: random in the rows, 0 beyond.
    PerReplica<float> gradient(const Rows& rows, int width);
    /// For a gradient that is to be replaced. Rows that a backend must write hold what must not
    /// stay; the CPU leaves those beyond the counts as they are, so there they are 0 already.
    PerReplica<float> replaced(const Rows& rows, int width);
    /// Row numbers below `end`, and 0 beyond the counts.
    RowIndex index(const Rows& rows, int end);
    double uniform();  ///< between -1 and 1

    // What is compared between the backends.
    /// All [size] elements of every replica.
    template <class T>
    void expect(std::string_view name, int replicas, int size, PerReplica<T> array);
    /// The rows within the counts; those beyond must be finite.
    void expect_rows(std::string_view name, const Rows& rows, int width, PerReplica<float> array);

    struct Output {
        std::string name;
        std::vector<double> values;
    };
    const std::vector<Output>& outputs() const { return outputs_; }
    /// Counts of rows() by replica.
    const std::vector<int>& counts(const Rows& rows) const;

  private:
    void* allocate(const void* from, std::size_t bytes);

    Backend& backend_;
    std::mt19937_64 generator_;
    std::vector<BackendArray<char>> memory_;
    std::vector<std::pair<const int*, std::vector<int>>> counts_;
    std::vector<Output> outputs_;
};

struct Case {
    std::string name;
    std::function<void(Run&)> body;
};

/// The largest difference in one array, relative to the largest magnitude that was expected there.
struct Comparison {
    std::string array;
    double error = 0;
    bool passed = false;
};

struct Result {
    std::vector<Comparison> comparisons;  ///< one an array: results, and each gradient

    bool passed() const;
    const Comparison& worst() const;
};

/// Errors up to this pass: sums of some hundred terms in single precision, in any order.
constexpr double tolerance = 2e-5;

/// @throws what the backends throw
Result compare(const Case& which, Backend& expected, Backend& actual);

/// Every operation, with counts below the capacity, a replica without rows, widths that are no
/// multiple of 4, and options that aren't given.
std::span<const Case> all_cases();

}  // namespace manygpcm::kernels::checks
