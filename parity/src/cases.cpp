#include "cases.h"

namespace manygpcm::parity {

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const AddCases add :
         {add_embedding_cases, add_linear_cases, add_composed_linear_cases, add_linear_decay_cases,
          add_response_embedding_cases, add_dropout_cases, add_layer_norm_cases, add_gate_mix_cases,
          add_address_softmax_cases})
        add(cases);
    return cases;
}

std::vector<Case> benchmark_cases(const Sizes& sizes) {
    std::vector<Case> cases;
    for (const AddBenchmarks add :
         {add_embedding_benchmarks, add_linear_benchmarks, add_composed_linear_benchmarks,
          add_linear_decay_benchmarks, add_response_embedding_benchmarks, add_dropout_benchmarks,
          add_layer_norm_benchmarks, add_gate_mix_benchmarks, add_address_softmax_benchmarks})
        add(sizes, cases);
    return cases;
}

}  // namespace manygpcm::parity
