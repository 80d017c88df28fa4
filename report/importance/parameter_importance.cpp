// Which parameters the scores depend on, as fANOVA, PED-ANOVA and a forest's impurity see it.
#include "importance/parameter_importance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "importance/fanova.h"
#include "importance/ped_anova.h"
#include "importance/random_forest.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/search/unit_cube.h"

namespace manygpcm::report {
namespace {

constexpr int n_trees = 100;
// Each resample gets a smaller forest: its own chance makes the intervals a little wider.
constexpr int resamples = 100, trees_per_resample = 25;
constexpr std::size_t listed_pairs = 10, contour_parameters = 4;
constexpr int slice_values = 25;
// A discrete parameter of more levels is looked at as a continuous one.
constexpr double most_levels = 50;

int levels_of(const search::Parameter& parameter) {
    const double levels = search::n_levels(parameter);
    return parameter.ordered() && levels > most_levels ? 0 : static_cast<int>(levels);
}

// Keeps these random numbers apart from the resamples'.
constexpr std::uint64_t unsearched_stream = 1000;

using Parameters = std::vector<const search::Parameter*>;

// By chance, where values of the parameter lie.
double any_place(const search::Parameter& parameter, RandomStream& random) {
    return search::unit_of(parameter, search::value_at(parameter, random.uniform()));
}

/// Those whose values differ between two points that search them, and the names of the others.
std::pair<Parameters, std::vector<std::string>> varied(const search::Space& space,
                                                       std::span<const search::Point> points) {
    Parameters of;
    std::vector<std::string> others;
    for (const search::Parameter& parameter : space.parameters()) {
        std::optional<double> first;
        const bool differs = std::ranges::any_of(points, [&](const search::Point& point) {
            if (!space.active(parameter, point)) return false;
            const double value = point.at(parameter.name);
            if (!first) first = value;
            return value != *first;
        });
        if (differs)
            of.push_back(&parameter);
        else
            others.push_back(parameter.name);
    }
    return {of, others};
}

// The trials in the unit cube of the parameters that varied.
struct Cube {
    std::vector<std::vector<double>> features;  // [parameter][trial]
    std::vector<Coordinate> coordinates;        // the same for PED-ANOVA

    /// A parameter that wasn't searched at a point had no effect there: with any value the score
    /// would have been the same, so it gets one by chance. One value for all would stand for what
    /// the other parameters of such points are worth.
    Cube(const search::Space& space, const Parameters& parameters,
         std::span<const search::Point> points, std::uint64_t seed) {
        const std::size_t d = parameters.size();
        features.resize(d);
        RandomStream random(seed, RandomUse::bootstrap, stream_id({unsearched_stream}));
        for (const search::Point& point : points) {
            for (std::size_t f = 0; f < d; ++f) {
                const search::Parameter& parameter = *parameters[f];
                features[f].push_back(space.active(parameter, point)
                                          ? search::unit_of(parameter, point.at(parameter.name))
                                          : any_place(parameter, random));
            }
        }
        for (std::size_t f = 0; f < d; ++f) {
            const search::Parameter& parameter = *parameters[f];
            coordinates.push_back({.values = features[f],
                                   .levels = levels_of(parameter),
                                   .ordered = parameter.ordered()});
        }
    }
};

using Pair = std::pair<std::size_t, std::size_t>;

// Everything that the bootstrap repeats.
struct Figures {
    std::vector<double> main, total, ped, impurity;  // [parameter]
    std::map<Pair, double> pairs;

    Figures(const Cube& cube, std::span<const double> scores, std::span<const int> samples,
            const Forest& forest, const LeafBoxes& boxes) {
        Fanova variance = boxes.fanova();
        main = total = std::move(variance.main);
        pairs = std::move(variance.pairs);
        for (const auto& [pair, share] : pairs) {
            total[pair.first] += share;
            total[pair.second] += share;
        }
        impurity = forest.impurity;
        ped = ped_anova(cube.coordinates, scores, samples);
    }
};

// Means and squared deviations of the resamples' figures (Welford 1962).
class Spread {
  public:
    explicit Spread(std::size_t n) : mean_(n, 0), squares_(n, 0) {}
    void add(const std::vector<double>& values) {
        ++n_;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double before = values[i] - mean_[i];
            mean_[i] += before / n_;
            squares_[i] += before * (values[i] - mean_[i]);
        }
    }
    Estimate around(double value, std::size_t i) const {
        const double half = 1.96 * std::sqrt(squares_[i] / (n_ - 1));
        return {value, std::clamp(value - half, 0.0, 1.0), std::clamp(value + half, 0.0, 1.0)};
    }

