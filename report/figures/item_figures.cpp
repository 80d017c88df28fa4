// Computed from the parameters and statistics on record.
#include "figures/item_figures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include "manygpcm/engine/category_counts.h"

namespace manygpcm::report {

std::vector<ItemFigures> item_figures(const search::Study& study) {
    std::vector<ItemFigures> figures;
    if (!study.portrait || !study.psychometrics) return figures;
    for (std::size_t i = 0; i < study.portrait->items.size(); ++i) {
        const search::ItemPortrait& item = study.portrait->items[i];
        ItemFigures& of = figures.emplace_back();
        of.marks =
            search::item_marks(study.psychometrics->items[i].category_counts, item.classical.alpha,
                               study.psychometrics->items[i].alpha_error);
        if (item.winner.alpha < 0) of.marks.emplace_back("winner's slope negative");
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
        const double z = std::abs(item.classical.z_infit);
        return std::tuple(answers_vary(item.category_counts), !figures[i].marks.empty(),
                          std::isfinite(z) ? z : -1.0);
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

Misfit infit_misfit(const std::vector<search::ItemStatistics>& items,
                    ItemFit search::ItemStatistics::*fit) {
    Misfit misfit;
    for (const search::ItemStatistics& item : items) {
        const double z = (item.*fit).z_infit;
        if (!std::isfinite(z)) continue;
        ++misfit.items;
        misfit.beyond += std::abs(z) > search::z_of_note;
    }
    return misfit;
}

}  // namespace manygpcm::report
