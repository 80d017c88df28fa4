// Which parameters the scores depend on, as fANOVA, PED-ANOVA and a forest's impurity see it.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "fanova.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/report/analysis.h"
#include "manygpcm/search/unit_cube.h"
#include "ped_anova.h"
#include "random_forest.h"

namespace manygpcm {
namespace {

constexpr std::size_t fewest_trials = 4;
constexpr int n_trees = 100;
// Each resample gets a smaller forest: its own chance makes the intervals a little wider.
constexpr int resamples = 100, trees_per_resample = 25;
constexpr std::size_t listed_pairs = 10, contour_parameters = 4;
constexpr int slice_values = 25;

// The trials in the unit cube.
struct Cube {
    std::vector<std::vector<double>> features;  // [parameter][trial]
    std::vector<Coordinate> coordinates;        // the same for PED-ANOVA

    Cube(const Space& space, std::span<const Point> points) {
        const std::size_t d = space.parameters().size();
        features.resize(d);
        for (const Point& point : points) {
            const std::vector<double> u = unit_of(space, point);
            for (std::size_t f = 0; f < d; ++f)
                features[f].push_back(u[f]);
        }
        for (std::size_t f = 0; f < d; ++f) {
            const Parameter& parameter = space.parameters()[f];
            coordinates.push_back({.values = features[f],
                                   .levels = n_levels(parameter),
                                   .ordered = parameter.ordered()});
        }
    }
};

// Everything that the bootstrap repeats, laid end to end.
struct Figures {
    std::vector<double> main, total, ped, impurity;  // [parameter]
    std::vector<double> pairs;                       // [f][g < f]

