// Reads a search space from TOML. Every mistake is an InputError with file and line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#define TOML_EXCEPTIONS 1
// toml++ asserts of its input what it refuses in words right after, as of "[$]": that is neither to
// end the program nor, as Clang takes it where NDEBUG is defined, to be relied on.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/search/sampler.h"
#include "manygpcm/search/space.h"
#include "manygpcm/search/space_of_models.h"
#include "space/toml_nesting.h"

namespace manygpcm::search {
namespace {

/// What a file has, as it has it, on one line.
std::string shown(const toml::node& node) {
    constexpr std::size_t longest = 60;
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    std::ostringstream stream;
    node.visit([&](const auto& value) { stream << value; });
    std::string text = stream.str();
    std::ranges::replace(text, '\n', ' ');
    if (text.size() > longest) text = text.substr(0, longest) + "...";
    return text;
}

constexpr const char* some_parameter =
    "tables such as [parameters.lr] with low and high, or choices";

/// The text with "?" for what is beyond ASCII, as comments alone may be: elsewhere that is refused.
/// Of toml++ 3.3 letters outside of texts and comments ask for the undefined.
std::string in_ascii(std::string text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    for (char& c : text)
        if (static_cast<unsigned char>(c) > 0x7F) c = '?';
    return text;
}

/// Reads what a file means for one model.
class SpaceReader {
  public:
    /// @param searches_models whether the model is one of several that are searched: the file then
    ///   may have nothing to search of it
    SpaceReader(std::string file, const Hyperparameters& base, bool searches_models)
        : file_(std::move(file)),
          base_(base),
          searches_models_(searches_models),
          values_(to_json(base)) {}

    Space read(const toml::table& document) {
        for (const auto& [key, node] : document)
            if (key != "parameters" && key != "constraints")
                fail(node, fmt::format("'{}' is unknown", key.str()),
                     "tables [parameters.NAME] and the array constraints");
        const toml::node* parameters = document.get("parameters");
        if (parameters && !parameters->as_table())
            fail(*parameters, fmt::format("parameters = {}", shown(*parameters)),
                 "tables [parameters.NAME]");
        if (!parameters || parameters->as_table()->empty())
            throw InputError(fmt::format("{}: {}; expected {}", file_,
                                         document.empty() ? "is empty" : "defines no parameter",
                                         some_parameter));

        // In the file's order, which toml++ doesn't keep; conditions after all, as they may name
        // any.
        std::vector<std::pair<std::string, const toml::node*>> nodes;
        for (const auto& [key, node] : *parameters->as_table())
            if (!searches_models_ || key != model_parameter) nodes.emplace_back(key.str(), &node);
        std::ranges::sort(nodes, {}, [](const auto& node) {
            const toml::source_position at = node.second->source().begin;
            return std::pair(at.line, at.column);
        });
        for (const auto& [name, node] : nodes) {
            Parameter parameter = read_parameter(name, *node);
            if (!ignored(name)) entries_.push_back({std::move(parameter), node->as_table()});
        }
        std::vector<Parameter> searched;
        for (Entry& entry : entries_)
            if (is_searched(entry)) searched.push_back(entry.parameter);
        if (entries_.empty() && !searches_models_)
            throw InputError(
                fmt::format("{}: {} has none of the parameters; expected another "
                            "beside {}",
                            file_, to_string(base_.model), fmt::join(ignored_names(), ", ")));
        if (searched.empty() && !searches_models_)
            throw InputError(
                fmt::format("{}: no parameter is ever searched, {}; expected a --set "
                            "that one of the conditions holds for, or a parameter "
                            "without",
                            file_, why_none()));
        return make(std::move(searched), read_constraints(document.get("constraints")));
    }

  private:
    struct Entry {
        Parameter parameter;
        const toml::table* table;
        enum class Searched { unknown, in_question, no, yes } searched = Searched::unknown;
    };

    [[noreturn]] void fail(const toml::node& node, const std::string& complaint) const {
        throw InputError(fmt::format(
            "{}:{}: {}", file_, std::max<std::size_t>(node.source().begin.line, 1), complaint));
    }
    [[noreturn]] void fail(const toml::node& node, const std::string& found,
                           const std::string& expected) const {
        fail(node, fmt::format("{}; expected {}", found, expected));
    }

