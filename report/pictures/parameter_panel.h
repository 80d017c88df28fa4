// The panel of one parameter against the score, which both pictures have.
#pragma once

#include <string>

#include "pictures/plot_script.h"
#include "pictures/plotted_study.h"

namespace manygpcm::report {

/// Marks by quarter of the scores, best first: shape and colour both tell.
inline constexpr const char* quarter_marks[] = {
    "pt 7 ps 1.3 lc rgb '#D55E00'", "pt 9 ps 1.3 lc rgb '#E69F00'", "pt 13 ps 1.2 lc rgb '#56B4E9'",
    "pt 5 ps 1.0 lc rgb '#0072B2'"};
inline constexpr const char* quarter_names[] = {"best ¼", "2nd ¼", "3rd ¼", "last ¼"};
inline constexpr const char* failed_mark = "pt 2 ps 1.2 lw 1.5 lc rgb '#000000'";
inline constexpr const char* stopped_mark = "pt 10 ps 1.2 lw 1.5 lc rgb '#606060'";

/// A number's trials as points with their trend, the least-squares line on the axes shown, and r,
/// Pearson's correlation with the score, in the title, where the analysis has one with an interval;
/// a choice's as bars of mean scores, with their trials as points and counts; lines where 0 is too
/// far for bars. Trials are compared at one fidelity, as the analysis does.
/// @param with_key says in the panel what its marks mean, which else a legend of the sheet does
void parameter_panel(PlotScript& script, PanelPlace place, const PlottedStudy& study,
                     std::size_t parameter, const std::string& title, bool with_key);

/// Sets the axis x or y of a parameter, between its bounds; of a choice with a label a category,
/// along `length` pixels.
void parameter_axis(PlotScript& script, char axis, const PlottedParameter& parameter, int length);

/// What is shown of a parameter's value beside an axis.
std::string axis_title(const PlottedParameter& parameter);

/// The plots of $quarter0 to 3, worst first.
/// @param columns what gnuplot's "using" takes
std::string plots_of_quarters(const std::string& columns, bool with_key);

}  // namespace manygpcm::report
