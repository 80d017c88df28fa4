// What a training step of attn_gpcm_learn at the published best's sizes launches on a GPU, computes
// and moves, as JSON for scripts/cuda_report.sh. No GPU is needed: the engine's own cohort runs on
// the tests' emulated device, which lists what it is asked for instead of doing it.
#include <fmt/format.h>

#include <cuda_emulation/control.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "device/fleet.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/kernels/cuda.h"
#include "training_time.h"

namespace manygpcm::bench {
namespace {

constexpr int sweep_replicas = 250;  // the published sweep's 50 trials on 5 folds

/// The calls of one step of a cohort of two, which are those of a cohort of any size.
std::vector<cuda_emulation::Listed> step_calls(const Dataset& dataset,
                                               const Hyperparameters& hyperparameters) {
    const auto device = kernels::open_cuda_device(0);
    const DeviceDataset data(*device, {dataset.train, dataset.n_questions, dataset.n_categories});
    FleetPlan fleet_plan(1);
    CohortPlan& plan = fleet_plan.front();
    plan.shape = cohort_shape(hyperparameters);
    for (int fold = 0; fold < 2; ++fold) {
        TrainingJob job;
        job.spec.hyperparameters = hyperparameters;
        job.spec.train = numbers_from(0, hyperparameters.batch_size);  // an epoch of one batch
        job.spec.fold = fold;
        job.epochs = 1;
        plan.room = larger(plan.room, cohort_room(job, dataset.train));
        plan.jobs.push_back(std::move(job));
    }
    Fleet fleet(*device, data, fleet_plan);
    std::vector<cuda_emulation::Listed> calls;
    cuda_emulation::list_only(&calls);
    fleet.start_epoch();
    cuda_emulation::list_only(nullptr);
    // The epoch's only step is run as it is and then recorded, so that every call is there twice.
    calls.resize(calls.size() / 2);
    return calls;
}

nlohmann::json report() {
    const Hyperparameters hyperparameters = published_best(parse_model("attn_gpcm_learn"));
    const Dataset dataset = read_dataset(MANYGPCM_DATA "/synthetic_500_200_4/train.txt");
    nlohmann::json json;
    json["title"] = fmt::format(
        "A training step of {} replicas of attn_gpcm_learn at the published best's sizes, {} "
        "learners each",
        sweep_replicas, hyperparameters.batch_size);
    for (const cuda_emulation::Listed& call : step_calls(dataset, hyperparameters))
        json["calls"].push_back({{"name", call.name},
                                 {"kernel", call.kernel},
                                 {"threads", call.threads},
                                 {"shared_bytes", call.shared_bytes}});
    json["rates"] = {{"operations", h100_published.product}, {"bytes", h100_published.copy}};
    for (const kernels::WorkCounter::Entry& entry :
         step_work(dataset, hyperparameters, sweep_replicas))
        json["operations"].push_back({{"operation", entry.operation},
                                      {"calls", entry.calls},
                                      {"operations", entry.work.operations},
                                      {"bytes", entry.work.bytes()}});
    return json;
}

}  // namespace
}  // namespace manygpcm::bench

int main() {
    std::cout << manygpcm::bench::report().dump(1) << '\n';
    return 0;
}
