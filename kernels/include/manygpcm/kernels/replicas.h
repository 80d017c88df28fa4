// How every operation sees a cohort: one array per replica at a fixed distance, and a row count per
// replica. What kernels on a GPU call, too, is constexpr.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace manygpcm::kernels {

/// The same array for each replica of a cohort, `stride` elements apart. A null `data` means "not
/// given".
template <class T>
struct PerReplica {
    T* data = nullptr;
    std::ptrdiff_t stride = 0;

    constexpr T* operator[](int replica) const { return data ? data + replica * stride : nullptr; }
    explicit constexpr operator bool() const { return data != nullptr; }
    operator PerReplica<const T>() const requires(!std::is_const_v<T>) { return {data, stride}; }
};

/// rows[r] is the number of rows (steps, sequences, distinct questions, ...) that replica r has in
/// this batch. The counts lie where the arrays do: on a GPU only kernels read them, and launches
/// are as large as `capacity` says, so that one recording of them fits every batch.
struct Rows {
    const int* count = nullptr;  ///< [replicas]
    int replicas = 0;
    int capacity = 0;  ///< at least every count; not read by the CPU

    Rows() = default;
    Rows(const int* counts, int n_replicas, int largest)
        : count(counts), replicas(n_replicas), capacity(largest) {}
    Rows(std::span<const int> counts)
        : count(counts.data()), replicas(static_cast<int>(counts.size())) {}
    Rows(const std::vector<int>& counts) : Rows(std::span(counts)) {}

    constexpr int operator[](int replica) const { return count[replica]; }
};

/// Row numbers, one an entry, per replica.
using RowIndex = PerReplica<const std::int32_t>;

/// Where the steps of each sequence begin whose response isn't known: [sequences] the first of
/// them, the end of the sequence where there is none. They see the steps before, and no step sees
/// them. Null: every response is known, as in training; only the CPU takes others.
using KnownEnds = RowIndex;

/// Whether a gradient replaces what its array holds or is added to it.
enum class Write { replace, add };

}  // namespace manygpcm::kernels
