#include "sweep/chosen_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "manygpcm/engine/error.h"
#include "manygpcm/search/scheduler.h"

namespace manygpcm::search {
namespace {

/// What is the host's own goes by a name of its own: another process takes ours for ours.
void expect_own_name(std::string_view what, const std::string& name,
                     std::span<const std::string_view> ours) {
    if (name.empty() || std::ranges::find(ours, name) != ours.end())
        throw InputError(
            fmt::format("{} '{}': is not a name for one of your own; expected one beside {}", what,
                        name, fmt::join(ours, ", ")));
}

}  // namespace

std::unique_ptr<Sampler> sampler_of(const SweepConfig& config, const Settings& settings,
                                    const PointCost& cost) {
    if (!config.own_sampler)
        return make_sampler(settings.sampler, settings.space, settings.seed,
                            settings.first_points(), cost);
    expect_own_name("sampler", settings.sampler, sampler_names());
    auto sampler = config.own_sampler(settings.space, settings.seed, settings.first_points());
    if (!sampler)
        throw InputError(
            fmt::format("sampler '{}': its maker made none; expected one", settings.sampler));
    return sampler;
}

std::vector<int> rungs_of(const SweepConfig& config) {
    if (!config.own_rungs) return rungs_of(config.scheduler, config.epochs);
    expect_own_name("scheduler", config.scheduler, scheduler_names());
    std::vector<int> rungs = config.own_rungs(config.epochs);
    if (rungs.empty() || rungs.front() < 1 || rungs.back() != config.epochs ||
        std::ranges::adjacent_find(rungs, std::greater_equal<>()) != rungs.end())
        throw InputError(fmt::format(
            "scheduler '{}': rungs {}; expected epochs that ascend from 1 or more to {}",
            config.scheduler, fmt::join(rungs, ", "), config.epochs));
    return rungs;
}

}  // namespace manygpcm::search
