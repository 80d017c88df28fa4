// What the report shows of items beyond what is on record: where they tell most of ability, what is
// to be known of them first, and what all of them tell together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

struct ItemFigures {
    std::vector<std::string> marks;  ///< search::item_marks(), and of the winner's slope
    MostInformation winner, classical;
};

/// By item; empty where the study has no psychometrics.
std::vector<ItemFigures> item_figures(const search::Study& study);

/// Answered items in the order in which a reader may want them: marked ones first, then those whose
/// classical infit is farthest from what was expected, by |z|; last those that everybody answered
/// alike, of which nothing is told.
std::vector<std::size_t> striking_items(const search::Study& study,
                                        const std::vector<ItemFigures>& figures);

/// Fisher's information of one answer to each of the items that were answered.
struct TestInformation {
    std::vector<double> ability;      ///< four standard deviations about the learners' mean
    std::vector<double> information;  ///< its root's inverse is a standard error of ability
};

/// @param parameters of the winner or of the classical GPCM
/// @param abilities of the same, on whose scale the curve is
TestInformation test_information(const std::vector<search::ItemPortrait>& items,
                                 search::ItemParameters search::ItemPortrait::*parameters,
                                 const search::AbilityStatistics& abilities);

/// Items whose mean square is beyond chance, |z| above search::z_of_note, and those with a z.
struct Misfit {
    std::size_t beyond = 0, items = 0;
};
Misfit infit_misfit(const std::vector<search::ItemStatistics>& items,
                    ItemFit search::ItemStatistics::*fit);

}  // namespace manygpcm::report
