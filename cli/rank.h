// Which of several processes this one is, where mpirun, srun or an array of Slurm's started it:
// they share a sweep.
#pragma once

#include <functional>
#include <string>

namespace manygpcm::cli {

struct Rank {
    int number = 0;  ///< the first of the job speaks and writes the report
    int count = 1;   ///< processes of the job
    int local = 0;   ///< among those of this machine
    int local_count = 1;
    int arrays = 1;  ///< tasks of a Slurm array, jobs by themselves

    bool speaks() const { return number == 0; }
    /// All that share the sweep, as far as the environment tells.
    int workers() const { return count * arrays; }
};

/// A variable of the environment; null where it isn't set.
using Variable = std::function<const char*(const char*)>;

/// From what Open MPI, MPICH and Intel's MPI, and Slurm's srun say.
/// @throws InputError for a value that is no number, or a rank that isn't below its count
Rank rank_of(const Variable& variable);

/// This process's.
Rank this_rank();

/// Threads that a process trains on where it isn't said: its share of the machine's cores, and no
/// more than it may use.
/// @param machine  cores that the machine has
/// @param usable   cores that this process may run on
int default_threads(const Rank& rank, int machine, int usable);

/// The GPU of the process among `gpus` that it sees, by number.
int gpu_of(const Rank& rank, int gpus);

}  // namespace manygpcm::cli
