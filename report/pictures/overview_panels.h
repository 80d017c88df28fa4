// The nine panels of the study's picture, each drawn where it is told.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

#include "pictures/plot_script.h"
#include "pictures/plotted_study.h"

namespace manygpcm::report {

/// The unit in which so many seconds read best, and how many seconds it has.
std::pair<double, const char*> time_unit(double seconds);

// Of scores and training times:
void convergence_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study);
void distribution_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                        const nlohmann::json& analysis);
void timeline_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                    const nlohmann::json& analysis);
void efficiency_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study);

// Of parameters:
void importance_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                      const nlohmann::json& analysis);
void correlations_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                        const nlohmann::json& analysis);
void radar_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                 const nlohmann::json& analysis);
void most_important_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                          const nlohmann::json& analysis);

/// What is known in a table of words.
void summary_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                   const nlohmann::json& analysis);

}  // namespace manygpcm::report
