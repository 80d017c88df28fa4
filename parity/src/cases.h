// The cases, by operation: one file each.
#pragma once

#include "manygpcm/parity/parity.h"

namespace manygpcm::parity {

/// Adds the cases of an operation.
using AddCases = void (*)(std::vector<Case>&);
/// Adds cases of its forward and backward pass at these sizes.
using AddBenchmarks = void (*)(const Sizes&, std::vector<Case>&);

void add_address_softmax_cases(std::vector<Case>& cases);
void add_composed_linear_cases(std::vector<Case>& cases);
void add_dropout_cases(std::vector<Case>& cases);
void add_embedding_cases(std::vector<Case>& cases);
void add_gate_mix_cases(std::vector<Case>& cases);
void add_layer_norm_cases(std::vector<Case>& cases);
void add_linear_cases(std::vector<Case>& cases);
void add_linear_decay_cases(std::vector<Case>& cases);
void add_response_embedding_cases(std::vector<Case>& cases);

void add_address_softmax_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_composed_linear_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_dropout_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_embedding_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_gate_mix_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_layer_norm_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_linear_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_linear_decay_benchmarks(const Sizes& sizes, std::vector<Case>& cases);
void add_response_embedding_benchmarks(const Sizes& sizes, std::vector<Case>& cases);

}  // namespace manygpcm::parity
