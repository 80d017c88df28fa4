#include "checks/checks.h"

#include <algorithm>
#include <numeric>

namespace manygpcm::kernels::checks {

namespace {

const Checks& all_checks() {
    static const Checks all = [] {
        Checks checks;
        add_adam_checks(checks);
#define MANYGPCM_ADD(name) add_##name##_checks(checks);
        MANYGPCM_NAMES(MANYGPCM_ADD)
#undef MANYGPCM_ADD
        return checks;
    }();
    return all;
}

}  // namespace

std::span<const Case> all_cases() {
    return all_checks().cases;
}

std::span<const TimedOperation> timed_operations() {
    return all_checks().timed;
}

Sequences sequences(Run& run, const std::vector<std::vector<int>>& lengths, int spare_sequences,
                    int spare_steps) {
    std::vector<int> n_sequences, n_steps;
    for (const auto& of_replica : lengths) {
        n_sequences.push_back(static_cast<int>(of_replica.size()));
        n_steps.push_back(std::accumulate(of_replica.begin(), of_replica.end(), 0));
    }
    Sequences cohort;
    cohort.rows = run.rows(n_sequences, std::ranges::max(n_sequences) + spare_sequences);
    cohort.steps = run.rows(n_steps, std::ranges::max(n_steps) + spare_steps);
    const std::size_t stride = static_cast<std::size_t>(cohort.rows.capacity) + 1;
    std::vector<std::int32_t> offsets(lengths.size() * stride);
    for (std::size_t r = 0; r < lengths.size(); ++r)
        std::partial_sum(lengths[r].begin(), lengths[r].end(),
                         offsets.begin() + static_cast<std::ptrdiff_t>(r * stride) + 1);
    cohort.offsets = run.array(offsets, cohort.rows.replicas);
    return cohort;
}

const DropoutKey* dropout_keys(Run& run, int replicas) {
    std::vector<std::uint32_t> words;  // key and step of every replica
    for (std::uint32_t r = 0; r < static_cast<std::uint32_t>(replicas); ++r)
        words.insert(words.end(), {0x243f6a88u + r, 0x85a308d3u * r, 17u + r});
    static_assert(sizeof(DropoutKey) == 3 * sizeof(std::uint32_t));
    const std::vector<std::int32_t> bits(words.begin(), words.end());
    return reinterpret_cast<const DropoutKey*>(run.array(bits).data);
}

const OrdinalLoss* ordinal_losses(Run& run, int replicas) {
    std::vector<double> weights;
    for (int r = 0; r < replicas; ++r) {
        const OrdinalLoss loss = ordinal_loss(0.5 * r, 0.2, 0.1);
        weights.insert(weights.end(), {loss.ce, loss.focal, loss.qwk, loss.label_smoothing});
    }
    static_assert(sizeof(OrdinalLoss) == 4 * sizeof(double));
    return reinterpret_cast<const OrdinalLoss*>(run.array(weights).data);
}

OrdinalStatistics<float> timed_statistics(Operands& o, PerReplica<const float> logits) {
    const std::size_t size = ordinal_statistics_size(n_categories);
    const std::size_t replicas = static_cast<std::size_t>(o.replicas());
    return {o.batch().steps,
            n_categories,
            o.copies(ordinal_loss(1.7, -0.7, 0.2)),
            logits,
            o.batch().response,
            {static_cast<double*>(o.allocate(size * replicas * sizeof(double))),
             static_cast<std::ptrdiff_t>(size)}};
}

}  // namespace manygpcm::kernels::checks
