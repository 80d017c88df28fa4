// The search space as data: which hyperparameters are searched, over what, under which conditions
// and constraints.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm::search {

/// The name of the parameter whose choices are models.
inline constexpr const char* model_parameter = "model";

/// Asks for a parameter that is searched at the point, at one of some of its choices.
struct Requirement {
    std::string name;
    std::vector<double> values;
    friend bool operator==(const Requirement&, const Requirement&) = default;
};

/// When a parameter is searched. Elsewhere it has no effect worth a search, and is fixed.
struct Condition {
    Condition() = default;
    Condition(std::string name, std::vector<double> values, double otherwise_value)
        : any_of({{{std::move(name), std::move(values)}}}), otherwise({otherwise_value}) {}

    /// Where all requirements of one of these are met.
    std::vector<std::vector<Requirement>> any_of;
    /// The parameter's value where it isn't searched: one, or one for each choice of `model`.
    std::vector<double> otherwise;
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
    std::vector<double> models = {};  ///< the choices of `model` that it is about; empty: all
    friend bool operator==(const Constraint&, const Constraint&) = default;
};

/// A point of the space: a value for every parameter of it, by name. Choices hold the value, not
/// its index; a choice of words the index of its label.
using Point = std::map<std::string, double>;

/// What chose a point: given before the search (its first ones, and what was enqueued), drawn
/// without a look at scores, or chosen by the scores of others.
enum class Origin { given, chance, scores };

class Space {
  public:
    Space() = default;
    /// @param fixed  values of the hyperparameters that `constraints` name but the space doesn't
    ///   search: for all points, or for each choice of `model`. A constraint with a name in neither
    ///   holds.
    /// @throws std::invalid_argument for a condition that requires what isn't a choice of the
    ///   space, or that requires itself by others; for as many values as neither one nor a model
    explicit Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints = {},
                   std::vector<Point> fixed = {});
    const std::vector<Parameter>& parameters() const { return parameters_; }
    const std::vector<Constraint>& constraints() const { return constraints_; }
    const std::vector<Point>& fixed() const { return fixed_; }
    const Parameter& find(const std::string& name) const;  ///< @throws std::out_of_range
    bool contains(const std::string& name) const { return index_.contains(name); }

    /// Whether each parameter is searched at the point: its condition, if any, holds. [parameter]
    /// A condition on what the point lacks does.
    std::vector<bool> active(const Point& point) const;
    bool active(const Parameter& parameter, const Point& point) const;
    /// Those that are searched at the point, in order.
    std::vector<const Parameter*> searched_at(const Point& point) const;

    /// The point with every parameter that isn't active at its fixed value. Only such points are
    /// tried, so that two that train alike are equal. What depends on what the point lacks is left.
    Point settled(Point point) const;

    /// Whether all constraints hold.
    bool feasible(const Point& point) const;

    /// Which choice of `model` the point has; 0 where models aren't searched.
    std::size_t model_of(const Point& point) const;

    /// `base` with the point's values set. @throws InputError for a value that `base` refuses.
    Hyperparameters apply(const Point& point, Hyperparameters base) const;

  private:
    std::optional<bool> holds(const Condition& condition, const Point& point,
                              const std::vector<bool>& active) const;
    void order_conditions();

    std::vector<Parameter> parameters_;
    std::vector<Constraint> constraints_;
    std::vector<Point> fixed_;
    std::map<std::string, std::size_t> index_;  // of parameters_, by name
    std::vector<std::size_t> conditional_;      // those with a condition, after what it requires
};

/// The value of a hyperparameter as a point has it; none for a word that isn't among the choices.
std::optional<double> value_in(const Hyperparameters& hyperparameters, const Parameter& parameter);

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

/// The space of one model without some of its parameters, which are as in `base`: what was searched
/// at certain of their values is so always, or never and then as in `base`, too.
/// @throws InputError where nothing is left to search
Space space_without(const Space& space, const std::vector<std::string>& names,
                    const Hyperparameters& base);

/// How a value is printed: reals with 6 decimals, words by their label, other values as they are.
std::string format_value(const Parameter& parameter, double value);

}  // namespace manygpcm::search