  private:
    double n_ = 0;
    std::vector<double> mean_, squares_;
};

struct Spreads {
    Spread main, total, ped, impurity;
    Spread pairs;  // of those listed

    Spreads(const Cube& cube, const ForestGrower& grower, std::span<const double> scores,
            std::span<const Pair> listed, std::uint64_t seed, StopFlag stop,
            const WorkObserver& observer)
        : main(cube.features.size()),
          total(cube.features.size()),
          ped(cube.features.size()),
          impurity(cube.features.size()),
          pairs(listed.size()) {
        std::vector<int> samples(scores.size());
        for (int resample = 1; resample <= resamples; ++resample) {
            throw_if_set(stop);
            if (observer) observer(static_cast<double>(resample - 1) / resamples);
            const auto stream = static_cast<std::uint64_t>(resample);
            RandomStream random(seed, RandomUse::bootstrap, stream);
            for (int& sample : samples)
                sample = static_cast<int>(random.below(scores.size()));
            const Forest forest = grower.grow(samples, trees_per_resample, seed, stream);
            const Figures figures(cube, scores, samples, forest,
                                  LeafBoxes(forest, cube.features.size()));
            main.add(figures.main);
            total.add(figures.total);
            ped.add(figures.ped);
            impurity.add(figures.impurity);
            std::vector<double> of_pairs;
            for (const Pair& pair : listed) {
                const auto found = figures.pairs.find(pair);
                of_pairs.push_back(found == figures.pairs.end() ? 0 : found->second);
            }
            pairs.add(of_pairs);
        }
    }
};

// Where a parameter's slice is looked at, in the unit interval: every level, or evenly.
std::vector<double> places(const search::Parameter& parameter) {
    const int levels = levels_of(parameter);
    const bool few = levels > 0 && levels <= slice_values;
    std::vector<double> u;
    for (int i = 0; i < (few ? levels : slice_values); ++i)
        u.push_back(few ? (i + 0.5) / levels : i / (slice_values - 1.0));
    // Cells of a logarithm aren't equally wide.
    if (parameter.kind == search::Parameter::Kind::integer && parameter.log && few)
        for (int i = 0; i < levels; ++i)
            u[static_cast<std::size_t>(i)] = search::unit_of(parameter, parameter.low + i);
    return u;
}

std::vector<double> values_at(const search::Parameter& parameter, const std::vector<double>& u) {
    std::vector<double> values;
    for (const double place : u)
        values.push_back(search::value_at(parameter, place));
    return values;
}

std::vector<Slice> slices_of(const Parameters& parameters, const LeafBoxes& boxes) {
    std::vector<Slice> slices;
    for (std::size_t f = 0; f < parameters.size(); ++f) {
        const search::Parameter& parameter = *parameters[f];
        const std::vector<double> u = places(parameter);
        slices.push_back({parameter.name, values_at(parameter, u), boxes.marginal(f, u)});
    }
    return slices;
}

std::vector<Contour> contours_of(const Parameters& parameters, const LeafBoxes& boxes,
                                 std::span<const std::size_t> by_importance) {
    std::vector<Contour> contours;
    const std::size_t n = std::min(contour_parameters, by_importance.size());
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) {
            const search::Parameter& x = *parameters[by_importance[i]];
            const search::Parameter& y = *parameters[by_importance[j]];
            const std::vector<double> u = places(x), v = places(y);
            contours.push_back({x.name, y.name, values_at(x, u), values_at(y, v),
                                boxes.marginal(by_importance[i], by_importance[j], u, v)});
        }
    }
    return contours;
}

