// What a profile of training says of its operations.
#include "manygpcm/engine/profile.h"

#include <gtest/gtest.h>

#include "engine/data/random_learners.h"
#include "engine/small_hyperparameters.h"
#include "manygpcm/engine/numbers_from.h"

namespace manygpcm {
namespace {

TEST(Profile, HasEveryOperationOfTheCountedEpochs) {
    const std::vector<Learner> learners = learners_of_lengths({7, 20, 1, 13, 9}, 12, 3);
    ReplicaSpec spec{.hyperparameters = small_hyperparameters(parse_model("deep_gpcm")),
                     .train = numbers_from(0, 5),
                     .validation = {}};
    spec.hyperparameters.batch_size = 2;
    const int epochs = 2, batches = 3;
    const TrainingProfile profile = profile_training({learners, 12, 3}, spec, epochs);
    EXPECT_EQ(profile.responses, epochs * 50);
    EXPECT_GT(profile.arena_bytes, 0u);
    double booked = 0;
    int scans = 0;
    for (std::size_t i = 0; i < profile.operations.size(); ++i) {
        const OperationProfile& operation = profile.operations[i];
        SCOPED_TRACE(operation.name);
        EXPECT_GT(operation.bytes, 0);
        booked += operation.seconds;
        if (i > 0) {
            EXPECT_LE(operation.seconds, profile.operations[i - 1].seconds);
        }
        if (!operation.name.starts_with("memory_scan_")) continue;
        ++scans;
        EXPECT_EQ(operation.calls, epochs * batches);
    }
    EXPECT_EQ(scans, 2);
    EXPECT_LE(booked, profile.seconds);
}

TEST(Profile, OfSeveralIsTheirSum) {
    TrainingProfile sum;
    sum.add({.operations = {{.name = "a", .calls = 2, .seconds = 3, .operations = 4, .bytes = 5}},
             .seconds = 3.5,
             .responses = 7,
             .parameters = 9,
             .arena_bytes = 10},
            1);
    sum.add({.operations = {{.name = "a", .calls = 1, .seconds = 1, .functions = 2, .bytes = 1},
                            {.name = "b", .calls = 1, .seconds = 2}},
             .seconds = 4,
             .responses = 1,
             .parameters = 5,
             .arena_bytes = 20},
            4);
    ASSERT_EQ(sum.operations.size(), 2u);
    EXPECT_EQ(sum.operations[0].name, "b");  // 8 seconds against 7
    const OperationProfile& a = sum.operations[1];
    EXPECT_EQ(a.calls, 6);
    EXPECT_EQ(a.seconds, 7);
    EXPECT_EQ(a.operations, 4);
    EXPECT_EQ(a.functions, 8);
    EXPECT_EQ(a.bytes, 9);
    EXPECT_EQ(sum.seconds, 19.5);
    EXPECT_EQ(sum.responses, 11);
    EXPECT_EQ(sum.parameters, 9u);
    EXPECT_EQ(sum.arena_bytes, 20u);
}

}  // namespace
}  // namespace manygpcm
