// What a thread sets while it works, and what this machine offers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace manygpcm::kernels {

/// While it lives, the thread that made it is prepared for kernels: denormals flush to zero, as
/// they cost a hundred cycles each and carry nothing here. Its end gives the thread back as it was.
class WorkerThread {
  public:
    WorkerThread();
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;
    ~WorkerThread();

  private:
    std::uint64_t before_;  // the register of the floating-point mode
};

/// The environment variable that names the best instruction set that kernels may use.
inline constexpr const char* max_isa_variable = "MANYGPCM_MAX_ISA";

/// Vector instruction sets that the kernels were built for and this machine has, best first.
std::vector<std::string> instruction_sets();

/// The one in use, by all kernels: the best of them that MANYGPCM_MAX_ISA allows.
/// @throws std::invalid_argument where that names no set that the kernels were built for
std::string instruction_set();

}  // namespace manygpcm::kernels
