// What the checks of the operations are collected in, one file an operation: the awkward shapes at
// which backends are compared, and the sizes of real models at which they are timed.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checks/operands.h"
#include "manygpcm/kernels/checks/parity.h"
#include "manygpcm/kernels/checks/timing.h"
#include "manygpcm/kernels/work_counter.h"

namespace manygpcm::kernels::checks {

struct Checks {
    std::vector<Case> cases;
    std::vector<TimedOperation> timed;

    void compare(std::string name, std::function<void(Run&)> body) {
        cases.push_back({std::move(name), std::move(body)});
    }
    /// @param arguments makes those of a call from Operands& and ModelSizes; what the call reads of
    /// other calls' results, it runs those for
    template <class Arguments>
    void time(std::string name, Arguments arguments) {
        timed.push_back(
            {std::move(name),
             [=](Backend& backend, int replicas, const ModelSizes& sizes) -> TimedOperation::Call {
                 const auto operands = std::make_shared<Operands>(backend, replicas);
                 return [operands, args = arguments(*operands, sizes)] {
                     operands->backend().run(args);
                 };
             },
             [=](int replicas, const ModelSizes& sizes) {
                 // Work is in proportion to replicas: so many with batches of their own stand for
                 // all.
                 const int counted = std::min(replicas, 10);
                 WorkCounter memory;
                 Operands operands(memory, counted);
                 Work work = kernels::work(arguments(operands, sizes));
                 return work *= double{1} * replicas / counted;
             }});
    }
};

#define MANYGPCM_DECLARE(name) void add_##name##_checks(Checks& checks);
MANYGPCM_NAMES(MANYGPCM_DECLARE)
#undef MANYGPCM_DECLARE
void add_adam_checks(Checks& checks);

// What several of them need.
/// Sequences of every replica laid end to end.
struct Sequences {
    Rows rows, steps;
    RowIndex offsets;
};
/// @param lengths of the sequences, by replica  @param spare rows of the capacities beyond the most
Sequences sequences(Run& run, const std::vector<std::vector<int>>& lengths, int spare_sequences,
                    int spare_steps);
/// One a replica, all different.
const DropoutKey* dropout_keys(Run& run, int replicas);
/// Weights of the ordinal loss, one a replica, all different.
const OrdinalLoss* ordinal_losses(Run& run, int replicas);
/// Of a head's logits [steps, n_categories] in a sample batch.
OrdinalStatistics<float> timed_statistics(Operands& o, PerReplica<const float> logits);

inline constexpr double timed_dropout_rate = 0.2;

}  // namespace manygpcm::kernels::checks
