// Every operation of the models at real sizes on any backend: what bench/ times and the doctor
// compares with the machine's own rates.
#pragma once

#include <functional>
#include <span>

#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/kernels/device.h"
#include "manygpcm/kernels/work.h"

namespace manygpcm::measure {

/// Where operations run, and the clock that their seconds are taken from: a processor's for the
/// calling thread, unlike wall time without other programs' turns; a device's own for a device.
struct Target {
    kernels::Backend& backend;
    int replicas = 1;
    std::function<double(const std::function<void()>&)> seconds;
};

/// One replica on the calling thread.
Target cpu_target();
/// As many replicas as a sweep has, since one leaves a GPU idle. The device must outlive it.
Target device_target(kernels::Device& device, int replicas);

/// An operation on a batch of 32 learners and random arrays, at the sizes of some model.
struct Operation {
    const char* name;
    /// Calls the operation as often as it is asked to; holds the arrays.
    using Call = std::function<void()>;
    std::function<Call(kernels::Backend&, int replicas, const Hyperparameters&)> set_up;

    /// What one call has to do.
    kernels::Work work(int replicas, const Hyperparameters& hyperparameters) const;
};

std::span<const Operation> operations();

/// What a target can do at best.
struct MachineRates {
    double product = 0;  ///< operations per second of a product of large square matrices
    double copy = 0;     ///< bytes per second of a large copy, counted as read and written
};
MachineRates machine_rates(const Target& target);

}  // namespace manygpcm::measure
