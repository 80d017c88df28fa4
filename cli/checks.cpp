// What commands check beside their options.
#include "checks.h"

#include <fmt/format.h>

#include <cmath>
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
}

}  // namespace manygpcm::cli
