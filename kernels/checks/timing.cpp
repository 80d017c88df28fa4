// Where operations are timed, and what a machine can do at best. The rates are those of the fastest
// of ten calls, however busy the machine is. They are taken through the backend itself: a product
// is a linear map, a copy is dropout that drops nothing, functions are the sigmoids of an outer
// product.
#include "manygpcm/kernels/checks/timing.h"

#include <algorithm>
#include <limits>

#include "checks/operands.h"
#include "manygpcm/kernels/profiler.h"

namespace manygpcm::kernels::checks {
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

Target cpu_target() {
    return {cpu_backend(), 1, [](const std::function<void()>& work) {
                const double start = thread_seconds();
                work();
                return thread_seconds() - start;
            }};
}

Target device_target(Device& device, int replicas) {
    return {device, replicas,
            [&device](const std::function<void()>& work) { return device.time(work); }};
}

MachineRates machine_rates(const Target& target) {
    Backend& backend = target.backend;
    // Large enough to fill each, small enough to take no time.
    const bool device = dynamic_cast<Device*>(&backend) != nullptr;
    // On the CPU one whose arrays stay in L2, where most of a batch's do, and no power of two,
    // where rows would meet in the caches' same lines.
    const int n = device ? 4096 : 240;
    const int copied_rows = device ? 1 << 18 : 1 << 14, width = 1024;
    Operands operands(backend, 1);
    int* const counts = operands.copies(n);
    const Rows rows(counts, 1, n);
    const auto a = operands.array(n, n), b = operands.array(n, n), c = operands.array(n, n);
    const double product = fastest(target, [&] {
        backend.run(LinearForward<float>{rows, {n, n, n}, {a, b, {}, {}, {}}, c});
    });

    int* const copied = operands.copies(copied_rows);
    const auto from = operands.array(copied_rows, width), to = operands.array(copied_rows, width);
    const double copy = fastest(target, [&] {
        backend.run(
            DropoutForward<float>{{copied, 1, copied_rows}, {0, 0, width}, nullptr, from, to});
    });
    const double bytes = 2.0 * sizeof(float) * copied_rows * width;

    const int function_rows = device ? copied_rows : 1 << 6;  // which fit into a processor's caches
    int* const mapped = operands.copies(function_rows);
    const auto column = operands.array(function_rows, 1), row = operands.array(width, 1);
    const double functions = fastest(target, [&] {
        backend.run(LinearForward<float>{{mapped, 1, function_rows},
                                         {1, width, 1, Activation::sigmoid},
                                         {column, row, {}, {}, {}},
                                         to});
    });
    return {2.0 * n * n * n / product, bytes / copy,
            static_cast<double>(function_rows) * width / functions};
}

double least_seconds(const Work& work, const MachineRates& rates) {
    return std::max(work.operations / rates.product + work.functions / rates.functions,
                    work.bytes() / rates.copy);
}

}  // namespace manygpcm::kernels::checks
