// What others scored on data sets that are told by their content.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace manygpcm::report {

struct KnownFigure {
    std::string_view fingerprint;  ///< Study::dataset_fingerprint: learners, split and all
    std::string_view model;
    std::string_view metric;  ///< its name
    double value = 0;
    std::string_view scored;  ///< on what
    std::string_view source;
};

/// Those of the data set with that fingerprint.
std::vector<KnownFigure> known_figures(std::string_view fingerprint);

}  // namespace manygpcm::report
