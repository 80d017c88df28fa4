// Attention's bound on the answers of one learner.
#include "manygpcm/engine/sequence_limit.h"

#include <gtest/gtest.h>

#include "engine/expect_input_error.h"

namespace manygpcm {
namespace {

Dataset with_lengths(std::size_t train, std::size_t test) {
    const auto learner = [](const char* id, std::size_t n) {
        return Learner{id, std::vector<std::int32_t>(n), std::vector<std::int32_t>(n)};
    };
    Dataset dataset;
    dataset.train = {learner("ann", 3), learner("bob", train)};
    dataset.test = {learner("cleo", test)};
    return dataset;
}

TEST(SequenceLimit, IsOfModelsWithAttention) {
    expect_input_error(
        [] { check_lengths(with_lengths(7, 20'001), parse_model("attn_gpcm_learn"), "d.csv"); },
        {"d.csv: learner 'cleo' has 20001 answers, and the time that attn_gpcm_learn takes grows "
         "with the square of them; expected at most 20000: leave older ones out, or take "
         "deep_gpcm"});
    EXPECT_FALSE(check_lengths(with_lengths(7, 20'001), parse_model("deep_gpcm"), "d.csv"));
}

TEST(SequenceLimit, IsAnnouncedBeforeItIsReached) {
    EXPECT_EQ(check_lengths(with_lengths(20'000, 9), parse_model("attn_gpcm_linear"), "d"),
              "d: learner 'bob' has 20000 answers, and the time that attn_gpcm_linear takes grows "
              "with the square of them");
    EXPECT_FALSE(check_lengths(with_lengths(5'000, 9), parse_model("attn_gpcm_linear"), "d"));
}

}  // namespace
}  // namespace manygpcm