// The largest pairs, those filled up that no tree has.
std::vector<Pair> largest_pairs(const Figures& figures, std::size_t n_parameters) {
    std::vector<std::pair<double, Pair>> ranked;
    for (const auto& [pair, share] : figures.pairs)
        ranked.emplace_back(share, pair);
    for (std::size_t second = 1; second < n_parameters; ++second)
        for (std::size_t first = 0;
             first < second && ranked.size() < figures.pairs.size() + listed_pairs; ++first)
            if (!figures.pairs.contains({first, second}))
                ranked.emplace_back(0, Pair(first, second));
    std::ranges::stable_sort(ranked, std::greater(), &std::pair<double, Pair>::first);
    ranked.resize(std::min(ranked.size(), listed_pairs));
    std::vector<Pair> pairs;
    for (const auto& [share, pair] : ranked)
        pairs.push_back(pair);
    return pairs;
}

// Higher is better, and the largest is between 1/2 and 1: the scale of scores tells nothing, but
// squares of the largest overflow and of the smallest vanish. Powers of two round nothing.
struct Oriented {
    std::vector<double> scores;
    double unit = 1;  // in which they are

    Oriented(std::span<const double> recorded, bool minimize) {
        double largest = 0;
        for (const double score : recorded)
            largest = std::max(largest, std::abs(score));
        int exponent = 0;
        std::frexp(largest, &exponent);
        unit = std::ldexp(minimize ? -1 : 1, exponent);
        for (const double score : recorded)
            scores.push_back(score / unit);
    }
};

}  // namespace

Importances importances(const search::Space& space, std::span<const search::Point> points,
                        std::span<const double> recorded, std::uint64_t seed, bool minimize,
                        StopFlag stop, const WorkObserver& observer) {
    if (points.size() < fewest_for_importance) return {};
    const auto [parameters, unvaried] = varied(space, points);
    const std::size_t d = parameters.size();
    if (d == 0) return {};
    const Cube cube(space, parameters, points, seed);
    const auto [scores, unit] = Oriented(recorded, minimize);
    std::vector<int> samples(points.size());
    std::iota(samples.begin(), samples.end(), 0);
    const ForestGrower grower(cube.features, scores);
    const Forest forest = grower.grow(samples, n_trees, seed);
    // Equal scores everywhere, or equal points: nothing is of importance.
    if (std::ranges::all_of(forest.impurity, [](double share) { return share == 0; })) return {};
    const LeafBoxes boxes(forest, d);
    const Figures figures(cube, scores, samples, forest, boxes);
    const std::vector<Pair> listed = largest_pairs(figures, d);
    const Spreads spreads(cube, grower, scores, listed, seed, stop, observer);

    std::vector<std::size_t> order(d);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return figures.main[a] > figures.main[b]; });
    Importances result;
    result.unvaried = unvaried;
    for (const std::size_t f : order) {
        const search::Parameter& parameter = *parameters[f];
        const auto has_it = [&](const search::Point& point) {
            return space.active(parameter, point);
        };
        result.parameters.push_back(
            {parameter.name, static_cast<int>(std::ranges::count_if(points, has_it)),
             spreads.main.around(figures.main[f], f), spreads.total.around(figures.total[f], f),
             spreads.ped.around(figures.ped[f], f),
             spreads.impurity.around(figures.impurity[f], f)});
    }
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const auto found = figures.pairs.find(listed[i]);
        const double share = found == figures.pairs.end() ? 0 : found->second;
        result.pairs.push_back({parameters[listed[i].first]->name,
                                parameters[listed[i].second]->name,
                                spreads.pairs.around(share, i)});
    }
    for (const auto& [pair, share] : figures.pairs)
        result.all_pairs += share;
    result.higher_order =
        1 - std::accumulate(figures.main.begin(), figures.main.end(), 0.0) - result.all_pairs;
    result.slices = slices_of(parameters, boxes);
    result.contours = contours_of(parameters, boxes, order);
    for (Slice& slice : result.slices)
        for (double& score : slice.scores)
            score *= unit;
    for (Contour& contour : result.contours)
        for (std::vector<double>& row : contour.scores)
            for (double& score : row)
                score *= unit;
    return result;
}

}  // namespace manygpcm::report
