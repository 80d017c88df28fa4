// What commands check beside their options.
#include "checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"

namespace manygpcm::cli {

namespace fs = std::filesystem;

void expect_writable_apart_from(const std::vector<fs::path>& inputs, const fs::path& out) {
    for (const fs::path& input : inputs) {
        std::error_code absent;  // an output that doesn't exist yet is nobody's equal
        if (fs::equivalent(input, out, absent))
            throw InputError(fmt::format("--out {}: is the input {}; expected another file",
                                         out.string(), input.string()));
    }
    ensure_writable_file(out);
}

void expect_trained(const std::vector<EpochResult>& epochs) {
    const EpochResult& last = epochs.back();
    if (!std::isfinite(last.train_loss))
        throw std::runtime_error(
            fmt::format("training failed: all {} steps of epoch {} were skipped, as loss or "
                        "gradient wasn't finite; expected some to count (a lower lr may help)",
                        last.skipped_steps, last.epoch));
    if (!std::isfinite(last.validation.cross_entropy))
        throw std::runtime_error(
            fmt::format("training failed: what the model predicts after epoch {} isn't finite (a "
                        "lower lr may help)",
                        last.epoch));
}

void expect_success(const Study& study, const fs::path& record) {
    if (study.best() != nullptr) return;
    const auto diverged = std::ranges::count_if(study.trials, [](const Trial& trial) {
        return std::ranges::any_of(trial.folds, [](const auto& fold) {
            return !fold.empty() && !std::isfinite(fold.back().train_loss);
        });
    });
    int skipped_steps = 0;
    for (const Trial& trial : study.trials)
        skipped_steps += trial.skipped_steps();
    std::string why;
    if (diverged > 0)
        why += fmt::format(
            "; {} took no step in a fold's last epoch, as loss or gradient wasn't finite ({} steps "
            "were skipped): a --space of lower lr may help",
            diverged, skipped_steps);
    const auto others = std::ssize(study.trials) - diverged;
    if (others > 0)
        why += fmt::format("; {} ended before all folds and epochs, or without a score", others);
    throw std::runtime_error(fmt::format("no trial of {} succeeded{}; {} has the record of each",
                                         study.trials.size(), why, record.string()));
}

}  // namespace manygpcm::cli
