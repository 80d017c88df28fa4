// What the report shows of items beyond what is on record: where they tell most of ability, what is
// to be known of them first, and what all of them tell together.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

struct ItemFigures {
    /// search::item_marks(), and where the winner's slope surely has the other sign.
    std::vector<std::string> marks;
    /// How soon to look at it: a slope surely negative, then other marks; a category never seen
    /// alone is harmless.
    enum class Urgency { none, marked, negative_slope } urgency = Urgency::none;
    MostInformation winner, classical;
};

/// By item; empty where the study has no psychometrics.
std::vector<ItemFigures> item_figures(const search::Study& study);

/// How the winner's items lie to the classical GPCM's, by either's abilities; where these aren't on
/// record, r alone. @param study with a portrait
search::Agreement agreement(const search::Study& study);

/// How a model's items lie to the truth, its discriminations in units of the classical ability;
/// where that isn't on record, r alone. @param study with a portrait
search::Agreement recovered(const search::Study& study,
                            search::ItemParameters search::ItemPortrait::*parameters);

/// Answered items in the order in which a reader may want them: by urgency, then those whose infit
/// by either model is farthest from what was expected, by |z|; last those that everybody answered
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

/// Infits of the items that have a z, by one of the models.
struct Misfit {
    std::size_t items = 0;
    std::size_t beyond = 0;  ///< |z| above search::z_of_note
    std::size_t above = 0;   ///< infits above 1
    double median = 0;       ///< infit; NaN without any
};
Misfit infit_misfit(const std::vector<search::ItemStatistics>& items,
                    ItemFit search::ItemStatistics::*fit);

/// Whether responses of learners held out scatter more or less than a model's probabilities say:
/// infits lie to that side of 1 (sign test) and l_z to the other side of 0 (its mean beside its
/// standard error), both beyond what chance does in 95% of cases. Learners that a model was fitted
/// to don't tell: it knows their responses.
enum class Scatter { as_predicted, more, less };
Scatter scatter(const search::HeldOutFit& fit);

/// Items whose classical slope is negative, by what the response has to do with the learner's other
/// ones: with positive correlation no key is reversed. Both surely, by a 95% interval. Positions.
struct NegativeSlopes {
    std::vector<std::size_t> with_positive_rest, with_negative_rest;
};
NegativeSlopes negative_slopes(const search::Study& study);

/// Signs that one ability doesn't describe the answers. @param study with psychometrics
struct ScaleTrouble {
    /// Of pairs of questions 5% or more, three at least, have residuals of the classical GPCM that
    /// correlate beyond q3_of_note, and three times as many as by chance.
    bool dependent = false;
    int items = 0;  ///< that were answered, and not alike by everybody
    int negative =
        0;  ///< of them, with a classical slope surely below 0; 0 below 10% of them or three
    /// The classical l_z has a deviation of 1.25 or more, and beyond what chance does in 95% of
    /// cases.
    bool persons = false;
};
ScaleTrouble scale_trouble(const search::Study& study);

/// What keeps the winner from being read as the classical GPCM's kind of model, in words; empty
/// where it reads as such: r of discriminations and intercepts at least 0.9, the intercepts' line
/// of a slope of 0.8 to 1.25, and nine tenths of the variance of its log odds explained by ability
/// and item. None where that isn't on record, and where the winner is that model.
std::optional<std::vector<std::string>> differs_from_classical(const search::Study& study);
inline constexpr double enough_explained = 0.9;

/// How much of the variance of the log odds of neighbouring categories ability and item explain,
/// where that is on record.
std::string explained_text(const search::Study& study);

}  // namespace manygpcm::report
