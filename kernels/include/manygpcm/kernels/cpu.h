// What a worker thread must set once, and what this machine offers.
#pragma once

#include <string>
#include <vector>

namespace manygpcm::kernels {

/// Prepares the calling thread for kernels: denormals flush to zero (they cost a hundred cycles
/// each and carry nothing here) and libraries below use this thread alone, since a thread owns a
/// replica.
void prepare_worker_thread();

/// Vector instruction sets that the kernels were built for and this machine has, best first.
std::vector<std::string> instruction_sets();

/// Version of oneDNN at run time.
std::string onednn_version();

}  // namespace manygpcm::kernels
