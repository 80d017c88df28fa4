// What all samplers keep: points asked, pending and told; and samplers by name.
#include "manygpcm/search/sampler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manygpcm/engine/error.h"
#include "samplers/gp_sampler.h"
#include "samplers/random_sampler.h"
#include "samplers/sobol_sampler.h"
#include "samplers/tpe_sampler.h"

namespace manygpcm::search {
namespace {

// Keeps the points' streams of random numbers apart from a sampler's others.
constexpr std::uint64_t point_stream = 0;

struct Entry {
    std::string_view name;
    std::optional<int> before_learning;
    std::unique_ptr<Sampler> (*make)(const Space& space, std::uint64_t seed,
                                     const std::vector<Point>& first, const PointCost& cost);
};

template <class S>
std::unique_ptr<Sampler> make(const Space& space, std::uint64_t seed,
                              const std::vector<Point>& first, const PointCost& /*cost*/) {
    return std::make_unique<S>(space, seed, first);
}

std::unique_ptr<Sampler> make_gp_by_cost(const Space& space, std::uint64_t seed,
                                         const std::vector<Point>& first, const PointCost& cost) {
    return std::make_unique<GpSampler>(space, seed, first, cost);
}

constexpr std::array samplers = {
    Entry{"random", std::nullopt, make<RandomSampler>},
    Entry{"sobol", std::nullopt, make<SobolSampler>},
    Entry{"tpe", TpeSampler::n_startup, make<TpeSampler>},
    Entry{"gp", GpSampler::n_startup, make<GpSampler>},
    Entry{"gp_per_second", GpSampler::n_startup, make_gp_by_cost},
};

/// Null where there is none.
const Entry* find_entry(std::string_view name) {
    const auto entry = std::ranges::find(samplers, name, &Entry::name);
    return entry == samplers.end() ? nullptr : &*entry;
}

}  // namespace

Sampler::Sampler(Space space, std::uint64_t seed, std::vector<Point> first)
    : space_(std::move(space)), seed_(seed), first_(std::move(first)) {}

std::vector<Point> Sampler::ask(int n) {
    std::vector<Point> points;
    for (int i = 0; i < n; ++i) {
        points.push_back(next_point());
        adopt(points.back());
    }
    return points;
}

Point Sampler::next_point() {
    if (asked_.size() < first_.size()) return first_[asked_.size()];
    // A stream of each point's own: a point depends on how many were asked before, not on how much
    // chance they took.
    return propose(
        RandomStream(seed_, RandomUse::sampler, stream_id({point_stream, asked_.size()})));
}

std::optional<Origin> Sampler::next_origin() const {
    return asked_.size() < first_.size() ? Origin::given : proposed_by();
}

void Sampler::tell(const Observation& observation) {
    if (const auto found = std::ranges::find(pending_, observation.point); found != pending_.end())
        pending_.erase(found);
    several_epochs_ |= !told_.empty() && told_.front().epochs != observation.epochs;
    told_.push_back(observation);
}

bool Sampler::by_chance() const {
    constexpr std::size_t every = 3;
    return several_epochs_ && asked_.size() % every == 0;
}

void Sampler::adopt(const Point& point) {
    asked_.push_back(point);
    ever_asked_.insert(point);
    pending_.push_back(point);
}

std::span<const std::string_view> sampler_names() {
    static const auto names = [] {
        std::array<std::string_view, samplers.size()> result;
        std::ranges::transform(samplers, result.begin(), &Entry::name);
        return result;
    }();
    return names;
}

std::optional<int> points_before_learning(std::string_view name) {
    const Entry* entry = find_entry(name);
    return entry ? entry->before_learning : std::nullopt;
}

std::unique_ptr<Sampler> make_sampler(std::string_view name, const Space& space, std::uint64_t seed,
                                      const std::vector<Point>& first, const PointCost& cost) {
    const Entry* entry = find_entry(name);
    if (entry == nullptr)
        throw InputError(fmt::format("sampler '{}' is unknown: expected {}", name,
                                     fmt::join(sampler_names(), ", ")));
    return entry->make(space, seed, first, cost);
}

}  // namespace manygpcm::search
