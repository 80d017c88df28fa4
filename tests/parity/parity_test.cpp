// That the cases themselves are sound: what they compare depends on nothing but the backend.
#include "manygpcm/kernels/checks/parity.h"

#include <gtest/gtest.h>

#include "case_names.h"

namespace manygpcm::kernels::checks {
namespace {

class ParityCases : public testing::TestWithParam<Case> {};

TEST_P(ParityCases, AreTheSameOnTheSameBackend) {
    const Result result = compare(GetParam(), cpu_backend(), cpu_backend());
    for (const Comparison& comparison : result.comparisons)
        EXPECT_EQ(comparison.error, 0) << comparison.array;
}

INSTANTIATE_TEST_SUITE_P(All, ParityCases, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace manygpcm::kernels::checks
