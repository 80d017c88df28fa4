// Computed from the parameters and statistics on record.
#include "figures/item_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "figures/number_text.h"
#include "figures/scoreboard.h"
#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/statistics.h"

namespace manygpcm::report {
namespace {

/// Of the classical slope; 0 where it isn't known.
double alpha_error(const search::Study& study, std::size_t item) {
    const double error = study.psychometrics->items[item].alpha_error;
    return std::isfinite(error) ? error : 0;
}

/// Mean 0 and deviation 1 where they aren't known.
search::AbilityScale scale_of(const search::Study& study,
                              search::ModelStatistics search::Psychometrics::*model) {
    if (!study.psychometrics) return {};
    const search::AbilityStatistics& ability = ((*study.psychometrics).*model).ability;
    return std::isfinite(ability.mean) && ability.deviation > 0
               ? search::AbilityScale{ability.mean, ability.deviation}
               : search::AbilityScale();
}

/// What needs scales that aren't on record isn't known.
search::Agreement with_scales(const search::Study& study, search::Agreement found) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    if (!study.psychometrics)
        for (Likeness* one : {&found.discrimination, &found.intercept})
            *one = {one->r, unknown, unknown, unknown, unknown};
    return found;
}

/// Whether the classical slope is below 0 beyond chance.
bool surely_negative(const search::Study& study, std::size_t item) {
    return study.portrait->items[item].classical.alpha +
               search::z_of_note * alpha_error(study, item) <
           0;
}

/// The sign of a correlation, where its 95% interval hasn't 0 (Fisher's z); else 0.
int sure_sign(double r, std::int64_t n) {
    const double z = std::atanh(r) * std::sqrt(static_cast<double>(n) - 3);
    return z > search::z_of_note ? 1 : z < -search::z_of_note ? -1 : 0;
}

}  // namespace

std::vector<ItemFigures> item_figures(const search::Study& study) {
    std::vector<ItemFigures> figures;
    if (!study.portrait || !study.psychometrics) return figures;
    for (std::size_t i = 0; i < study.portrait->items.size(); ++i) {
        const search::ItemPortrait& item = study.portrait->items[i];
        const search::ItemStatistics& statistics = study.psychometrics->items[i];
        ItemFigures& of = figures.emplace_back();
        const auto marks = [&](std::span<const std::int64_t> category_counts) {
            return search::item_marks(category_counts, item.classical.alpha, statistics.alpha_error,
                                      item.classical.beta, statistics.beta_error);
        };
        of.marks = marks(statistics.category_counts);
        const std::size_t n_marks = of.marks.size();
        // The winner's has no error: where the classical one may be of either sign, so may it.
        const double alpha = item.classical.alpha, error = alpha_error(study, i);
        if (item.winner.alpha < 0 && alpha - search::z_of_note * error > 0)
            of.marks.emplace_back("winner's slope negative");
        if (item.winner.alpha > 0 && alpha + search::z_of_note * error < 0)
            of.marks.emplace_back("winner's slope positive");
        if (surely_negative(study, i))
            of.urgency = ItemFigures::Urgency::negative_slope;
        else if (of.marks.size() > n_marks || !marks({}).empty())
            of.urgency = ItemFigures::Urgency::marked;
        of.winner = most_information(item.winner.alpha, item.winner.beta);
        of.classical = most_information(item.classical.alpha, item.classical.beta);
    }
    return figures;
}

std::vector<std::size_t> striking_items(const search::Study& study,
                                        const std::vector<ItemFigures>& figures) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < figures.size(); ++i)
        if (study.portrait->items[i].responses > 0) order.push_back(i);
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) {
        const search::ItemStatistics& item = study.psychometrics->items[i];
        double z = -1;
        for (const ItemFit* fit : {&item.classical, &item.winner})
            if (std::isfinite(fit->z_infit)) z = std::max(z, std::abs(fit->z_infit));
        return std::tuple(answers_vary(item.category_counts), figures[i].urgency, z);
    });
    return order;
}

TestInformation test_information(const std::vector<search::ItemPortrait>& items,
                                 search::ItemParameters search::ItemPortrait::*parameters,
                                 const search::AbilityStatistics& abilities) {
    constexpr int points = 81;
    const bool scaled = std::isfinite(abilities.mean) && abilities.deviation > 0;
    const double middle = scaled ? abilities.mean : 0, reach = scaled ? 4 * abilities.deviation : 4;
    TestInformation test;
    for (int i = 0; i < points; ++i) {
        const double ability = middle - reach + 2 * reach * i / (points - 1);
        double sum = 0;
        for (const search::ItemPortrait& item : items) {
            const search::ItemParameters& of = item.*parameters;
            const double information = item_information(ability, of.alpha, of.beta);
            if (item.responses > 0 && std::isfinite(information)) sum += information;
        }
        test.ability.push_back(ability);
        test.information.push_back(sum);
    }
    return test;
}

