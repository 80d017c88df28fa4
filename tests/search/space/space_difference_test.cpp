// What is said of a study that is gone on with over another space.
#include "space/space_difference.h"

#include <gtest/gtest.h>

#include "manygpcm/search/space.h"
#include "space/space_json.h"

namespace manygpcm::search {
namespace {

const Parameter lr = {.name = "lr", .low = 0.001, .high = 0.1, .log = true, .choices = {}};
const Parameter key_dim = {
    .name = "key_dim", .kind = Parameter::Kind::integer, .low = 4, .high = 8, .choices = {}};
const Parameter value_dim = {
    .name = "value_dim", .kind = Parameter::Kind::integer, .low = 4, .high = 8, .choices = {}};
const Constraint at_most = {"key_dim", Constraint::Relation::at_most, "value_dim"};

std::string between(const Space& before, const Space& now) {
    return space_difference(space_to_json(before), space_to_json(now));
}

TEST(SpaceDifference, NamesOnlyWhatDiffers) {
    Parameter other_lr = lr;
    other_lr.low = 0.01;
    EXPECT_EQ(between(Space({lr, key_dim}), Space({other_lr, key_dim})),
              "lr: low 0.01, before 0.001");
    other_lr.log = false;
    EXPECT_EQ(
        between(Space({lr, key_dim}, {at_most}), Space({other_lr, value_dim})),
        "lr: log false, before true, and low 0.01, before 0.001; searched now: value_dim; "
        "not searched any more: key_dim; constraints taken away: 'key_dim at_most value_dim'");
    EXPECT_EQ(between(Space({lr}), Space({lr}, {at_most})),
              "constraints added: 'key_dim at_most value_dim'");
    EXPECT_EQ(between(Space({lr, key_dim}), Space({key_dim, lr})),
              "the order of its parameters, or what isn't searched");
}

}  // namespace
}  // namespace manygpcm::search
