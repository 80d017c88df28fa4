// What commands check beside their options.
#include "checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"

namespace manygpcm::cli {

namespace fs = std::filesystem;

constexpr std::size_t most_reasons = 3;  // in one line

void expect_writable_apart_from(const std::vector<fs::path>& inputs, const fs::path& out,
                                std::string_view option) {
    for (const fs::path& input : inputs) {
        std::error_code absent;  // an output that doesn't exist yet is nobody's equal
        if (fs::equivalent(input, out, absent))
            throw InputError(fmt::format("{} {}: is the input {}; expected another file", option,
                                         out.string(), input.string()));
    }
    ensure_writable_file(out);
}

void expect_success(const search::Study& study, const fs::path& record) {
    if (study.best() != nullptr) return;
    std::map<std::string, std::vector<int>> failed;  // by why; numbers of trials
    std::int64_t others = 0;
    for (const search::Trial& trial : study.trials)
        if (trial.state == search::TrialState::failed)
            failed[trial.failure.empty() ? trial.why_failed() : trial.failure].push_back(
                trial.number + 1);
        else
            ++others;
    std::string why;
    std::size_t told = 0;
    for (const auto& [reason, trials] : failed) {
        if (++told > most_reasons) {
            why += fmt::format("; and {} more reasons", failed.size() - most_reasons);
            break;
        }
        why += fmt::format("; {} failed: {}",
                           trials.size() == 1 ? fmt::format("trial {}", trials.front())
                                              : fmt::format("{} trials", trials.size()),
                           reason);
    }
    if (others > 0)
        why += fmt::format("; {} ended before all folds and epochs, or without a score", others);
    throw std::runtime_error(fmt::format("no trial of {} succeeded{}; {} has the record of each",
                                         study.trials.size(), why, record.string()));
}

}  // namespace manygpcm::cli
