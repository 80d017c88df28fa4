// A column is a name and what it says of an item.
#include "sections/items_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "manygpcm/engine/csv_field.h"

namespace manygpcm::report {
namespace {

struct CsvColumn {
    std::string name;
    std::function<std::string(std::size_t item)> value;
};

std::string csv_number(double value) {
    return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

/// Of one of the two models; `prefix` stands before each name.
void add_model(std::vector<CsvColumn>& columns, const Findings& f, const std::string& prefix,
               search::ItemParameters search::ItemPortrait::*parameters,
               ItemFit search::ItemStatistics::*fit, MostInformation ItemFigures::*most,
               bool errors) {
    const std::vector<search::ItemPortrait>& items = f.study->portrait->items;
    const std::vector<search::ItemStatistics>& statistics = f.study->psychometrics->items;
    const auto add = [&](const std::string& name, auto number) {
        columns.push_back(
            {prefix + name, [number](std::size_t i) { return csv_number(number(i)); }});
    };
    const auto n_thresholds = static_cast<std::size_t>(f.study->n_categories - 1);
    add("alpha", [&items, parameters](std::size_t i) { return (items[i].*parameters).alpha; });
    for (std::size_t j = 0; j < n_thresholds; ++j)
        add(fmt::format("beta{}", j + 1),
            [&items, parameters, j](std::size_t i) { return (items[i].*parameters).beta[j]; });
    if (errors) {
        add("alpha_error", [&statistics](std::size_t i) { return statistics[i].alpha_error; });
        for (std::size_t j = 0; j < n_thresholds; ++j)
            add(fmt::format("beta{}_error", j + 1),
                [&statistics, j](std::size_t i) { return statistics[i].beta_error[j]; });
    }
    for (const auto& [name, member] : {std::pair{"outfit", &ItemFit::outfit},
                                       {"z_outfit", &ItemFit::z_outfit},
                                       {"infit", &ItemFit::infit},
                                       {"z_infit", &ItemFit::z_infit}})
        add(name, [&statistics, fit, value = member](std::size_t i) {
            return statistics[i].*fit.*value;
        });
    add("information", [&f, most](std::size_t i) { return (f.items[i].*most).information; });
    add("information_at", [&f, most](std::size_t i) { return (f.items[i].*most).theta; });
}

}  // namespace

std::string items_csv(const Findings& f) {
    if (f.items.empty()) return "";
    const std::vector<search::ItemPortrait>& items = f.study->portrait->items;
    const std::vector<search::ItemStatistics>& statistics = f.study->psychometrics->items;
    std::vector<CsvColumn> columns = {
        {"question", [&](std::size_t i) { return csv_field(items[i].question); }},
        {"n", [&](std::size_t i) { return fmt::format("{}", items[i].responses); }}};
    for (std::size_t k = 0; k < static_cast<std::size_t>(f.study->n_categories); ++k)
        columns.push_back({fmt::format("n{}", k), [&statistics, k](std::size_t i) {
                               return fmt::format("{}", statistics[i].category_counts[k]);
                           }});
    columns.push_back(
        {"item_rest", [&](std::size_t i) { return csv_number(statistics[i].item_rest); }});
    add_model(columns, f, "", &search::ItemPortrait::classical, &search::ItemStatistics::classical,
              &ItemFigures::classical, true);
    add_model(columns, f, "winner_", &search::ItemPortrait::winner, &search::ItemStatistics::winner,
              &ItemFigures::winner, false);
    columns.push_back({"marks", [&](std::size_t i) {
                           return fmt::format("{}", fmt::join(f.items[i].marks, "; "));
                       }});
    std::string csv;
    const auto add_row = [&](auto field) {
        for (std::size_t c = 0; c < columns.size(); ++c)
            csv += (c == 0 ? "" : ",") + field(columns[c]);
        csv += '\n';
    };
    add_row([](const CsvColumn& column) { return column.name; });
    for (std::size_t i = 0; i < items.size(); ++i)
        add_row([&](const CsvColumn& column) { return column.value(i); });
    return csv;
}

}  // namespace manygpcm::report
