// The panel of scores with their intervals, a line each.
#pragma once

#include <string>
#include <vector>

#include "pictures/plot_script.h"

namespace manygpcm::report {

struct ScoredRow {
    std::string name;
    double value = 0, low = 0, high = 0;
    bool winner = false;  ///< drawn with another mark than the others
};

/// The first at the top.
void intervals_panel(PlotScript& script, PanelPlace place, const std::string& title,
                     const std::string& x_title, const std::vector<ScoredRow>& rows);

}  // namespace manygpcm::report
