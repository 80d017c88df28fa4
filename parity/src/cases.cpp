#include "cases.h"

#include <algorithm>
#include <numeric>

namespace manygpcm::parity {

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const AddCases add :
         {add_embedding_cases, add_linear_cases, add_composed_linear_cases, add_linear_decay_cases,
          add_response_embedding_cases, add_dropout_cases, add_layer_norm_cases, add_gate_mix_cases,
          add_address_softmax_cases, add_memory_scan_cases, add_attention_cases,
          add_gpcm_head_cases})
        add(cases);
    return cases;
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

const kernels::DropoutKey* dropout_keys(Run& run, int replicas) {
    std::vector<std::uint32_t> words;  // key and step of every replica
    for (std::uint32_t r = 0; r < static_cast<std::uint32_t>(replicas); ++r)
        words.insert(words.end(), {0x243f6a88u + r, 0x85a308d3u * r, 17u + r});
    static_assert(sizeof(kernels::DropoutKey) == 3 * sizeof(std::uint32_t));
    const std::vector<std::int32_t> bits(words.begin(), words.end());
    return reinterpret_cast<const kernels::DropoutKey*>(run.array(bits).data);
}

}  // namespace manygpcm::parity