    Figures(const Cube& cube, std::span<const double> scores, std::span<const int> samples,
            const Forest& forest) {
        const std::size_t d = cube.features.size();
        const Fanova variance = fanova(forest, d);
        main = total = variance.main;
        for (std::size_t f = 0; f < d; ++f) {
            for (std::size_t g = 0; g < f; ++g) {
                pairs.push_back(variance.pairs[f][g]);
                total[f] += variance.pairs[f][g];
                total[g] += variance.pairs[f][g];
            }
        }
        impurity = forest.impurity;
        std::vector<Coordinate> drawn = cube.coordinates;
        std::vector<double> drawn_scores;
        for (std::size_t f = 0; f < d; ++f) {
            drawn[f].values.clear();
            for (const int sample : samples)
                drawn[f].values.push_back(cube.features[f][static_cast<std::size_t>(sample)]);
        }
        for (const int sample : samples)
            drawn_scores.push_back(scores[static_cast<std::size_t>(sample)]);
        ped = ped_anova(drawn, drawn_scores);
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
    Spread main, total, ped, impurity, pairs;

    Spreads(const Cube& cube, std::span<const double> scores, std::uint64_t seed)
        : main(cube.features.size()),
          total(cube.features.size()),
          ped(cube.features.size()),
          impurity(cube.features.size()),
          pairs(cube.features.size() * (cube.features.size() - 1) / 2) {
        std::vector<int> samples(scores.size());
        for (int resample = 1; resample <= resamples; ++resample) {
            const auto stream = static_cast<std::uint64_t>(resample);
            RandomStream random(seed, RandomUse::bootstrap, stream);
            for (int& sample : samples)
                sample = static_cast<int>(random.below(scores.size()));
            const Forest forest =
                grow_forest(cube.features, scores, samples, trees_per_resample, seed, stream);
            const Figures figures(cube, scores, samples, forest);
            main.add(figures.main);
            total.add(figures.total);
            ped.add(figures.ped);
            impurity.add(figures.impurity);
            pairs.add(figures.pairs);
        }
    }
};

// Where a parameter's slice is looked at, in the unit interval: every level, or evenly.
std::vector<double> places(const Parameter& parameter) {
    const int levels = n_levels(parameter);
    const bool few = levels > 0 && levels <= slice_values;
    std::vector<double> u;
    for (int i = 0; i < (few ? levels : slice_values); ++i)
        u.push_back(few ? (i + 0.5) / levels : i / (slice_values - 1.0));
    if (parameter.kind == Parameter::Kind::integer && few)
        for (int i = 0; i < levels; ++i)
            u[static_cast<std::size_t>(i)] = unit_of(parameter, parameter.low + i);
    return u;
}

std::vector<double> values_at(const Parameter& parameter, const std::vector<double>& u) {
    std::vector<double> values;
    for (const double place : u)
        values.push_back(value_at(parameter, place));
    return values;
}

std::vector<Slice> slices_of(const Space& space, const Forest& forest) {
    std::vector<Slice> slices;
    const std::size_t d = space.parameters().size();
    for (std::size_t f = 0; f < d; ++f) {
        const Parameter& parameter = space.parameters()[f];
        const std::vector<double> u = places(parameter);
        slices.push_back({parameter.name, values_at(parameter, u), marginal(forest, d, f, u)});
    }
    return slices;
}

std::vector<Contour> contours_of(const Space& space, const Forest& forest,
                                 std::span<const std::size_t> by_importance) {
    std::vector<Contour> contours;
    const std::size_t n = std::min(contour_parameters, by_importance.size());
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) {
            const Parameter& x = space.parameters()[by_importance[i]];
            const Parameter& y = space.parameters()[by_importance[j]];
            const std::vector<double> u = places(x), v = places(y);
            contours.push_back({x.name, y.name, values_at(x, u), values_at(y, v),
                                marginal(forest, space.parameters().size(), by_importance[i],
                                         by_importance[j], u, v)});
        }
    }
    return contours;
}

std::vector<PairImportance> largest_pairs(const Space& space, const Figures& figures,
                                          const Spread& spread) {
    std::vector<PairImportance> pairs;
    std::size_t at = 0;
    for (std::size_t f = 0; f < space.parameters().size(); ++f)
        for (std::size_t g = 0; g < f; ++g, ++at)
            pairs.push_back({space.parameters()[g].name, space.parameters()[f].name,
                             spread.around(figures.pairs[at], at)});
    std::ranges::stable_sort(
        pairs, [](const auto& a, const auto& b) { return a.fanova.value > b.fanova.value; });
    pairs.resize(std::min(pairs.size(), listed_pairs));
    return pairs;
}

}  // namespace

Importances importances(const Space& space, std::span<const Point> points,
                        std::span<const double> scores, std::uint64_t seed) {
    if (space.parameters().empty() || points.size() < fewest_trials) return {};
    const Cube cube(space, points);
    std::vector<int> samples(points.size());
    std::iota(samples.begin(), samples.end(), 0);
    const Forest forest = grow_forest(cube.features, scores, samples, n_trees, seed);
    // Equal scores everywhere, or equal points: nothing is of importance.
    if (std::ranges::all_of(forest.impurity, [](double share) { return share == 0; })) return {};
    const Figures figures(cube, scores, samples, forest);
    const Spreads spreads(cube, scores, seed);

    std::vector<std::size_t> order(space.parameters().size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return figures.main[a] > figures.main[b]; });
    Importances result;
    for (const std::size_t f : order)
        result.parameters.push_back(
            {space.parameters()[f].name, spreads.main.around(figures.main[f], f),
             spreads.total.around(figures.total[f], f), spreads.ped.around(figures.ped[f], f),
             spreads.impurity.around(figures.impurity[f], f)});
    result.pairs = largest_pairs(space, figures, spreads.pairs);
    result.all_pairs = std::accumulate(figures.pairs.begin(), figures.pairs.end(), 0.0);
    result.higher_order =
        1 - std::accumulate(figures.main.begin(), figures.main.end(), 0.0) - result.all_pairs;
    result.slices = slices_of(space, forest);
    result.contours = contours_of(space, forest, order);
    return result;
}

}  // namespace manygpcm
