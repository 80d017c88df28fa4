#include "device/cohort_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/shown.h"
#include "model/hyperparameter_rows.h"
#include "model/network.h"
#include "training/replica_state.h"

namespace manygpcm {
namespace {

/// Steps of the largest of the batches that are cut, in order, from these learners.
int largest_batch(Learners learners, std::span<const int> order, std::size_t batch_size) {
    int largest = 0;
    for (std::size_t first = 0; first < order.size(); first += batch_size) {
        int steps = 0;
        for (const int i : order.subspan(first, std::min(batch_size, order.size() - first)))
            steps += static_cast<int>(learners[i].questions.size());
        largest = std::max(largest, steps);
    }
    return largest;
}

/// Whether tapes have the same operations.
bool in_step(const CohortShape& a, const CohortShape& b) {
    return shape_of(a, HyperparameterRow::Shapes::operations) ==
           shape_of(b, HyperparameterRow::Shapes::operations);
}

/// The model, and what its replicas share: "deep_gpcm memory_size=50 ...".
std::string shape_text(const CohortShape& shape) {
    const nlohmann::json values = to_json(shape);
    std::string text(to_string(shape.model));
    for (const HyperparameterRow& row : hyperparameter_rows().subspan(1)) {
        if (row.shapes == HyperparameterRow::Shapes::nothing || !uses(shape.model, row.name))
            continue;
        text += fmt::format(" {}={}", row.name, value_text(values.at(std::string(row.name))));
    }
    return text;
}

/// In arbitrary units: what an epoch takes grows with the arena, and with the number of batches.
double work(const CohortPlan& cohort) {
    double batches = 0;
    for (const TrainingJob& job : cohort.jobs)
        batches = std::max(batches, double(job.epochs - (job.start ? job.start->epoch : 0)) *
                                        double(job.spec.train.size()) / cohort.shape.batch_size);
    return batches * double(cohort.jobs.size()) * double(cohort.replica_bytes);
}

}  // namespace

CohortShape cohort_shape(const Hyperparameters& h) {
    return shape_of(h);
}

CohortRoom cohort_room(const TrainingJob& job, Learners learners) {
    const ReplicaSpec& spec = job.spec;
    const auto batch_size = static_cast<std::size_t>(spec.hyperparameters.batch_size);
    CohortRoom room;
    room.learners = static_cast<int>(spec.train.size());
    room.batch.sequences = static_cast<int>(std::min(
        batch_size, std::max({spec.train.size(), spec.validation.size(), std::size_t{1}})));
    room.batch.steps = std::max(1, largest_batch(learners, spec.validation, batch_size));
    for (int epoch = job.start ? job.start->epoch + 1 : 1; epoch <= job.epochs; ++epoch)
        room.batch.steps = std::max(room.batch.steps,
                                    largest_batch(learners, batch_order(spec, epoch), batch_size));
    for (const int i : spec.validation)
        room.validation_steps += static_cast<int>(learners[i].questions.size());
    return room;
}

CohortRoom larger(const CohortRoom& a, const CohortRoom& b) {
    return {
        {std::max(a.batch.sequences, b.batch.sequences), std::max(a.batch.steps, b.batch.steps)},
        std::max(a.learners, b.learners),
        std::max(a.validation_steps, b.validation_steps)};
}

std::size_t replica_bytes(kernels::Backend& backend, const ModelConfig& config,
                          const CohortRoom& room) {
    // Parameters and two moments, once more as they were after the last epoch; and the gradient.
    constexpr std::size_t parameter_arrays = 7;
    // A network that never runs takes no memory: it is recorded to learn what it would take.
    return Network(backend, config, 1, room.batch, true).arena_bytes() +
           parameter_arrays * ParameterLayout(config).size() * sizeof(float) +
           DeviceBatch::bytes(room.batch) + room.learners * sizeof(std::int32_t) +
           std::size_t(room.validation_steps) * config.n_categories * sizeof(float);
}

std::vector<FleetPlan> plan_fleets(kernels::Backend& backend, std::vector<TrainingJob> jobs,
                                   const LearnerSet& learners, const CohortLimits& limits) {
    const std::size_t streams = std::max(limits.streams, 1);
    const std::size_t fair_share = std::max<std::size_t>(1, (jobs.size() + streams - 1) / streams);
    std::map<CohortShape, CohortPlan> groups;
    for (TrainingJob& job : jobs) {
        const CohortShape shape = cohort_shape(job.spec.hyperparameters);
        CohortPlan& group = groups[shape];
        group.shape = shape;
        group.room = larger(group.room, cohort_room(job, learners.all));
        group.jobs.push_back(std::move(job));
    }

    std::vector<CohortPlan> plan;
    for (auto& [shape, group] : groups) {
        group.replica_bytes = replica_bytes(
            backend,
            {group.jobs.front().spec.hyperparameters, learners.n_questions, learners.n_categories},
            group.room);
        std::size_t most =
            std::clamp<std::size_t>(limits.memory / streams / group.replica_bytes, 1, fair_share);
        if (const auto known = limits.replicas.find(shape); known != limits.replicas.end())
            most = std::min(most, known->second);
        // Cohorts of about equal sizes: a small last one would take nearly as long as the others.
        const std::size_t n = group.jobs.size(), cohorts = (n + most - 1) / most;
        for (std::size_t c = 0; c < cohorts; ++c) {
            CohortPlan& cohort =
                plan.emplace_back(CohortPlan{shape, {}, group.room, group.replica_bytes});
            for (std::size_t i = n * c / cohorts; i < n * (c + 1) / cohorts; ++i)
                cohort.jobs.push_back(std::move(group.jobs[i]));
        }
    }
    std::ranges::stable_sort(plan, std::ranges::greater{}, work);

    struct Filled {
        std::size_t bytes = 0, replicas = 0;
    };
    std::vector<FleetPlan> fleets;
    std::vector<Filled> filled;
    for (CohortPlan& cohort : plan) {
        const Filled more{cohort.jobs.size() * cohort.replica_bytes, cohort.jobs.size()};
        std::size_t f = 0;
        while (f < fleets.size() && !(in_step(fleets[f].front().shape, cohort.shape) &&
                                      fleets[f].size() < limits.cohorts &&
                                      filled[f].replicas + more.replicas <= fair_share &&
                                      filled[f].bytes + more.bytes <= limits.memory / streams))
            ++f;
        if (f == fleets.size()) {
            fleets.emplace_back();
            filled.emplace_back();
        }
        fleets[f].push_back(std::move(cohort));
        filled[f].bytes += more.bytes;
        filled[f].replicas += more.replicas;
    }
    return fleets;
}

std::string format_bytes(std::size_t bytes) {
    constexpr double kibi = 1024;
    const double mebibytes = double(bytes) / (kibi * kibi);
    return mebibytes < kibi ? fmt::format("{:.1f} MiB", mebibytes)
                            : fmt::format("{:.1f} GiB", mebibytes / kibi);
}

std::vector<std::string> describe(const std::vector<FleetPlan>& plan, const CohortLimits& limits) {
    constexpr std::size_t most_cohorts = 8;  // that are told one by one
    std::size_t replicas = 0, cohorts = 0, least = std::numeric_limits<std::size_t>::max(),
                most = 0;
    std::vector<std::string> lines(1);
    for (const FleetPlan& fleet : plan)
        for (const CohortPlan& cohort : fleet) {
            ++cohorts;
            replicas += cohort.jobs.size();
            least = std::min(least, cohort.replica_bytes);
            most = std::max(most, cohort.replica_bytes);
            lines.push_back(fmt::format(
                "  {}{} x {}: {}, batches of up to {}", &cohort == &fleet.front() ? "" : "+ ",
                cohort.jobs.size(), format_bytes(cohort.replica_bytes), shape_text(cohort.shape),
                counted(cohort.room.batch.steps, "step")));
        }
    lines.front() = fmt::format("{} in {}, {}, {} at once in {}", counted(replicas, "replica"),
                                counted(cohorts, "cohort"), counted(std::ssize(plan), "fleet"),
                                std::min<std::size_t>(plan.size(), std::max(limits.streams, 1)),
                                format_bytes(limits.memory));
    if (cohorts > most_cohorts) {
        lines.resize(1);
        lines.front() +=
            fmt::format("; a replica takes {} to {}", format_bytes(least), format_bytes(most));
    }
    return lines;
}

}  // namespace manygpcm
