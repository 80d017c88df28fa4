// The rates are those of the fastest of ten calls: what the machine can do, however busy it is.
// They are taken through the backend itself: a product is a linear map, a copy is dropout that
// drops nothing.
#include <algorithm>
#include <limits>

#include "manygpcm/measure/operations.h"
#include "operands.h"

namespace manygpcm::measure {
namespace {

constexpr int calls = 10;

double fastest(const Target& target, const std::function<void()>& call) {
    call();
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < calls; ++i)
        best = std::min(best, target.seconds(call));
    return best;
}

}  // namespace

MachineRates machine_rates(const Target& target) {
    kernels::Backend& backend = target.backend;
    // Large enough to fill each, small enough to take no time.
    const bool device = dynamic_cast<kernels::Device*>(&backend) != nullptr;
    // On the CPU no power of two, where rows would meet in the caches' same lines.
    const int n = device ? 4096 : 1000;
    const int copied_rows = device ? 1 << 18 : 1 << 14, width = 1024;
    Operands operands(backend, 1);
    int* const counts = operands.copies(n);
    const kernels::Rows rows(counts, 1, n);
    const auto a = operands.array(n, n), b = operands.array(n, n), c = operands.array(n, n);
    const double product = fastest(target, [&] {
        backend.linear_forward(rows, {n, n, n}, {a, b, {}, {}, {}}, c);
    });

    int* const copied = operands.copies(copied_rows);
    const auto from = operands.array(copied_rows, width), to = operands.array(copied_rows, width);
    const double copy = fastest(target, [&] {
        backend.dropout_forward({copied, 1, copied_rows}, {0, 0, width}, nullptr, from, to);
    });
    const double bytes = 2.0 * sizeof(float) * copied_rows * width;
    return {2.0 * n * n * n / product, bytes / copy};
}

}  // namespace manygpcm::measure
