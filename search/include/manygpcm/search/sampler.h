// Ask a sampler for points, tell it their scores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "manygpcm/engine/random.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// A point's score (higher is better; NaN: the trial failed) after some epochs. A trial may be told
/// of more than once, as it goes on.
struct Observation {
    Point point;
    double score = 0;
    int epochs = 1;
};

/// Chooses points. What is asked next depends on the space, the seed, the points asked so far and
/// what was told of them in which order, on nothing else.
class Sampler {
  public:
    /// @param first  what is asked before anything else
    Sampler(Space space, std::uint64_t seed, std::vector<Point> first);
    virtual ~Sampler() = default;

    /// The next `n` points, all feasible and settled. Points asked before and not yet told of are
    /// pending: the sampler knows that they are being tried.
    /// @throws InputError where chance finds no feasible point.
    std::vector<Point> ask(int n);

    /// The point that ask() would give next. To be followed by adopt(), of it or of another.
    Point next_point();

    /// What chooses the point that next_point() gives; none where the sampler doesn't say.
    std::optional<Origin> next_origin() const;

    void tell(const Observation& observation);

    /// Takes a point as asked by this sampler: one on the study's record.
    void adopt(const Point& point);

  protected:
    /// The point with number asked().size(), which becomes the next of asked(), beyond first().
    /// `random` is its own.
    virtual Point propose(RandomStream random) = 0;
    /// What chooses it; none where that isn't known.
    virtual std::optional<Origin> proposed_by() const { return std::nullopt; }

    /// Whether the next point is to be drawn by chance, whatever was learnt: where trials are told
    /// of after different epochs, every third (Falkner et al.: "BOHB", ICML 2018). What does well
    /// after few of them may end behind, and a sampler that goes by them alone never sees what
    /// would end in front.
    bool by_chance() const;

    const Space& space() const { return space_; }
    std::uint64_t seed() const { return seed_; }
    const std::vector<Point>& first() const { return first_; }
    const std::vector<Point>& asked() const { return asked_; }
    const std::set<Point>& ever_asked() const { return ever_asked_; }  ///< the same, in no order
    const std::vector<Point>& pending() const { return pending_; }
    const std::vector<Observation>& told() const { return told_; }

  private:
    Space space_;
    std::uint64_t seed_;
    std::vector<Point> first_, asked_, pending_;
    std::set<Point> ever_asked_;
    std::vector<Observation> told_;
    bool several_epochs_ = false;  // of those told
};

/// The names that make_sampler knows.
std::span<const std::string_view> sampler_names();

/// How many points it asks, at least, before what it asks depends on what it was told; none where
/// it never does, or isn't one of these.
std::optional<int> points_before_learning(std::string_view name);

/// Makes a sampler that asks `first` before any points of its own.
using SamplerMaker = std::function<std::unique_ptr<Sampler>(const Space& space, std::uint64_t seed,
                                                            const std::vector<Point>& first)>;

/// What trying a point takes, in any unit, above 0.
using PointCost = std::function<double(const Point&)>;

/// A sampler by name (docs/search.md).
/// @param first  the points that it asks before any of its own
/// @param cost  for a sampler that weighs gains against it; empty: all points cost the same
/// @throws InputError for an unknown name.
std::unique_ptr<Sampler> make_sampler(std::string_view name, const Space& space, std::uint64_t seed,
                                      const std::vector<Point>& first = {},
                                      const PointCost& cost = {});

}  // namespace manygpcm::search
