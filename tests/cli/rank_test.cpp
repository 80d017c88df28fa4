// What launchers of parallel jobs say of a process.
#include "rank.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "manygpcm/engine/error.h"

namespace manygpcm::cli {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Rank rank_in(const std::map<std::string, std::string>& environment) {
    return rank_of([&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    });
}

TEST(Rank, IsAloneWhereNobodySaysOtherwise) {
    const Rank rank = rank_in({});
    EXPECT_TRUE(rank.speaks());
    EXPECT_EQ(rank.workers(), 1);
    // The script of a Slurm job, which no srun started.
    EXPECT_EQ(rank_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}).workers(), 1);
}

TEST(Rank, IsWhatTheLauncherSays) {
    const Rank open_mpi = rank_in({{"OMPI_COMM_WORLD_RANK", "5"},
                                   {"OMPI_COMM_WORLD_SIZE", "8"},
                                   {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                   {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                                   {"SLURM_PROCID", "0"},
                                   {"SLURM_STEP_NUM_TASKS", "2"}});
    EXPECT_FALSE(open_mpi.speaks());
    EXPECT_EQ(open_mpi.workers(), 8);
    EXPECT_EQ(open_mpi.local, 1);
    EXPECT_EQ(open_mpi.local_count, 4);
    const Rank mpich = rank_in({{"PMI_RANK", "0"}, {"PMI_SIZE", "3"}, {"MPI_LOCALRANKID", "0"}});
    EXPECT_TRUE(mpich.speaks());
    EXPECT_EQ(mpich.workers(), 3);
    const Rank slurm = rank_in({{"SLURM_PROCID", "7"},
                                {"SLURM_STEP_NUM_TASKS", "16"},
                                {"SLURM_LOCALID", "3"},
                                {"SLURM_ARRAY_TASK_COUNT", "2"}});
    EXPECT_EQ(slurm.workers(), 32);
    EXPECT_EQ(slurm.local, 3);
}

TEST(Rank, RefusesWhatCannotBe) {
    EXPECT_THAT(
        [] {
            rank_in({{"PMI_RANK", "one"}, {"PMI_SIZE", "2"}});
        },
        ThrowsMessage<InputError>(HasSubstr("PMI_RANK=one in the environment: expected a")));
    EXPECT_THAT(
        [] {
            rank_in({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}});
        },
        ThrowsMessage<InputError>(HasSubstr("PMI_RANK=2 in the environment: expected less "
                                            "than PMI_SIZE=2")));
    EXPECT_THAT(
        [] {
            rank_in({{"SLURM_ARRAY_TASK_COUNT", "0"}});
        },
        ThrowsMessage<InputError>(HasSubstr("SLURM_ARRAY_TASK_COUNT=0")));
}

TEST(Rank, SharesAMachinesCores) {
    const Rank alone, one_of_four{.number = 1, .count = 8, .local = 1, .local_count = 4};
    EXPECT_EQ(default_threads(alone, 32, 32), 32);
    EXPECT_EQ(default_threads(alone, 32, 3), 3);         // by taskset or a container
    EXPECT_EQ(default_threads(one_of_four, 32, 32), 8);  // bound to nothing
    EXPECT_EQ(default_threads(one_of_four, 32, 16), 8);  // to a socket that another has, too
    EXPECT_EQ(default_threads(one_of_four, 32, 1), 1);   // to a core
    EXPECT_EQ(default_threads(one_of_four, 2, 2), 1);    // more processes than cores
}

TEST(Rank, TakesItsGpu) {
    const Rank third{.number = 6, .count = 8, .local = 2, .local_count = 4};
    EXPECT_EQ(gpu_of(third, 4), 2);
    EXPECT_EQ(gpu_of(third, 2), 0);  // shared
    EXPECT_EQ(gpu_of(third, 1), 0);  // the one that it sees
    EXPECT_EQ(gpu_of(Rank{}, 0), 0);
}

}  // namespace
}  // namespace manygpcm::cli