    /// The hyperparameters by which a file may call its parameters.
    static std::vector<std::string> names() {
        std::vector<std::string> result(hyperparameter_names().begin(),
                                        hyperparameter_names().end());
        std::erase(result, "model");
        return result;
    }
    std::vector<std::string> numeric_names() const {
        std::vector<std::string> result = names();
        std::erase_if(result, [&](const auto& name) { return !values_.at(name).is_number(); });
        return result;
    }
    bool knows(const std::string& name) const { return values_.contains(name) && name != "model"; }

    /// Of a space whose conditions all name what isn't searched and has another value: the first.
    std::string why_none() const {
        const Entry& first = entries_.front();
        const toml::table& when = *alternatives_of(first).front();
        const std::string name(when.begin()->first.str());
        return fmt::format(
            "for instance {} only when {} is one of {}, which isn't searched and is "
            "{}",
            first.parameter.name, name, shown(when.begin()->second), value_text(values_.at(name)));
    }

    std::vector<std::string> ignored_names() const {
        std::vector<std::string> result = names();
        std::erase_if(result, [&](const auto& name) { return !ignored(name); });
        return result;
    }
    bool ignored(const std::string& name) const { return !uses(base_.model, name); }

    /// Whether the hyperparameter would take the text.
    void try_value(const toml::node& node, const std::string& name, const std::string& text) const {
        Hyperparameters trial = base_;
        try {
            trial.set(name, text);
        } catch (const InputError& error) {
            fail(node, error.what());
        }
    }

    /// @param key  whose value the number is, or one of whose values
    double read_number(const std::string& name, std::string_view key,
                       const toml::node& node) const {
        const auto value = node.value<double>();
        if (!value || !node.is_number() || !std::isfinite(*value))
            fail(node, fmt::format("{}: {}: {}", name, key, shown(node)), "a finite number");
        try_value(node, name, fmt::format("{}", *value));
        return *value;
    }

    Parameter read_parameter(const std::string& name, const toml::node& node) const {
        if (name == model_parameter)
            fail(node, fmt::format("parameter 'model' beside --model {}", to_string(base_.model)),
                 "--model auto, which searches models");
        if (!knows(name))
            fail(node, fmt::format("parameter '{}' is unknown", name),
                 fmt::format("one of {}", fmt::join(names(), ", ")));
        const auto known = values_.find(name);
        const toml::table* table = node.as_table();
        if (!table)
            fail(node, fmt::format("{} = {}", name, shown(node)),
                 "a table with low and high, or choices");
        for (const auto& [key, value] : *table)
            if (key != "low" && key != "high" && key != "log" && key != "choices" &&
                key != "when" && key != "otherwise")
                fail(value, fmt::format("{}: '{}' is unknown", name, key.str()),
                     "low, high, log, choices, when, otherwise");

        Parameter parameter;
        parameter.name = name;
        const toml::node *low = table->get("low"), *high = table->get("high");
        if (const toml::node* choices = table->get("choices")) {
            if (low || high || table->get("log"))
                fail(*choices, fmt::format("{}: choices beside low, high or log", name),
                     "choices alone, or a range");
            read_choices(parameter, *choices, known->is_string());
            return parameter;
        }
        if (known->is_string())
            fail(node, fmt::format("{}: no choices", name), "them, since its values are words");
        if (!low || !high)
            fail(node, fmt::format("{}: no {}", name, low ? "high" : "low"),
                 "low and high, or choices");
        parameter.kind =
            known->is_number_integer() ? Parameter::Kind::integer : Parameter::Kind::real;
        parameter.low = read_number(name, "low", *low);
        parameter.high = read_number(name, "high", *high);
        if (parameter.low >= parameter.high)
            fail(*high,
                 fmt::format("{}: high {} isn't above low {}", name, parameter.high, parameter.low),
                 "low < high");
        if (const toml::node* log = table->get("log")) {
            const auto flag = log->value<bool>();
            if (!flag || !log->is_boolean())
                fail(*log, fmt::format("{}: log = {}", name, shown(*log)), "true or false");
            parameter.log = *flag;
            if (parameter.log && parameter.low <= 0)
                fail(*low, fmt::format("{}: low {} has no logarithm", name, parameter.low),
                     "low > 0 where log = true");
        }
        return parameter;
    }

