// The panels of the study's picture, each drawn where it is told. Beside most stands a function
// that says whether there is something to see: without it a panel has nothing to draw.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

#include "pictures/plot_script.h"
#include "pictures/plotted_study.h"

namespace manygpcm::report {

/// The unit in which so many seconds read best, and how many seconds it has.
std::pair<double, const char*> time_unit(double seconds);

using SeesSomething = bool (*)(const PlottedStudy& study, const nlohmann::json& analysis);
using DrawPanel = void (*)(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                           const nlohmann::json& analysis);

#define MANYGPCM_PANEL(name)                                                                  \
    bool sees_##name(const PlottedStudy& study, const nlohmann::json& analysis);              \
    void name##_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study, \
                      const nlohmann::json& analysis)

// Of scores and training times:
MANYGPCM_PANEL(
    convergence);  ///< scores by trial, those of trials stopped early too; the best so far
MANYGPCM_PANEL(
    distribution);           ///< a histogram: as many scores as it has bins at least, not all equal
MANYGPCM_PANEL(timeline);    ///< training times
MANYGPCM_PANEL(efficiency);  ///< what training time bought: two trials trained fully
MANYGPCM_PANEL(curves);      ///< every trial's score by epoch: one of two epochs or more
MANYGPCM_PANEL(cumulative);  ///< the empirical distribution function of the compared scores

// Of parameters:
MANYGPCM_PANEL(importance);
MANYGPCM_PANEL(correlations);
MANYGPCM_PANEL(radar);           ///< a surface takes three parameters
MANYGPCM_PANEL(most_important);  ///< the first by importance, against the score
MANYGPCM_PANEL(rank);            ///< the first two by importance, with marks by the score's quarter

// Of what came of it:
MANYGPCM_PANEL(held_out);  ///< the winner's score and the baselines' with their intervals
MANYGPCM_PANEL(summary);   ///< what is known in a table of words

#undef MANYGPCM_PANEL

}  // namespace manygpcm::report
