// The search space as data: which hyperparameters are searched, over what, under which conditions
// and constraints.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm::search {

/// When a parameter is searched: where the choice `name` has one of `values`. Elsewhere it has no
/// effect worth a search, and is fixed.
struct Condition {
    std::string name;            ///< a choice without a condition of its own
    std::vector<double> values;  ///< among its choices
    double otherwise = 0;        ///< the parameter's value where it isn't searched
};

/// One searched hyperparameter, named as Hyperparameters::set names it.
struct Parameter {
    enum class Kind { real, integer, choice };
    std::string name;
    Kind kind = Kind::real;
    double low = 0, high = 0;  ///< real and integer: inclusive bounds
    bool log = false;          ///< real and integer: uniform in the logarithm
    double step = 0;           ///< between neighbouring values; 0: 1 of an integer, none of a real
    std::vector<double> choices;  ///< choice: the values in order; 0, 1, .. where there are labels
    std::vector<std::string> labels = {};  ///< choice of words: what each stands for
    std::optional<Condition> condition = {};

    /// Whether neighbouring values are alike: all but a choice of words.
    bool ordered() const { return labels.empty(); }
};

/// What must hold between two hyperparameters of every point.
struct Constraint {
    enum class Relation { divides, at_most };
    std::string left;
    Relation relation;
    std::string right;
};

/// A point of the space: a value for every parameter of it, by name. Choices hold the value, not
/// its index; a choice of words the index of its label.
using Point = std::map<std::string, double>;

class Space {
  public:
    Space() = default;
    /// @param fixed  values of the hyperparameters that `constraints` name but the space doesn't
    ///   search. A constraint with a name in neither holds.
    explicit Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints = {},
                   Point fixed = {});
    const std::vector<Parameter>& parameters() const { return parameters_; }
    const std::vector<Constraint>& constraints() const { return constraints_; }
    const Point& fixed() const { return fixed_; }
    const Parameter& find(const std::string& name) const;  ///< @throws std::out_of_range

    /// Whether the parameter's condition, if any, holds at the point.
    bool active(const Parameter& parameter, const Point& point) const;

    /// The point with every parameter that isn't active at its fixed value. Only such points are
    /// tried, so that two that train alike are equal.
    Point settled(Point point) const;

    /// Whether all constraints hold.
    bool feasible(const Point& point) const;

    /// `base` with the point's values set. @throws InputError for a value that `base` refuses.
    Hyperparameters apply(const Point& point, Hyperparameters base) const;

  private:
    std::vector<Parameter> parameters_;
    std::vector<Constraint> constraints_;
    Point fixed_;
};

/// What is searched of a model where nothing else is said (manygpcm::default_space), with its
/// constraints. @throws InputError for a model that has nothing to search
Space default_space(ModelKind model);
/// The published space of a model. @throws InputError where there is none
Space published_space(ModelKind model);

/// What must hold at every point of a space of the model.
std::vector<Constraint> constraints_of(ModelKind model);

/// A space written in TOML (docs/search.md). What `base.model` never looks at is left out;
/// conditions on what isn't searched are settled by `base`.
/// @throws InputError "file:line: what is wrong; expected what".
Space read_space(const std::filesystem::path& file, const Hyperparameters& base);

/// How a value is printed: reals with 6 decimals, words by their label, other values as they are.
std::string format_value(const Parameter& parameter, double value);

}  // namespace manygpcm::search
