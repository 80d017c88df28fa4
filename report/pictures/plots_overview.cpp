// The picture of the whole study: nine panels.
#include "pictures/overview_panels.h"
#include "pictures/plots.h"

namespace manygpcm::report {
namespace {

constexpr int sheet_width = 1800, sheet_header = 50, panel_width = 600, panel_height = 510;

PanelPlace place(int row, int column) {
    return {.left = column * panel_width,
            .top = sheet_header + row * panel_height,
            .width = panel_width,
            .height = panel_height,
            .margin_bottom = 84};
}

}  // namespace

std::string overview_plot(const nlohmann::json& analysis) {
    const PlottedStudy study = plotted_study(analysis);
    PlotScript script(sheet_width, sheet_header + 3 * panel_height,
                      "Hyperparameter optimization of " + study.title);
    convergence_panel(script, place(0, 0), study);
    importance_panel(script, place(0, 1), study, analysis);
    distribution_panel(script, place(0, 2), study, analysis);
    correlations_panel(script, place(1, 0), study, analysis);
    timeline_panel(script, place(1, 1), study, analysis);
    radar_panel(script, place(1, 2), study, analysis);
    most_important_panel(script, place(2, 0), study, analysis);
    efficiency_panel(script, place(2, 1), study);
    summary_panel(script, place(2, 2), study, analysis);
    return script.finish();
}

}  // namespace manygpcm::report