    void read_choices(Parameter& parameter, const toml::node& node, bool words) const {
        parameter.kind = Parameter::Kind::choice;
        const toml::array* array = node.as_array();
        if (!array || array->size() < 2)
            fail(node, fmt::format("{}: choices = {}", parameter.name, shown(node)),
                 "an array of two or more (--set chooses a single value)");
        for (const toml::node& item : *array) {
            if (words) {
                const auto word = item.value<std::string>();
                if (!word)
                    fail(item, fmt::format("{}: choices: {}", parameter.name, shown(item)),
                         "words in quotes");
                try_value(item, parameter.name, *word);
                if (std::ranges::count(parameter.labels, *word) > 0)
                    fail(item, fmt::format("{}: '{}' twice", parameter.name, *word),
                         "different choices");
                parameter.choices.push_back(static_cast<double>(parameter.labels.size()));
                parameter.labels.push_back(*word);
            } else {
                const double value = read_number(parameter.name, "choices", item);
                if (!parameter.choices.empty() && value <= parameter.choices.back())
                    fail(item,
                         fmt::format("{}: {} after {}", parameter.name, value,
                                     parameter.choices.back()),
                         "choices in ascending order");
                parameter.choices.push_back(value);
            }
        }
    }

    /// The value of a choice, written as in `choices`.
    /// @param where  whose key says it
    double read_choice(const Parameter& parameter, const std::string& where,
                       const toml::node& node) const {
        if (parameter.ordered()) {
            const auto value = node.value<double>();
            if (value && std::ranges::count(parameter.choices, *value) > 0) return *value;
        } else if (const auto word = node.value<std::string>()) {
            const auto found = std::ranges::find(parameter.labels, *word);
            if (found != parameter.labels.end())
                return static_cast<double>(found - parameter.labels.begin());
        }
        fail(node, fmt::format("{}: {} is no choice of {}", where, shown(node), parameter.name),
             parameter.ordered() ? fmt::format("one of {}", fmt::join(parameter.choices, ", "))
                                 : fmt::format("one of {}", fmt::join(parameter.labels, ", ")));
    }

    /// What `when` has: one table, or several of which one is to hold.
    std::vector<const toml::table*> alternatives_of(const Entry& entry) const {
        const toml::node& when = *entry.table->get("when");
        const auto expect = [&](bool met) {
            if (!met)
                fail(when, fmt::format("{}: when = {}", entry.parameter.name, shown(when)),
                     "when = { NAME = [values] }");
        };
        std::vector<const toml::table*> alternatives;
        if (const toml::array* several = when.as_array())
            for (const toml::node& one : *several)
                alternatives.push_back(one.as_table());
        else
            alternatives.push_back(when.as_table());
        expect(!alternatives.empty());
        for (const toml::table* all_of : alternatives) {
            expect(all_of && !all_of->empty());
            for (const auto& [name, values] : *all_of)
                expect(values.as_array() && !values.as_array()->empty());
        }
        return alternatives;
    }

    /// Whether what isn't searched has one of the values. What the model never looks at has none.
    bool has_one_of(const std::string& name, const toml::array& values) const {
        const nlohmann::json& fixed = values_.at(name);
        for (const toml::node& item : values)
            try_value(item, name, item.value<std::string>().value_or(shown(item)));
        return !ignored(name) && std::ranges::any_of(values, [&](const toml::node& item) {
            if (fixed.is_string()) return item.value<std::string>() == fixed.get<std::string>();
            return item.value<double>() == fixed.get<double>();
        });
    }

