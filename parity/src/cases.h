// The cases, by operation: one file each.
#pragma once

#include "manygpcm/parity/parity.h"

namespace manygpcm::parity {

/// Adds the cases of an operation.
using AddCases = void (*)(std::vector<Case>&);

void add_address_softmax_cases(std::vector<Case>& cases);
void add_attention_cases(std::vector<Case>& cases);
void add_composed_linear_cases(std::vector<Case>& cases);
void add_dropout_cases(std::vector<Case>& cases);
void add_embedding_cases(std::vector<Case>& cases);
void add_gate_mix_cases(std::vector<Case>& cases);
void add_gpcm_head_cases(std::vector<Case>& cases);
void add_layer_norm_cases(std::vector<Case>& cases);
void add_linear_cases(std::vector<Case>& cases);
void add_linear_decay_cases(std::vector<Case>& cases);
void add_memory_scan_cases(std::vector<Case>& cases);
void add_response_embedding_cases(std::vector<Case>& cases);

// What several of them need.
/// Sequences of every replica laid end to end.
struct Sequences {
    kernels::Rows rows, steps;
    kernels::RowIndex offsets;
};
/// @param lengths of the sequences, by replica  @param spare rows of the capacities beyond the most
Sequences sequences(Run& run, const std::vector<std::vector<int>>& lengths, int spare_sequences,
                    int spare_steps);
/// One a replica, all different.
const kernels::DropoutKey* dropout_keys(Run& run, int replicas);

}  // namespace manygpcm::parity
