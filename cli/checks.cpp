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
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm::cli {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t most_reasons = 3;  // in one line

void expect_writable_apart_from(const std::vector<fs::path>& inputs, const fs::path& out,
                                std::string_view option) {
    for (const fs::path& input : inputs)
        if (is_same_file(input, out))
            throw InputError(fmt::format("{} {}: is the input {}; expected another file", option,
                                         out.string(), input.string()));
    ensure_writable_file(out);
}

bool is_same_file(const fs::path& a, const fs::path& b) {
    if (a == b) return true;  // what isn't a file, such as a pipe, isn't compared below
    std::error_code error;    // of a file that doesn't exist yet, or has no name any more
    if (fs::equivalent(a, b, error)) return true;
    // Absolute first: of what doesn't exist at all it would leave relative paths relative.
    const fs::path first = fs::weakly_canonical(fs::absolute(a, error), error);
    return !error && first == fs::weakly_canonical(fs::absolute(b, error), error) && !error;
}

void expect_no_directory(const fs::path& path, std::string_view expected) {
    std::error_code error;
    if (fs::is_directory(path, error))
        throw InputError(fmt::format("{}: is a directory; expected {}", path.string(), expected));
}

void expect_folds(const std::string& data, std::size_t n_learners, int n_folds) {
    try {
        manygpcm::expect_folds(static_cast<int>(n_learners), n_folds);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", data, error.what()));
    }
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
    std::ptrdiff_t told = 0;
    for (const auto& [reason, trials] : failed) {
        if (++told > most_reasons) {
            why +=
                fmt::format("; and {}", counted(std::ssize(failed) - most_reasons, "more reason"));
            break;
        }
        why += fmt::format("; {} failed: {}",
                           trials.size() == 1 ? fmt::format("trial {}", trials.front())
                                              : counted(std::ssize(trials), "trial"),
                           reason);
    }
    if (others > 0)
        why += fmt::format("; {} ended before all folds and epochs, or without a score", others);
    throw std::runtime_error(fmt::format("no trial of {} succeeded{}; {} has the record of each",
                                         study.trials.size(), why, record.string()));
}

}  // namespace manygpcm::cli
