// The search spaces of models as parameters, and what a point of a space means for a model.
#include "manygpcm/search/space.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

/// Where the choice of words `where` ("name=word", or "name=word,word") of `ranges` has one of the
/// words; elsewhere the parameter has the model's default.
Condition condition_of(std::string_view where, const std::vector<SearchRange>& ranges,
                       double otherwise) {
    const std::size_t equals = where.find('=');
    const auto of = std::ranges::find(ranges, where.substr(0, equals), &SearchRange::name);
    std::vector<double> values;
    for (std::size_t comma = equals; comma != where.npos; comma = where.find(',', comma + 1)) {
        const std::string_view rest = where.substr(comma + 1);
        const auto word = std::ranges::find(of->words, rest.substr(0, rest.find(',')));
        values.push_back(static_cast<double>(word - of->words.begin()));
    }
    return {std::string(of->name), std::move(values), otherwise};
}

Parameter parameter_of(const SearchRange& range) {
    Parameter parameter{
        .name = std::string(range.name), .kind = Parameter::Kind::choice, .choices = range.choices};
    for (const std::string_view word : range.words) {
        parameter.choices.push_back(static_cast<double>(parameter.labels.size()));
        parameter.labels.emplace_back(word);
    }
    if (parameter.choices.empty()) {
        parameter.kind = Parameter::Kind::real;
        parameter.low = range.low;
        parameter.high = range.high;
        parameter.log = range.log;
    } else {
        parameter.low = parameter.choices.front();
        parameter.high = parameter.choices.back();
    }
    return parameter;
}

Space space_of(const std::vector<SearchRange>& ranges, ModelKind model,
               const std::vector<Constraint>& constraints) {
    const Hyperparameters defaults = default_hyperparameters(model);
    std::vector<Parameter> parameters;
    for (const SearchRange& range : ranges) {
        parameters.push_back(parameter_of(range));
        if (!range.where.empty())
            parameters.back().condition =
                condition_of(range.where, ranges, value_in(defaults, parameters.back()).value());
    }
    return Space(std::move(parameters), constraints);
}

std::vector<Constraint> constraints_from(std::span<const Divides> all) {
    std::vector<Constraint> result;
    for (const Divides& constraint : all)
        result.push_back({std::string(constraint.divisor), Constraint::Relation::divides,
                          std::string(constraint.of)});
    return result;
}

bool holds_between(Constraint::Relation relation, double left, double right) {
    if (relation == Constraint::Relation::at_most) return left <= right;
    return std::fmod(right, left) == 0;
}

}  // namespace

Space::Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints,
             std::vector<Point> fixed)
    : parameters_(std::move(parameters)),
      constraints_(std::move(constraints)),
      fixed_(std::move(fixed)) {
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        index_.emplace(parameters_[i].name, i);
    const std::size_t models = contains(model_parameter) ? find(model_parameter).choices.size() : 1;
    const auto expect_one_or_each = [&](std::size_t values, const std::string& of) {
        if (values != 1 && values != models)
            throw std::invalid_argument(
                fmt::format("{}: {} values; expected one, or one a model", of, values));
    };
    if (!fixed_.empty()) expect_one_or_each(fixed_.size(), "what isn't searched");
    for (const Parameter& parameter : parameters_)
        if (parameter.condition)
            expect_one_or_each(parameter.condition->otherwise.size(), parameter.name);
    order_conditions();
}

