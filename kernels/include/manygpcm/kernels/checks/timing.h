// Every operation at the sizes of real models on any backend: what bench/ times and the doctor
// compares with the machine's own rates.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::checks {

/// Where operations run, and the clock that their seconds are taken from: a processor's for the
/// calling thread, unlike wall time without other programs' turns; a device's own for a device.
struct Target {
    Backend& backend;
    int replicas = 1;
    std::function<double(const std::function<void()>&)> seconds;
};

/// One replica on the calling thread.
Target cpu_target();
/// As many replicas as a sweep has, since one leaves a GPU idle. The device must outlive it.
Target device_target(Device& device, int replicas);

/// Widths of an attention model, by their hyperparameters' names.
struct ModelSizes {
    int memory_size, key_dim, value_dim, final_fc_dim, embed_dim, n_heads, n_cycles;
    int parameters;  ///< of attn_gpcm_learn, for 200 questions of 4 categories
};

// The smallest and the largest of the published search's space, and its best trial.
inline constexpr ModelSizes smallest{20, 32, 128, 50, 32, 2, 1, 63952};
inline constexpr ModelSizes published_best{50, 128, 256, 50, 32, 4, 2, 236464};
inline constexpr ModelSizes largest{100, 128, 512, 100, 128, 8, 3, 1110944};

/// A call of an operation on a batch of 32 learners and random arrays, at the sizes of some model.
struct TimedOperation {
    std::string name;
    /// Calls the operation as often as it is asked to; holds the arrays.
    using Call = std::function<void()>;
    std::function<Call(Backend&, int replicas, const ModelSizes&)> set_up;
    /// What one call has to do.
    std::function<Work(int replicas, const ModelSizes&)> work;
};

std::span<const TimedOperation> timed_operations();

/// What a target can do at best.
struct MachineRates {
    double product = 0;  ///< operations per second of a product of square matrices
    double copy = 0;     ///< bytes per second of a large copy, counted as read and written
    /// Exponentials and the like (Work::functions) per second; infinite: they cost what others do.
    double functions = std::numeric_limits<double>::infinity();
};
MachineRates machine_rates(const Target& target);

/// Seconds below which a machine of these rates can't do the work: the larger of what its
/// arithmetic and what its bytes take.
double least_seconds(const Work& work, const MachineRates& rates);

}  // namespace manygpcm::kernels::checks
