// How long training takes at the published best, through the engine's public face, and how long an
// optimizer step has to take at least.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/checks/timing.h"
#include "manygpcm/kernels/work_counter.h"

namespace manygpcm::bench {

namespace checks = kernels::checks;

/// The published search's best trial, at which training and the comparison with PyTorch run, or one
/// of other sizes; the batch stays its own, so that sizes alone differ.
Hyperparameters published_best(ModelKind model,
                               const checks::ModelSizes& sizes = checks::published_best);

/// Trains replicas, without validation, on the first `learners` of the dataset, on so many threads.
/// Returns the wall seconds of every epoch of every replica but for a first one each, which meets
/// cold caches and fresh pages.
std::vector<double> epoch_seconds(const Dataset& dataset, ModelKind model, std::size_t learners,
                                  int n_replicas, int threads, int epochs);

/// The same on a device, where replicas train as a cohort: a replica's epoch is an equal share of
/// the cohort's.
std::vector<double> epoch_seconds(const Dataset& dataset, ModelKind model, std::size_t learners,
                                  int n_replicas, const DeviceTraining& device, int epochs);

/// How many whole batches there are among the dataset's learners, at most those that step_work()
/// looks at.
int counted_batches(const Dataset& dataset, int batch_size);

/// What an optimizer step of a cohort does, by operation; calls are those of one cohort. Replicas
/// train on batches of their own: the first counted_batches() of the dataset stand for all.
/// @throws InputError where the dataset has less than one batch
std::vector<kernels::WorkCounter::Entry> step_work(const Dataset& dataset,
                                                   const Hyperparameters& hyperparameters,
                                                   int replicas);

/// checks::least_seconds() of all operations.
double least_seconds(std::span<const kernels::WorkCounter::Entry> work,
                     const checks::MachineRates& rates);

/// What NVIDIA's data sheet says of the H100 SXM: float32 outside of tensor cores, and HBM3.
inline constexpr checks::MachineRates h100_published{.product = 67e12, .copy = 3.35e12};

}  // namespace manygpcm::bench
