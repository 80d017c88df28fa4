// The pictures of a report, as scripts for gnuplot.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace manygpcm::report {

/// Nine panels: convergence, importance, scores, correlations, training times, the best parameters,
/// the most important one, efficiency, summary.
std::string overview_plot(const nlohmann::json& analysis);

/// One panel a parameter, against the score.
std::string parameters_plot(const nlohmann::json& analysis);

/// Nine panels of items: Wright maps, information, infit, category curves, the winner's parameters
/// against the classical ones. Of an analysis with psychometrics.
std::string items_plot(const nlohmann::json& analysis);

}  // namespace manygpcm::report
