// Points to and from the unit cube.
#include "manygpcm/search/unit_cube.h"

#include <gtest/gtest.h>

#include <map>

#include "manygpcm/engine/error.h"

namespace manygpcm::search {
namespace {

const Parameter lr{.name = "lr", .low = 1e-4, .high = 1e-2, .log = true, .choices = {}};
const Parameter cycles{
    .name = "n_cycles", .kind = Parameter::Kind::integer, .low = 1, .high = 4, .choices = {}};
const Parameter width{.name = "key_dim",
                      .kind = Parameter::Kind::integer,
                      .low = 8,
                      .high = 512,
                      .log = true,
                      .choices = {}};
const Parameter memory{
    .name = "memory_size", .kind = Parameter::Kind::choice, .choices = {20, 50, 100}};

TEST(UnitCube, SpansEveryParameterEvenly) {
    EXPECT_NEAR(value_at(lr, 0), 1e-4, 1e-15);
    EXPECT_NEAR(value_at(lr, 1), 1e-2, 1e-15);
    EXPECT_NEAR(value_at(lr, 0.5), 1e-3, 1e-15);
    for (const Parameter& parameter : {cycles, memory}) {
        constexpr int n = 1200;
        std::map<double, int> counts;
        for (int i = 0; i < n; ++i)
            ++counts[value_at(parameter, (i + 0.5) / n)];
        EXPECT_EQ(static_cast<int>(counts.size()), n_levels(parameter));
        for (const auto& [value, count] : counts)
            EXPECT_EQ(count, n / n_levels(parameter)) << parameter.name << ' ' << value;
    }
    EXPECT_EQ(value_at(width, 0), 8);
    EXPECT_EQ(value_at(width, 1), 512);
    EXPECT_EQ(value_at(memory, 1), 100);
}

TEST(UnitCube, RestoresEveryValue) {
    for (const Parameter& parameter : {cycles, width})
        for (double value = parameter.low; value <= parameter.high; ++value)
            EXPECT_EQ(value_at(parameter, unit_of(parameter, value)), value) << parameter.name;
    for (const double value : memory.choices)
        EXPECT_EQ(value_at(memory, unit_of(memory, value)), value);
    EXPECT_NEAR(value_at(lr, unit_of(lr, 0.0037)), 0.0037, 1e-15);
}

TEST(UnitCube, GivesUpOnASpaceWithoutFeasiblePoint) {
    const Space space({cycles}, {{"n_cycles", Constraint::Relation::at_most, "n_heads"}},
                      {{{"n_heads", 0}}});
    EXPECT_THROW(first_feasible(space, [] { return Point{{"n_cycles", 2}}; }), InputError);
}

}  // namespace
}  // namespace manygpcm::search
