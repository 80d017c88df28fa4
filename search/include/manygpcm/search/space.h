// The search space as data: which hyperparameters are searched, over what, under which conditions.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

/// One searched hyperparameter, named as Hyperparameters::set names it.
struct Parameter {
    enum class Kind { real, choice };
    std::string name;
    Kind kind = Kind::real;
    double low = 0, high = 0;     ///< real: inclusive bounds
    bool log = false;             ///< real: uniform in the logarithm
    std::vector<double> choices;  ///< choice: the values in order
};

/// A point of the space: a value for every parameter of it, by name. Choices hold the value, not
/// its index.
using Point = std::map<std::string, double>;

class Space {
  public:
    Space() = default;
    explicit Space(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}
    const std::vector<Parameter>& parameters() const { return parameters_; }
    const Parameter& find(const std::string& name) const;  ///< @throws std::out_of_range

    /// Whether the constraints of the model family hold: n_heads divides embed_dim.
    bool feasible(const Point& point) const;

    /// `base` with the point's values set. @throws InputError for a value that `base` refuses.
    Hyperparameters apply(const Point& point, Hyperparameters base) const;

  private:
    std::vector<Parameter> parameters_;
};

/// The published space (docs/model.md): 15 parameters for the attention models; for deep_gpcm the 9
/// that are neither of attention (embed_dim, n_heads, n_cycles) nor of the loss (label_smoothing,
/// ce_weight_logit, focal_weight_logit).
Space builtin_space(ModelKind model);

/// How a value is printed: reals with 6 decimals, choices as they are.
std::string format_value(const Parameter& parameter, double value);

}  // namespace manygpcm
