#include "rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "manygpcm/engine/error.h"

namespace manygpcm::cli {
namespace {

constexpr int most_processes = 1'000'000;

/// The variables of one launcher; null: it has none for that.
struct Launcher {
    const char *number, *count, *local, *local_count;
};
constexpr std::array<Launcher, 3> launchers = {{
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    // Of a step: the script of a job has a rank, too, but is alone. srun binds its tasks to cores.
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", nullptr},
}};

std::optional<int> whole(const Variable& variable, const char* name, int least) {
    const char* text = name == nullptr ? nullptr : variable(name);
    if (text == nullptr) return std::nullopt;
    const std::string_view digits(text);
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < least ||
        value > most_processes)
        throw InputError(
            fmt::format("{}={} in the environment: expected a whole number from {} to {}", name,
                        text, least, most_processes));
    return value;
}

}  // namespace

Rank rank_of(const Variable& variable) {
    Rank rank;
    for (const Launcher& launcher : launchers) {
        const auto number = whole(variable, launcher.number, 0);
        const auto count = whole(variable, launcher.count, 1);
        if (!number || !count) continue;
        if (*number >= *count)
            throw InputError(fmt::format("{}={} in the environment: expected less than {}={}",
                                         launcher.number, *number, launcher.count, *count));
        rank.number = *number;
        rank.count = *count;
        rank.local = whole(variable, launcher.local, 0).value_or(0);
        rank.local_count = whole(variable, launcher.local_count, 1).value_or(1);
        break;
    }
    rank.arrays = whole(variable, "SLURM_ARRAY_TASK_COUNT", 1).value_or(1);
    return rank;
}

Rank this_rank() {
    return rank_of([](const char* name) { return std::getenv(name); });
}

int default_threads(const Rank& rank, int machine, int usable) {
    // A process that is bound to cores of its own may use less than the machine has; one that isn't
    // is among others.
    return std::max(1, std::min(usable, machine / rank.local_count));
}

int gpu_of(const Rank& rank, int gpus) {
    return gpus > 0 ? rank.local % gpus : 0;
}

}  // namespace manygpcm::cli