/// Each behind those that it requires, round by round.
void Space::order_conditions() {
    std::vector<bool> placed;
    std::size_t left = 0;
    for (const Parameter& parameter : parameters_) {
        placed.push_back(!parameter.condition);
        left += parameter.condition ? 1 : 0;
    }
    const auto is_placed = [&](const Requirement& requirement) {
        const auto found = index_.find(requirement.name);
        if (found == index_.end() || parameters_[found->second].kind != Parameter::Kind::choice)
            throw std::invalid_argument(fmt::format(
                "a condition requires '{}', which is no choice of the space", requirement.name));
        return static_cast<bool>(placed[found->second]);
    };
    while (left > 0) {
        const std::size_t before = left;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            if (placed[i]) continue;
            const auto& any_of = parameters_[i].condition->any_of;
            if (!std::ranges::all_of(any_of, [&](const auto& all_of) {
                    return std::ranges::all_of(all_of, is_placed);
                }))
                continue;
            placed[i] = true;
            conditional_.push_back(i);
            --left;
        }
        if (left == before)
            throw std::invalid_argument(
                fmt::format("'{}': its condition requires itself by others",
                            parameters_[static_cast<std::size_t>(std::ranges::find(placed, false) -
                                                                 placed.begin())]
                                .name));
    }
}

const Parameter& Space::find(const std::string& name) const {
    const auto found = index_.find(name);
    if (found == index_.end())
        throw std::out_of_range(fmt::format("the space has no parameter '{}'", name));
    return parameters_[found->second];
}

/// None: the point lacks what it takes to tell.
std::optional<bool> Space::holds(const Condition& condition, const Point& point,
                                 const std::vector<bool>& active) const {
    bool known = true;
    const auto is_met = [&](const Requirement& requirement) {
        const auto value = point.find(requirement.name);
        if (value == point.end()) {
            known = false;
            return false;
        }
        return active[index_.at(requirement.name)] &&
               std::ranges::count(requirement.values, value->second) > 0;
    };
    for (const auto& all_of : condition.any_of)
        if (std::ranges::all_of(all_of, is_met)) return true;
    if (!known) return std::nullopt;
    return false;
}

std::vector<bool> Space::active(const Point& point) const {
    std::vector<bool> active(parameters_.size(), true);
    for (const std::size_t i : conditional_)
        active[i] = holds(*parameters_[i].condition, point, active).value_or(true);
    return active;
}

bool Space::active(const Parameter& parameter, const Point& point) const {
    return !parameter.condition || active(point)[index_.at(parameter.name)];
}

std::vector<const Parameter*> Space::searched_at(const Point& point) const {
    const std::vector<bool> active = this->active(point);
    std::vector<const Parameter*> searched;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        if (active[i]) searched.push_back(&parameters_[i]);
    return searched;
}

Point Space::settled(Point point) const {
    std::vector<bool> active(parameters_.size(), true);
    for (const std::size_t i : conditional_) {
        const Condition& condition = *parameters_[i].condition;
        active[i] = holds(condition, point, active).value_or(true);
        if (active[i]) continue;
        const std::vector<double>& values = condition.otherwise;
        if (values.size() == 1)
            point[parameters_[i].name] = values.front();
        else if (point.contains(model_parameter))
            point[parameters_[i].name] = values.at(model_of(point));
    }
    return point;
}

bool Space::feasible(const Point& point) const {
    const std::size_t model = model_of(point);
    const Point none;
    const Point& fixed = fixed_.empty() ? none : fixed_.size() == 1 ? fixed_[0] : fixed_[model];
    const auto value_of = [&](const std::string& name) -> std::optional<double> {
        if (const auto searched = point.find(name); searched != point.end())
            return searched->second;
        if (const auto found = fixed.find(name); found != fixed.end()) return found->second;
        return std::nullopt;
    };
    return std::ranges::all_of(constraints_, [&](const Constraint& constraint) {
        if (!constraint.models.empty() &&
            std::ranges::count(constraint.models, static_cast<double>(model)) == 0)
            return true;
        const auto left = value_of(constraint.left), right = value_of(constraint.right);
        return !left || !right || holds_between(constraint.relation, *left, *right);
    });
}

std::size_t Space::model_of(const Point& point) const {
    const auto found = point.find(model_parameter);
    // Another's parameter may have this name, and numbers for choices.
    const bool names = contains(model_parameter) && !find(model_parameter).ordered();
    return names && found != point.end() ? static_cast<std::size_t>(found->second) : 0;
}