    /// @param when  where it stands, and whose
    /// @param met  gets whether one of the values is there, where that is the same for all points
    /// @return else what every point has to have
    std::optional<Requirement> read_requirement(const std::string& whose, const toml::node& when,
                                                const std::string& name, const toml::array& values,
                                                bool& met) {
        if (name == whose)
            fail(when, fmt::format("{}: when names itself", whose), "another hyperparameter");
        if (!knows(name) && name != model_parameter)
            fail(when, fmt::format("{}: when names '{}', which is unknown", whose, name),
                 fmt::format("one of {}", fmt::join(names(), ", ")));
        const auto entry = std::ranges::find(
            entries_, name, [](const Entry& one) -> const auto& { return one.parameter.name; });
        if (entry == entries_.end()) {
            met = has_one_of(name, values);
            return std::nullopt;
        }
        if (entry->parameter.kind != Parameter::Kind::choice)
            fail(when, fmt::format("{}: when names '{}', which has no choices", whose, name),
                 "a parameter with choices");
        if (entry->searched == Entry::Searched::in_question)
            fail(when,
                 fmt::format("{}: when names '{}', whose own names lead back here", whose, name),
                 "conditions that end somewhere");
        Requirement requirement{name, {}};
        for (const toml::node& item : values)
            requirement.values.push_back(
                read_choice(entry->parameter, fmt::format("{}: when", whose), item));
        if (is_searched(*entry)) return requirement;
        met = has_one_of(name, values);
        return std::nullopt;
    }

    /// Whether the parameter is ever searched; it then has its condition. What that names comes
    /// first, by recursion as deep as there are hyperparameters.
    bool is_searched(Entry& entry) {
        using Searched = Entry::Searched;
        if (entry.searched == Searched::unknown) {
            entry.searched = Searched::in_question;
            entry.searched = read_condition(entry) ? Searched::yes : Searched::no;
        }
        return entry.searched == Searched::yes;
    }

    bool read_condition(Entry& entry) {
        Parameter& parameter = entry.parameter;
        const toml::node *when = entry.table->get("when"),
                         *otherwise = entry.table->get("otherwise");
        if (!when) {
            if (otherwise)
                fail(*otherwise, fmt::format("{}: otherwise without when", parameter.name),
                     "both or neither");
            return true;
        }
        Condition condition;
        bool always = false;
        for (const toml::table* alternative : alternatives_of(entry)) {
            std::vector<Requirement> all_of;
            bool possible = true;
            for (const auto& [name, values] : *alternative) {
                bool met = true;
                auto requirement = read_requirement(parameter.name, *when, std::string(name.str()),
                                                    *values.as_array(), met);
                if (requirement) all_of.push_back(*std::move(requirement));
                possible = possible && met;
            }
            always = always || (possible && all_of.empty());
            if (possible) condition.any_of.push_back(std::move(all_of));
        }
        if (always) return true;
        if (condition.any_of.empty()) return false;
        if (!parameter.ordered()) {
            if (!otherwise)
                fail(*entry.table, fmt::format("{}: when without otherwise", parameter.name),
                     fmt::format("otherwise = one of its choices, {}",
                                 fmt::join(parameter.labels, ", ")));
            condition.otherwise = {
                read_choice(parameter, fmt::format("{}: otherwise", parameter.name), *otherwise)};
        } else {
            condition.otherwise = {otherwise ? read_number(parameter.name, "otherwise", *otherwise)
                                             : values_.at(parameter.name).get<double>()};
        }
        parameter.condition = std::move(condition);
        return true;
    }

    std::vector<Constraint> read_constraints(const toml::node* node) const {
        std::vector<Constraint> constraints = constraints_of(base_.model);
        if (!node) return constraints;
        if (!node->as_array())
            fail(*node, fmt::format("constraints = {}", shown(*node)), "an array of texts");
        for (const toml::node& item : *node->as_array()) {
            const std::string text = item.value_or(std::string());
            std::istringstream words(text);
            std::string left, relation, right, rest;
            words >> left >> relation >> right;
            const bool complete = !right.empty() && !(words >> rest);
            if (!complete || (relation != "divides" && relation != "at_most"))
                fail(item, fmt::format("constraint {}", shown(item)),
                     "\"NAME divides NAME\" or \"NAME at_most NAME\"");
            for (const std::string& name : {left, right})
                if (!values_.contains(name) || !values_.at(name).is_number())
                    fail(item,
                         fmt::format("constraint {} names '{}', which is {}", shown(item), name,
                                     knows(name) ? "no number" : "unknown"),
                         fmt::format("two of {}", fmt::join(numeric_names(), ", ")));
            // What is about some of several models says nothing of the others.
            if (searches_models_ && (ignored(left) || ignored(right))) continue;
            constraints.push_back({left,
                                   relation == "divides" ? Constraint::Relation::divides
                                                         : Constraint::Relation::at_most,
                                   right});
        }
        return constraints;
    }

