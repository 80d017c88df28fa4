#include "manygpcm/engine/expect_trained.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "manygpcm/engine/shown.h"

namespace manygpcm {

void expect_trained(const std::vector<EpochResult>& epochs) {
    if (epochs.empty()) return;
    const EpochResult& last = epochs.back();
    if (!std::isfinite(last.train_loss))
        throw std::runtime_error(
            fmt::format("training failed: of {} in epoch {} none counted, as loss or gradient "
                        "wasn't finite; expected some to count (a lower lr may help)",
                        counted(last.skipped_steps, "step"), last.epoch));
    if (!std::isfinite(last.validation["cross_entropy"]))
        throw std::runtime_error(
            fmt::format("training failed: what the model predicts after epoch {} isn't finite (a "
                        "lower lr may help)",
                        last.epoch));
}

}  // namespace manygpcm
