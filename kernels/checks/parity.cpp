#include "manygpcm/kernels/checks/parity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace manygpcm::kernels::checks {

namespace {

constexpr int line = 16;              // floats: arenas lay their tensors out on cache lines
constexpr float must_not_stay = 1e3;  // where a gradient is to be replaced

std::size_t elements(int replicas, int size) {
    return static_cast<std::size_t>(replicas) * static_cast<std::size_t>(size);
}

/// FNV-1a: the same data for a case on every machine.
std::uint64_t seed_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

double relative_error(const std::vector<double>& expected, const std::vector<double>& actual) {
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (!std::isfinite(actual[i])) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, std::abs(expected[i]));
        difference = std::max(difference, std::abs(expected[i] - actual[i]));
    }
    return difference == 0 ? 0 : difference / largest;  // infinite where only zeros were expected
}

}  // namespace

Run::Run(Backend& backend, std::uint64_t seed) : backend_(backend), generator_(seed) {}

void* Run::allocate(const void* from, std::size_t bytes) {
    memory_.emplace_back(backend_, bytes, "array of a parity case");
    backend_.upload(memory_.back().data(), from, bytes);
    return memory_.back().data();
}

double Run::uniform() {
    return std::uniform_real_distribution<double>(-1, 1)(generator_);
}

Rows Run::rows(const std::vector<int>& counts, int capacity) {
    const auto* const data =
        static_cast<const int*>(allocate(counts.data(), counts.size() * sizeof(int)));
    counts_.emplace_back(data, counts);
    return {data, static_cast<int>(counts.size()), capacity};
}

const std::vector<int>& Run::counts(const Rows& rows) const {
    const auto found =
        std::ranges::find(counts_, rows.count, [](const auto& c) { return c.first; });
    if (found == counts_.end()) throw std::logic_error("parity: rows that Run::rows didn't make");
    return found->second;
}

template <class T>
PerReplica<T> Run::array(const std::vector<T>& values, int replicas) {
    return {static_cast<T*>(allocate(values.data(), values.size() * sizeof(T))),
            static_cast<std::ptrdiff_t>(values.size()) / replicas};
}
template PerReplica<float> Run::array(const std::vector<float>&, int);
template PerReplica<double> Run::array(const std::vector<double>&, int);
template PerReplica<std::int32_t> Run::array(const std::vector<std::int32_t>&, int);

PerReplica<float> Run::random(int replicas, int size, int stride) {
    if (stride == 0) stride = (size + line - 1) / line * line;
    std::vector<float> data(elements(replicas, stride));
    for (float& x : data)
        x = static_cast<float>(uniform());
    return array(data, replicas);
}

PerReplica<float> Run::values(const Rows& rows, int width) {
    return random(rows.replicas, rows.capacity * width);
}

PerReplica<float> Run::gradient(const Rows& rows, int width) {
    const int stride = (rows.capacity * width + line - 1) / line * line;
    std::vector<float> data(elements(rows.replicas, stride));
    for (int r = 0; r < rows.replicas; ++r)
        for (int i = 0; i < counts(rows)[r] * width; ++i)
            data[elements(r, stride) + i] = static_cast<float>(uniform());
    return array(data, rows.replicas);
}

PerReplica<float> Run::replaced(const Rows& rows, int width) {
    const int stride = (rows.capacity * width + line - 1) / line * line;
    std::vector<float> data(elements(rows.replicas, stride));
    for (int r = 0; r < rows.replicas; ++r) {
        const int n_rows = device() ? rows.capacity : counts(rows)[r];
        std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(elements(r, stride)), n_rows * width,
                    must_not_stay);
    }
    return array(data, rows.replicas);
}

RowIndex Run::index(const Rows& rows, int end) {
    std::vector<std::int32_t> data(elements(rows.replicas, rows.capacity));
    for (int r = 0; r < rows.replicas; ++r)
        for (int i = 0; i < counts(rows)[r]; ++i)
            data[elements(r, rows.capacity) + i] =
                std::uniform_int_distribution<std::int32_t>(0, end - 1)(generator_);
    return array(data, rows.replicas);
}

template <class T>
void Run::expect(std::string_view name, int replicas, int size, PerReplica<T> array) {
    Output& output = outputs_.emplace_back(Output{std::string(name), {}});
    std::vector<std::remove_const_t<T>> data(static_cast<std::size_t>(size));
    for (int r = 0; r < replicas; ++r) {
        backend_.download(data.data(), array[r], data.size() * sizeof(T));
        output.values.insert(output.values.end(), data.begin(), data.end());
    }
}
template void Run::expect(std::string_view, int, int, PerReplica<float>);
template void Run::expect(std::string_view, int, int, PerReplica<double>);
template void Run::expect(std::string_view, int, int, PerReplica<std::int32_t>);

void Run::expect_rows(std::string_view name, const Rows& rows, int width, PerReplica<float> array) {
    Output& output = outputs_.emplace_back(Output{std::string(name), {}});
    std::vector<float> data(elements(rows.capacity, width));
    for (int r = 0; r < rows.replicas; ++r) {
        backend_.download(data.data(), array[r], data.size() * sizeof(float));
        const auto end = data.begin() + std::ptrdiff_t{counts(rows)[r]} * width;
        const bool finite = std::all_of(end, data.end(), [](float x) { return std::isfinite(x); });
        output.values.insert(output.values.end(), data.begin(), end);
        output.values.push_back(finite ? 0 : std::numeric_limits<double>::infinity());
    }
}

bool Result::passed() const {
    return std::ranges::all_of(comparisons, &Comparison::passed);
}

const Comparison& Result::worst() const {
    return *std::ranges::max_element(comparisons, {}, &Comparison::error);
}

Result compare(const Case& which, Backend& expected, Backend& actual) {
    Run first(expected, seed_of(which.name)), second(actual, seed_of(which.name));
    which.body(first);
    which.body(second);
    Result result;
    for (std::size_t i = 0; i < first.outputs().size(); ++i) {
        Comparison& comparison =
            result.comparisons.emplace_back(Comparison{first.outputs()[i].name});
        comparison.error = relative_error(first.outputs()[i].values, second.outputs()[i].values);
        comparison.passed = comparison.error <= tolerance;
    }
    if (result.comparisons.empty())
        throw std::logic_error("parity: '" + which.name + "' compares nothing");
    return result;
}

}  // namespace manygpcm::kernels::checks
