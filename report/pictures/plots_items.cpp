// The picture of the items: nine panels.
#include <algorithm>
#include <cmath>

#include "pictures/item_panels.h"
#include "pictures/plots.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

constexpr int items_header = 50, items_panel_width = 600, items_panel_height = 510;

PanelPlace items_place(int row, int column) {
    return {.left = column * items_panel_width,
            .top = items_header + row * items_panel_height,
            .width = items_panel_width,
            .height = items_panel_height};
}

}  // namespace

std::string items_plot(const nlohmann::json& analysis) {
    constexpr PlottedModel models[] = {
        {"winner", "winner", colour::blue, &PlottedItem::winner},
        {"classical GPCM", "classical", colour::vermillion, &PlottedItem::classical}};
    const nlohmann::json &psychometrics = analysis.at("psychometrics"),
                         &agreement = analysis.at("classical_agreement");
    const std::vector<PlottedItem> items = plotted_items(analysis);
    PlotScript script(3 * items_panel_width, items_header + 3 * items_panel_height,
                      "Questions and learners: " + analysis.at("title").get<std::string>());
    const auto range = wright_range(items, psychometrics, models);
    wright_panel(script, items_place(0, 0), items, psychometrics, models[1], range);
    wright_panel(script, items_place(0, 1), items, psychometrics, models[0], range);
    test_information_panel(script, items_place(0, 2), psychometrics, models);
    item_information_panel(script, items_place(1, 0), items);
    infit_panel(script, items_place(1, 1), items, models);
    const auto most = std::ranges::max_element(items, {}, [](const PlottedItem& item) {
        return std::isfinite(item.classical.information) ? item.classical.information : -1;
    });
    const PlottedItem* most_informative = most == items.end() ? nullptr : &*most;
    categories_panel(script, items_place(1, 2), most_informative, "Most information");
    discrimination_panel(script, items_place(2, 0), items, agreement);
    intercepts_panel(script, items_place(2, 1), items, agreement);
    const PlottedItem* striking = nullptr;
    for (const nlohmann::json& at : psychometrics.at("striking_items")) {
        const std::string name = one_line(
            analysis.at("items").at(at.get<std::size_t>()).at("question").get<std::string>());
        const auto found = std::ranges::find(items, name, &PlottedItem::name);
        if (found == items.end() || &*found == most_informative) continue;
        striking = &*found;
        break;
    }
    categories_panel(script, items_place(2, 2), striking, "Most striking");
    return script.finish();
}

}  // namespace manygpcm::report
