// What a worker thread must set once, and what this machine offers.
#pragma once

#include <string>
#include <vector>

namespace manygpcm::kernels {

/// Prepares the calling thread for kernels: denormals flush to zero, as they cost a hundred cycles
/// each and carry nothing here.
void prepare_worker_thread();

/// The environment variable that names the best instruction set that kernels may use.
inline constexpr const char* max_isa_variable = "MANYGPCM_MAX_ISA";

/// Vector instruction sets that the kernels were built for and this machine has, best first.
std::vector<std::string> instruction_sets();

/// The one in use, by all kernels: the best of them that MANYGPCM_MAX_ISA allows.
/// @throws std::invalid_argument where that names no set that the kernels were built for
std::string instruction_set();

}  // namespace manygpcm::kernels
