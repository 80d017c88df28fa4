// Which replicas train together on a device, and how many of them fit: jobs of one shape make
// cohorts, as large as memory and the number of streams allow.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/backend.h"
#include "model/batch.h"

namespace manygpcm {

/// All that the launches of a step depend on, but for what a batch holds: what its row says shapes
/// the tape. Everything else has its default, and replicas of one shape may differ in it.
using CohortShape = Hyperparameters;

CohortShape cohort_shape(const Hyperparameters& h);

/// What a job asks of its cohort's arrays.
struct CohortRoom {
    BatchCapacity batch;       ///< of every batch that it will train on or score
    int learners = 0;          ///< of an epoch
    int validation_steps = 0;  ///< altogether
};

/// Exact: the batches of all epochs to come are known.
CohortRoom cohort_room(const TrainingJob& job, Learners learners);
/// Room for either.
CohortRoom larger(const CohortRoom& a, const CohortRoom& b);

struct CohortPlan {
    CohortShape shape;
    std::vector<TrainingJob> jobs;
    CohortRoom room;
    std::size_t replica_bytes = 0;  ///< what one replica takes; an estimate
};

/// Cohorts that run in step: their tapes have the same operations.
using FleetPlan = std::vector<CohortPlan>;

/// What cohorts may take of a device.
struct CohortLimits {
    std::size_t memory = 0;                       ///< bytes, of all cohorts that train at once
    int streams = 1;                              ///< fleets at once
    std::size_t cohorts = 16;                     ///< in a fleet; more would make recordings long
    std::map<CohortShape, std::size_t> replicas;  ///< of a shape, where more didn't fit
};

/// Bytes that one replica takes on a device.
std::size_t replica_bytes(kernels::Backend& backend, const ModelConfig& config,
                          const CohortRoom& room);

/// Fleets of all jobs, the one with most work first. Streams share the memory equally; none gets so
/// many replicas that others stand idle.
std::vector<FleetPlan> plan_fleets(kernels::Backend& backend, std::vector<TrainingJob> jobs,
                                   const LearnerSet& learners, const CohortLimits& limits);

/// A plan for a person, line by line: the whole, then, unless there are too many to read, the
/// cohorts; those of one fleet follow its first with a plus.
std::vector<std::string> describe(const std::vector<FleetPlan>& plan, const CohortLimits& limits);

/// Bytes with a unit: "1.5 GiB".
std::string format_bytes(std::size_t bytes);

}  // namespace manygpcm
