// What the pictures show of an analysis: trials and parameters as positions on axes.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace manygpcm::report {

/// A searched hyperparameter and its axis. A choice's positions are 0, 1, ... by category,
/// another's its values.
struct PlottedParameter {
    std::string name;                     ///< the analysis' own; in a picture one_line() of it
    std::vector<std::string> categories;  ///< of a choice, the labels; else empty
    std::vector<nlohmann::json> choices;  ///< what they stand for
    double low = 0, high = 0;             ///< bounds of the position
    bool log = false;
    bool integer = false;
    /// Pearson's, of the value with the compared scores; NaN where the analysis has none with an
    /// interval.
    double correlation = std::numeric_limits<double>::quiet_NaN();

    bool categorical() const { return !categories.empty(); }
    /// NaN for a value outside the bounds: one that the trial has where this isn't searched; and
    /// for null, where it has none.
    double position(const nlohmann::json& value) const;

    /// Where a position lies between the bounds: 0 to 1, 0.5 if they are equal; on a logarithmic
    /// axis by the logarithm.
    double fraction(double position) const;
};

struct PlottedTrial {
    int number = 0;  ///< 1-based
    bool successful = false;
    std::string state;  ///< as the analysis names it
    double score = 0;   ///< of a successful trial
    /// Score after each epoch that all folds reached on which it was trained, their mean; of a
    /// foreign study the values reported. NaN where there is none.
    std::vector<double> curve;
    double seconds = 0;  ///< of training
    /// The score at the fidelity at which the analysis compares trials; NaN for one that it leaves
    /// out.
    double compared = 0;
    int quarter = 0;                ///< of the compared: 0 the best quarter by that score, to 3
    std::vector<double> positions;  ///< [parameter]

    bool has(std::size_t parameter) const;  ///< whether that was searched in this trial
    bool stopped() const { return state == "pruned"; }
    bool failed() const { return state == "failed"; }
    double last_score() const;  ///< the curve's last value; NaN where it has none
};

struct PlottedStudy {
    std::vector<PlottedParameter> parameters;
    std::vector<std::string> by_importance;  ///< names, where importances are known
    std::vector<PlottedTrial> trials;

    std::string title;
    bool foreign = false, minimize = false;
    const char* fully = "";      ///< what a trial is called that counts: "trained fully"
    std::string score;           ///< what scores are: "Score (QWK)"
    std::string full_title;      ///< of an axis of scores after full training
    std::string compared_title;  ///< of an axis of the scores that are compared
    std::string compared_at;     ///< the latter's second line, or empty

    std::string score_text(double score) const;
    bool better(double one, double than) const { return minimize ? one < than : one > than; }
    /// "no trial was trained fully".
    std::string none_trained() const;
    std::vector<PlottedTrial> successful() const;
    std::vector<PlottedTrial> compared() const;
    const PlottedTrial* best() const;  ///< null if none succeeded

    /// Positions in `parameters` of the `most` most important, in their order; of all, where they
    /// are no more.
    std::vector<std::size_t> most_important(std::size_t most) const;

    /// Mean over the best quarter of the compared trials of where a parameter lies between its
    /// bounds; NaN if none of them searched it.
    double best_quarter_fraction(std::size_t parameter) const;
};

/// @throws nlohmann::json::exception if `analysis` is none of analyse().
PlottedStudy plotted_study(const nlohmann::json& analysis);

/// A value of a parameter as a label: at most four significant digits, an integer with all; "–" for
/// null.
std::string value_label(const nlohmann::json& value);

}  // namespace manygpcm::report
