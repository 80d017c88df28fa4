// What a tape refuses: tensors whose gradient nobody would write.
#include "model/tape.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace manygpcm {
namespace {

class TapeRefuses : public testing::TestWithParam<bool> {
  protected:
    Tape tape_{kernels::cpu_backend(), 1, {.sequences = 1, .steps = 4}, 3, 2, GetParam()};
};

TEST_P(TapeRefuses, ATensorThatNobodyReads) {
    const Tensor first = tape_.add_tensor(RowKind::steps, 2);
    tape_.record({});
    tape_.read(first);
    tape_.add_values(RowKind::steps, 2);
    tape_.record({});
    EXPECT_NO_THROW(tape_.lay_out());
    tape_.add_tensor(RowKind::steps, 2);
    EXPECT_THROW(tape_.lay_out(), std::logic_error);
}

TEST_P(TapeRefuses, TheGradientOfWhatHasNone) {
    const Tensor values = tape_.add_values(RowKind::steps, 2);
    tape_.lay_out();
    EXPECT_THROW(tape_.gradient(values), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(Training, TapeRefuses, testing::Bool());

}  // namespace
}  // namespace manygpcm
