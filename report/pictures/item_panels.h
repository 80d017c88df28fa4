// The panels of the items' picture, each drawn where it is told.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pictures/plot_script.h"

namespace manygpcm::report {

/// A model's scale of ability: that of the pictures has the learners' mean at 0, and their standard
/// deviation is 1, so that models compare.
struct AbilityScale {
    double mean = 0, deviation = 1;

    double standardized(double ability) const { return (ability - mean) / deviation; }
};
AbilityScale ability_scale(const nlohmann::json& psychometrics, const char* model);

/// Parameters of an item by one model, on the pictures' scale.
struct PlottedParameters {
    double alpha = 0, infit = 0, information = 0;  ///< NaN where unknown, as are thresholds
    std::vector<double> beta;                      ///< [K-1]

    double difficulty() const;  ///< mean of the known thresholds
    /// [K-1] Log odds of neighbouring categories for the average learner.
    std::vector<double> intercepts() const;
};

struct PlottedItem {
    std::string name;
    PlottedParameters winner, classical;
};

/// One of the two models, for panels that show either.
struct PlottedModel {
    const char* name;    ///< in titles
    const char* field;   ///< in the analysis
    const char* colour;  ///< of its points and lines
    PlottedParameters PlottedItem::*parameters;
};

/// Answered items, in the order of the analysis.
std::vector<PlottedItem> plotted_items(const nlohmann::json& analysis);

/// Where the models' learners and most of their thresholds are: maps beside each other compare.
std::pair<double, double> wright_range(const std::vector<PlottedItem>& items,
                                       const nlohmann::json& psychometrics,
                                       std::span<const PlottedModel> models);
/// Learners' abilities to the left, thresholds of positive slopes to the right.
void wright_panel(PlotScript& script, const PanelPlace& place,
                  const std::vector<PlottedItem>& items, const nlohmann::json& psychometrics,
                  const PlottedModel& model, const std::pair<double, double>& range);
void test_information_panel(PlotScript& script, const PanelPlace& place,
                            const nlohmann::json& psychometrics,
                            std::span<const PlottedModel> models);
void item_information_panel(PlotScript& script, const PanelPlace& place,
                            const std::vector<PlottedItem>& items);
void infit_panel(PlotScript& script, const PanelPlace& place, const std::vector<PlottedItem>& items,
                 std::span<const PlottedModel> models);
/// What the winner says of items against what the classical GPCM does.
void discrimination_panel(PlotScript& script, const PanelPlace& place,
                          const std::vector<PlottedItem>& items, const nlohmann::json& agreement);
void intercepts_panel(PlotScript& script, const PanelPlace& place,
                      const std::vector<PlottedItem>& items, const nlohmann::json& agreement);
/// Category curves of one item by both models.
void categories_panel(PlotScript& script, PanelPlace place, const PlottedItem* item,
                      const std::string& why);

}  // namespace manygpcm::report