Hyperparameters Space::apply(const Point& point, Hyperparameters base) const {
    for (const auto& [name, value] : point) {
        const auto parameter = std::ranges::find(parameters_, name, &Parameter::name);
        const bool word = parameter != parameters_.end() && !parameter->ordered();
        // The shortest text that reads back as the same double: nothing is lost on the way
        // through set().
        base.set(name, word ? format_value(*parameter, value) : fmt::format("{}", value));
    }
    base.validate();
    return base;
}

std::optional<double> value_in(const Hyperparameters& hyperparameters, const Parameter& parameter) {
    const nlohmann::json value = to_json(hyperparameters).at(parameter.name);
    if (value.is_number()) return value.get<double>();
    const auto label = std::ranges::find(parameter.labels, value.get<std::string>());
    if (label == parameter.labels.end()) return std::nullopt;
    return static_cast<double>(label - parameter.labels.begin());
}

Space default_space(ModelKind model) {
    const std::vector<SearchRange> ranges = manygpcm::default_space(model);
    if (ranges.empty())
        throw InputError(fmt::format(
            "--model {}: expected one that has something to search; 'manygpcm train' fits it",
            to_string(model)));
    if (searches_published_space(model)) return search::published_space(model);
    return space_of(ranges, model, constraints_from(constraints(model)));
}

Space published_space(ModelKind model) {
    const std::vector<SearchRange> ranges = manygpcm::published_space(model);
    if (ranges.empty())
        throw InputError(
            fmt::format("--space published: no space of {} was published; expected a "
                        "file or no --space",
                        to_string(model)));
    return space_of(ranges, model, constraints_from(published_constraints(model)));
}

std::vector<Constraint> constraints_of(ModelKind model) {
    return constraints_from(constraints(model));
}

Space space_without(const Space& space, const std::vector<std::string>& names,
                    const Hyperparameters& base) {
    std::set<std::string> gone(names.begin(), names.end());
    // Whether a requirement holds, where `base` decides of it.
    const auto met = [&](const Requirement& requirement) -> std::optional<bool> {
        if (!gone.contains(requirement.name)) return {};
        const auto value = value_in(base, space.find(requirement.name));
        return value && std::ranges::count(requirement.values, *value) > 0;
    };
    std::vector<Parameter> kept = space.parameters();
    const auto settle = [&](Parameter& parameter) {
        if (gone.contains(parameter.name)) return false;
        if (!parameter.condition) return true;
        auto& any_of = parameter.condition->any_of;
        std::erase_if(any_of, [&](const auto& all) {
            return std::ranges::any_of(all, [&](const auto& one) { return met(one) == false; });
        });
        for (auto& all : any_of)
            std::erase_if(all, [&](const auto& one) { return met(one) == true; });
        if (any_of.empty()) {
            gone.insert(parameter.name);
            return false;
        }
        if (std::ranges::any_of(any_of, [](const auto& all) { return all.empty(); }))
            parameter.condition.reset();
        return true;
    };
    // What goes may take others with it.
    for (std::size_t before = kept.size() + 1; kept.size() < before;) {
        before = kept.size();
        std::erase_if(kept, [&](Parameter& parameter) { return !settle(parameter); });
    }
    if (kept.empty())
        throw InputError(
            fmt::format("--set {}: leaves nothing to search; expected fewer, or "
                        "'manygpcm train'",
                        fmt::join(names, " ")));
    Point fixed = space.fixed().empty() ? Point{} : space.fixed().front();
    for (const Parameter& parameter : space.parameters())
        if (gone.contains(parameter.name))
            if (const auto value = value_in(base, parameter)) fixed[parameter.name] = *value;
    return Space(std::move(kept), space.constraints(), {fixed});
}

std::string format_value(const Parameter& parameter, double value) {
    if (!parameter.ordered()) return parameter.labels.at(static_cast<std::size_t>(value));
    if (parameter.kind != Parameter::Kind::real) return fmt::format("{}", value);
    // As the published report has it, but with digits enough.
    return value != 0 && std::abs(value) < 1e-4 ? fmt::format("{:.4g}", value)
                                                : fmt::format("{:.6f}", value);
}

}  // namespace manygpcm::search