    Space make(std::vector<Parameter> parameters, std::vector<Constraint> constraints) const {
        Point fixed;
        for (const auto& [name, value] : values_.items())
            if (value.is_number() && std::ranges::count(parameters, name, &Parameter::name) == 0)
                fixed[name] = value.get<double>();
        return Space(std::move(parameters), std::move(constraints), {std::move(fixed)});
    }

    std::string file_;
    const Hyperparameters& base_;
    bool searches_models_;
    nlohmann::json values_;  // of base_, by name
    std::vector<Entry> entries_;
};

toml::table parse(const std::filesystem::path& file) {
    const std::string text = in_ascii(read_file(file));
    if (const int line = too_deep_line(text))
        throw InputError(fmt::format("{}:{}: nested deeper than {} levels; expected TOML of a few",
                                     file.string(), line, deepest_toml));
    try {
        return toml::parse(text, file.string());
    } catch (const toml::parse_error& error) {
        throw InputError(fmt::format("{}:{}: {}; expected TOML", file.string(),
                                     error.source().begin.line, error.description()));
    }
}

void expect_feasible(const Space& space, const std::filesystem::path& file) {
    try {
        make_sampler("random", space, 0)->next_point();
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", file.string(), error.what()));
    }
}

/// The models that [parameters.model] chooses among; without it those of auto.
std::vector<ModelKind> read_models(const toml::table& document, const std::string& file) {
    const auto fail = [&](const toml::node& node, const std::string& found,
                          const std::string& expected) {
        throw InputError(fmt::format("{}:{}: {}; expected {}", file,
                                     std::max<std::size_t>(node.source().begin.line, 1), found,
                                     expected));
    };
    const toml::node* node = document.at_path("parameters.model").node();
    if (!node) return auto_models();
    const toml::table* table = node->as_table();
    const toml::node* choices = table ? table->get("choices") : nullptr;
    if (!choices || table->size() > 1)
        fail(*node, fmt::format("model = {}", shown(*node)), "a table with choices alone");
    const toml::array* array = choices->as_array();
    if (!array || array->size() < 2)
        fail(*choices, fmt::format("model: choices = {}", shown(*choices)),
             "an array of two or more (--model chooses a single one)");
    std::vector<ModelKind> models;
    for (const toml::node& item : *array) {
        const std::string name = item.value<std::string>().value_or(shown(item));
        if (std::ranges::count(model_names(), name) == 0)
            fail(item, fmt::format("model: choices: {}", shown(item)),
                 fmt::format("some of {}", fmt::join(model_names(), ", ")));
        if (std::ranges::count(models, parse_model(name)) > 0)
            fail(item, fmt::format("model: '{}' twice", name), "different choices");
        models.push_back(parse_model(name));
    }
    return models;
}

}  // namespace

Space read_space(const std::filesystem::path& file, const Hyperparameters& base) {
    Space space = SpaceReader(file.string(), base, false).read(parse(file));
    expect_feasible(space, file);
    return space;
}

SpaceOfModels read_space_of_models(const std::filesystem::path& file, const BaseOf& base_of) {
    const toml::table document = parse(file);
    std::vector<Hyperparameters> bases;
    std::vector<Space> spaces;
    for (const ModelKind model : read_models(document, file.string())) {
        bases.push_back(base_of(model));
        spaces.push_back(SpaceReader(file.string(), bases.back(), true).read(document));
    }
    SpaceOfModels all = space_of_models(std::move(bases), spaces);
    expect_feasible(all.space, file);
    return all;
}

}  // namespace manygpcm::search
