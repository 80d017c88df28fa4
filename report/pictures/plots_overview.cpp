// The picture of the whole study: nine panels, where so many have something to show.
#include <vector>

#include "pictures/overview_panels.h"
#include "pictures/plots.h"

namespace manygpcm::report {
namespace {

constexpr int sheet_width = 1800, sheet_header = 50, panel_width = 600, panel_height = 510;
constexpr std::size_t sheet_columns = 3;

PanelPlace place(std::size_t at) {
    return {.left = static_cast<int>(at % sheet_columns) * panel_width,
            .top = sheet_header + static_cast<int>(at / sheet_columns) * panel_height,
            .width = panel_width,
            .height = panel_height,
            .margin_bottom = 84};
}

struct Panel {
    SeesSomething sees;
    DrawPanel draw;
};

#define MANYGPCM_PANEL(name) \
    { sees_##name, name##_panel }
// In their order on the sheet; and those that take the place of one with nothing to see, the first
// first.
constexpr Panel usual_panels[] = {
    MANYGPCM_PANEL(convergence),    MANYGPCM_PANEL(importance), MANYGPCM_PANEL(distribution),
    MANYGPCM_PANEL(correlations),   MANYGPCM_PANEL(timeline),   MANYGPCM_PANEL(radar),
    MANYGPCM_PANEL(most_important), MANYGPCM_PANEL(efficiency), MANYGPCM_PANEL(summary)};
constexpr Panel substitutes[] = {MANYGPCM_PANEL(curves), MANYGPCM_PANEL(held_out),
                                 MANYGPCM_PANEL(cumulative), MANYGPCM_PANEL(rank)};
#undef MANYGPCM_PANEL

std::vector<DrawPanel> chosen_panels(const PlottedStudy& study, const nlohmann::json& analysis) {
    std::vector<DrawPanel> chosen;
    auto other = std::begin(substitutes);
    for (const Panel& panel : usual_panels) {
        if (panel.sees(study, analysis)) {
            chosen.push_back(panel.draw);
            continue;
        }
        while (other != std::end(substitutes) && !other->sees(study, analysis))
            ++other;
        if (other != std::end(substitutes)) chosen.push_back((other++)->draw);
    }
    // A row of the summary alone would be empty but for what the report says, too.
    if (chosen.size() > 1 && chosen.size() % sheet_columns == 1) chosen.pop_back();
    return chosen;
}

}  // namespace

std::string overview_plot(const nlohmann::json& analysis) {
    const PlottedStudy study = plotted_study(analysis);
    const std::vector<DrawPanel> panels = chosen_panels(study, analysis);
    const int rows = static_cast<int>((panels.size() + sheet_columns - 1) / sheet_columns);
    PlotScript script(sheet_width, sheet_header + rows * panel_height,
                      "Hyperparameter optimization of " + study.title);
    for (std::size_t i = 0; i < panels.size(); ++i)
        panels[i](script, place(i), study, analysis);
    return script.finish();
}

}  // namespace manygpcm::report