search::Agreement agreement(const search::Study& study) {
    return with_scales(study,
                       search::agreement_with_classical(
                           study.portrait->items, scale_of(study, &search::Psychometrics::winner),
                           scale_of(study, &search::Psychometrics::classical)));
}

search::Agreement recovered(const search::Study& study,
                            search::ItemParameters search::ItemPortrait::*parameters) {
    search::AbilityScale scale = scale_of(study, parameters == &search::ItemPortrait::winner
                                                     ? &search::Psychometrics::winner
                                                     : &search::Psychometrics::classical);
    scale.deviation /= scale_of(study, &search::Psychometrics::classical).deviation;
    return with_scales(study,
                       search::agreement_with_truth(study.portrait->items, parameters, scale));
}

Misfit infit_misfit(const std::vector<search::ItemStatistics>& items,
                    ItemFit search::ItemStatistics::*fit) {
    Misfit misfit;
    std::vector<double> infits;
    for (const search::ItemStatistics& item : items) {
        const ItemFit& of = item.*fit;
        if (!std::isfinite(of.z_infit)) continue;
        infits.push_back(of.infit);
        misfit.beyond += std::abs(of.z_infit) > search::z_of_note;
        misfit.above += of.infit > 1;
    }
    misfit.items = infits.size();
    misfit.median = infits.empty() ? std::numeric_limits<double>::quiet_NaN()
                                   : quantile(std::move(infits), 0.5);
    return misfit;
}

Scatter scatter(const search::HeldOutFit& fit) {
    const auto n = static_cast<double>(fit.items);
    const double above = (static_cast<double>(fit.above) - n / 2) / std::sqrt(n / 4),
                 lz = fit.lz_mean / fit.lz_deviation * std::sqrt(static_cast<double>(fit.learners));
    if (above > search::z_of_note && lz < -search::z_of_note) return Scatter::more;
    if (above < -search::z_of_note && lz > search::z_of_note) return Scatter::less;
    return Scatter::as_predicted;
}

NegativeSlopes negative_slopes(const search::Study& study) {
    NegativeSlopes found;
    for (std::size_t i = 0; i < study.psychometrics->items.size(); ++i) {
        if (!surely_negative(study, i)) continue;
        const int sign =
            sure_sign(study.psychometrics->items[i].item_rest, study.portrait->items[i].responses);
        if (sign > 0) found.with_positive_rest.push_back(i);
        if (sign < 0) found.with_negative_rest.push_back(i);
    }
    return found;
}

ScaleTrouble scale_trouble(const search::Study& study) {
    constexpr double share_of_pairs = 0.05, times_chance = 3, share_of_items = 0.1, wide = 1.25;
    constexpr int fewest = 3;  // pairs, and items: fewer are cases of their own
    const search::Psychometrics& of = *study.psychometrics;
    ScaleTrouble trouble;
    if (const auto& online = of.classical_online; online && online->pairs > 0) {
        const auto beyond = static_cast<double>(online->beyond);
        trouble.dependent = online->beyond >= fewest &&
                            beyond >= share_of_pairs * static_cast<double>(online->pairs) &&
                            beyond >= times_chance * online->by_chance;
    }
    for (std::size_t i = 0; i < of.items.size(); ++i) {
        if (!answers_vary(of.items[i].category_counts)) continue;
        ++trouble.items;
        trouble.negative += surely_negative(study, i);
    }
    if (trouble.negative < fewest || trouble.negative < share_of_items * trouble.items)
        trouble.negative = 0;
    const search::PersonFit& persons = of.classical.persons;
    const double error = 1 / std::sqrt(2 * static_cast<double>(persons.learners));
    trouble.persons =
        persons.deviation >= wide && persons.deviation > 1 + search::z_of_note * error;
    return trouble;
}

std::string explained_text(const search::Study& study) {
    return fmt::format(
        "ability and item explain {} of the variance of its log odds {}",
        percent(*study.portrait->explained),
        study.portrait->held_out ? "on the learners held out" : "on the learners it was fitted to");
}

std::optional<std::vector<std::string>> differs_from_classical(const search::Study& study) {
    constexpr double alike = enough_explained, flattest = 0.8, steepest = 1.25;
    if (!study.portrait->explained || !study.psychometrics) return std::nullopt;
    if (winner_is_classical(study)) return std::nullopt;
    const search::Agreement with_classical = agreement(study);
    const Likeness &slopes = with_classical.discrimination, &odds = with_classical.intercept;
    std::vector<std::string> why;
    const auto not_alike = [&](const char* what, double r) {
        if (!(r >= alike)) why.push_back(fmt::format("{} correlate by {}", what, fixed(r, 2)));
    };
    not_alike("discriminations", slopes.r);
    not_alike("intercepts", odds.r);
    if (!(odds.slope >= flattest && odds.slope <= steepest))
        why.push_back(fmt::format("intercepts lie on a line of slope {}", fixed(odds.slope, 2)));
    if (!(*study.portrait->explained >= alike)) why.push_back(explained_text(study));
    return why;
}

}  // namespace manygpcm::report
