// The rows of the hyperparameters, and what goes by them: setting, checking, documenting, JSON.
#include "manygpcm/engine/hyperparameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"
#include "model/hyperparameter_rows.h"
#include "model/models.h"

namespace manygpcm {
namespace {

using Row = HyperparameterRow;
using Choice = Row::Choice;
using Integer = Row::Integer;
using Real = Row::Real;
using Scope = Row::Scope;
using Shapes = Row::Shapes;
using H = Hyperparameters;
using Names = std::span<const std::string_view>;

// In the order of the enumerations.
constexpr std::array<std::string_view, 2> attention_names = {"causal", "bidirectional"};
constexpr std::array<std::string_view, 2> threshold_link_names = {"identity", "tanh"};
constexpr std::array<std::string_view, 2> optimizer_names = {"adam", "adamw"};
constexpr std::array<std::string_view, 2> lr_schedule_names = {"constant", "cosine"};
constexpr std::array<std::string_view, 2> item_prior_names = {"none", "weak"};
constexpr std::array<std::string_view, 2> ability_from_names = {"state", "state_and_question"};
constexpr std::array<std::string_view, 3> core_names = {"gru", "memory", "none"};
constexpr std::array<std::string_view, 2> switch_names = {"off", "on"};
constexpr std::array<std::string_view, 4> history_names = {"off", "input", "head", "both"};

constexpr bool excluded = false;
constexpr std::string_view always_named;

std::optional<SearchRange> choices(std::vector<double> values) {
    return SearchRange{.name = {}, .choices = std::move(values)};
}

std::optional<SearchRange> range(double low, double high, bool log = false) {
    return SearchRange{.name = {}, .choices = {}, .low = low, .high = high, .log = log};
}

constexpr std::nullopt_t not_published = std::nullopt;

/// A part of a model that may be left out.
Row part(std::string_view name, Row::Member<Switch> member, std::string_view help) {
    return {name,
            Choice{member, switch_names},
            Scope::where_used,
            Shapes::operations,
            not_published,
            "on",
            help};
}

std::vector<Row> make_rows() {
    // Name; place and range; which models; what it shapes; the published range; the value before it
    // existed; help.
    std::vector<Row> rows = {
        {"model", Choice{&H::model, model_names()}, Scope::every_model, Shapes::operations,
         not_published, always_named, ""},
        {"attention", Choice{&H::attention, attention_names}, Scope::where_used, Shapes::tape,
         not_published, "causal",
         "what a step's refinement sees; bidirectional lets later answers leak into earlier "
         "predictions, so its scores are inflated"},
        {"threshold_link", Choice{&H::threshold_link, threshold_link_names}, Scope::where_used,
         Shapes::tape, not_published, "identity", "tanh keeps thresholds within -1 and 1"},
        {"optimizer", Choice{&H::optimizer, optimizer_names}, Scope::every_model, Shapes::nothing,
         not_published, "adam", "how weight decay acts: added to the gradient, or apart from it"},
        {"memory_size", Integer{&H::memory_size, 1, 1024}, Scope::where_used, Shapes::tape,
         choices({20, 50, 100}), always_named, "memory slots"},
        {"final_fc_dim", Integer{&H::final_fc_dim, 1, 4096}, Scope::where_used, Shapes::tape,
         choices({50, 100}), always_named, "width of the summary"},
        {"dropout_rate", Real{&H::dropout_rate, 0, 1, true, excluded}, Scope::where_used,
         Shapes::tape, choices({0.0, 0.1, 0.2}), "0.1", ""},
        {"embed_dim", Integer{&H::embed_dim, 1, 4096}, Scope::where_used, Shapes::tape,
         choices({32, 64, 128}), always_named, "width of the response embedding"},
        {"n_heads", Integer{&H::n_heads, 1, 64}, Scope::where_used, Shapes::tape,
         choices({2, 4, 8}), always_named, "attention heads"},
        {"n_cycles", Integer{&H::n_cycles, 1, 8}, Scope::where_used, Shapes::operations,
         choices({1, 2, 3}), always_named, "refinements by attention"},
        {"key_dim", Integer{&H::key_dim, 1, 4096}, Scope::where_used, Shapes::tape,
         choices({32, 50, 64, 128}), always_named, "width of a question's vector"},
        {"value_dim", Integer{&H::value_dim, 1, 4096}, Scope::where_used, Shapes::tape,
         choices({128, 200, 256, 512}), always_named,
         "width of a memory slot, or of a state without slots"},
        {"batch_size", Integer{&H::batch_size, 1, 65536}, Scope::every_model, Shapes::tape,
         choices({32, 64, 128, 256}), "32", "learners a step of the optimizer"},
        {"lr", Real{&H::lr, 0, 1, excluded}, Scope::every_model, Shapes::nothing,
         range(1e-4, 1e-2, true), "0.002", "learning rate"},
        {"weight_decay", Real{&H::weight_decay, 0, 1}, Scope::every_model, Shapes::nothing,
         range(1e-6, 1e-3, true), "0", ""},
        {"grad_clip", Real{&H::grad_clip, 0, 1e6, excluded}, Scope::every_model, Shapes::nothing,
         range(0.5, 5), "5", "bound of the gradient's norm"},
        {"label_smoothing", Real{&H::label_smoothing, 0, 1, true, excluded}, Scope::every_model,
         Shapes::nothing, range(0, 0.2), "0", ""},
        {"ce_weight_logit", Real{&H::ce_weight_logit, -100, 100}, Scope::every_model,
         Shapes::nothing, range(-2, 2), "1.386294361119891",
         "the loss weighs cross-entropy, focal loss and kappa by the softmax of this,", "ln 4"},
        {"focal_weight_logit", Real{&H::focal_weight_logit, -100, 100}, Scope::every_model,
         Shapes::nothing, range(-2, 2), "-30", "this and 0: by default 0.8, 0 and 0.2"},
        {"lr_patience", Integer{&H::lr_patience, 0, 1000}, Scope::every_model, Shapes::nothing,
         not_published, "0",
         "epochs without a better validation score before the learning rate is cut by 0.8; 0: "
         "never"},
        {"lr_schedule", Choice{&H::lr_schedule, lr_schedule_names}, Scope::every_model,
         Shapes::nothing, not_published, "constant",
         "cosine lowers the learning rate to 0 over the epochs that are asked for"},
        {"warmup_steps", Integer{&H::warmup_steps, 0, 1000000}, Scope::every_model, Shapes::nothing,
         not_published, "0",
         "first steps of the optimizer, in which the learning rate rises evenly"},
        {"item_prior", Choice{&H::item_prior, item_prior_names}, Scope::where_used, Shapes::nothing,
         not_published, "weak",
         "of the classical items: normal, or none, which is maximum likelihood"},
        {"ability_from", Choice{&H::ability_from, ability_from_names}, Scope::where_used,
         Shapes::operations, not_published, "state_and_question",
         "what ability is read from; state: from what is known of the learner alone, so that it is "
         "the same whichever question comes next"},
        {"ordered_thresholds", Choice{&H::ordered_thresholds, switch_names}, Scope::where_used,
         Shapes::operations, not_published, "off",
         "a question's thresholds ascend; of `residual_gpcm`, its steps"},
        {"core", Choice{&H::core, core_names}, Scope::where_used, Shapes::operations, not_published,
         "gru", "what remembers responses beside the posterior of ability"},
        part("fitted_items", &H::fitted_items, "questions start as the classical model's"),
        part("posterior_ability", &H::posterior_ability,
             "ability is the classical posterior's mean and what the core adds"),
        part("posterior_input", &H::posterior_input, "the core sees the posterior"),
        part("question_readout", &H::question_readout, "a read-out of the core for each question"),
        part("history_input", &H::history_input,
             "the core sees what the learner has done with the question"),
        part("history_head", &H::history_head, "and so does the head"),
        part("hidden_layer", &H::hidden_layer,
             "a layer of `final_fc_dim` units over core, question and history"),
        {"history", Choice{&H::history, history_names}, Scope::where_used, Shapes::operations,
         not_published, "off",
         "where a model but `residual_gpcm` sees what the learner has done with the question: "
         "among what memory or GRU take in, at the head, or both"},
    };
    for (Row& row : rows)
        if (row.published) row.published->name = row.name;
    return rows;
}

/// The number that is all of `text`, or nothing. std::from_chars, for no locale may change what a
/// number is.
template <class T>
bool parse(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

bool assign(H& h, const Choice& choice, std::string_view text) {
    const auto found = std::ranges::find(choice.names, text);
    if (found == choice.names.end()) return false;
    std::visit(
        [&]<class T>(Row::Member<T> member) {
            h.*member = static_cast<T>(static_cast<int>(found - choice.names.begin()));
        },
        choice.member);
    return true;
}

bool assign(H& h, const Integer& integer, std::string_view text) {
    int value = 0;
    if (!parse(text, value) || value < integer.low || value > integer.high) return false;
    h.*integer.member = value;
    return true;
}

bool assign(H& h, const Real& real, std::string_view text) {
    double value = 0;
    if (!parse(text, value)) return false;
    // Written so that NaN, for which every comparison is false, is refused.
    const bool above = real.low_included ? value >= real.low : value > real.low;
    const bool below = real.high_included ? value <= real.high : value < real.high;
    if (!above || !below) return false;
    h.*real.member = value;
    return true;
}

/// The names that are worth a try: all but the model's, which is chosen before any.
Names settable_names() {
    return hyperparameter_names().subspan(1);
}

std::string expectation(const Choice& choice, std::string_view found) {
    return fmt::format("one of {}{}", fmt::join(choice.names, ", "),
                       did_you_mean(found, choice.names));
}

std::string expectation(const Integer& integer, std::string_view) {
    return fmt::format("an integer from {} to {}", integer.low, integer.high);
}

std::string expectation(const Real& real, std::string_view) {
    return fmt::format("a number x with {} {} x {} {}", real.low, real.low_included ? "<=" : "<",
                       real.high_included ? "<=" : "<", real.high);
}

nlohmann::json value_of(const H& h, const Choice& choice) {
    return std::visit(
        [&]<class T>(Row::Member<T> member) {
            return nlohmann::json(
                choice.names[static_cast<std::size_t>(static_cast<int>(h.*member))]);
        },
        choice.member);
}

nlohmann::json value_of(const H& h, const Integer& integer) {
    return h.*integer.member;
}
nlohmann::json value_of(const H& h, const Real& real) {
    return h.*real.member;
}

void copy(const H& from, H& to, const Row& row) {
    std::visit(
        [&]<class Kind>(const Kind& kind) {
            if constexpr (std::is_same_v<Kind, Choice>)
                std::visit([&](const auto member) { to.*member = from.*member; }, kind.member);
            else
                to.*kind.member = from.*kind.member;
        },
        row.kind);
}

std::string accepted(const Choice& choice) {
    return fmt::format("{}", fmt::join(choice.names, ", "));
}

std::string accepted(const Integer& integer) {
    return fmt::format("{} to {}", integer.low, integer.high);
}

std::string accepted(const Real& real) {
    return fmt::format("{}{}{}to {}{:.0f}", real.low_included ? "" : "above ", real.low,
                       real.low_included ? " " : ", ", real.high_included ? "" : "below ",
                       real.high);
}

/// ", a divisor of ..." where a model asks for it.
std::string constraint_on(std::string_view name) {
    for (const ModelKind model : all_models())
        for (const Divides& constraint : constraints(model))
            if (constraint.divisor == name)
                return fmt::format(", a divisor of `{}`", constraint.of);
    return {};
}

/// The value of a hyperparameter of whole numbers.
int whole(const H& h, std::string_view name) {
    return h.*std::get<Integer>(find_row(name).kind).member;
}

}  // namespace

std::span<const HyperparameterRow> hyperparameter_rows() {
    static const std::vector<Row> rows = make_rows();
    return rows;
}

const HyperparameterRow& find_row(std::string_view name) {
    const auto rows = hyperparameter_rows();
    const auto found = std::ranges::find(rows, name, &Row::name);
    if (found == rows.end())
        throw std::out_of_range(fmt::format("no hyperparameter is named '{}'", name));
    return *found;
}

Hyperparameters shape_of(const Hyperparameters& h, Shapes least) {
    Hyperparameters shape;
    for (const Row& row : hyperparameter_rows())
        if (row.shapes >= least && uses(h.model, row.name)) copy(h, shape, row);
    return shape;
}

void Hyperparameters::set(std::string_view name, std::string_view value) {
    const auto row = std::ranges::find(hyperparameter_rows(), name, &Row::name);
    if (row == hyperparameter_rows().end())
        throw InputError(fmt::format("{}={}: no such hyperparameter{}; expected one of {}", name,
                                     value, did_you_mean(name, settable_names()),
                                     fmt::join(settable_names(), ", ")));
    std::visit(
        [&](const auto& kind) {
            if (!assign(*this, kind, value))
                throw InputError(
                    fmt::format("{}={}: expected {}", name, value, expectation(kind, value)));
        },
        row->kind);
}

void Hyperparameters::validate() const {
    for (const auto& [divisor, of] : constraints(model))
        if (whole(*this, of) % whole(*this, divisor) != 0)
            throw InputError(fmt::format("{}={}: expected a divisor of {}, which is {}", divisor,
                                         whole(*this, divisor), of, whole(*this, of)));
}

nlohmann::json to_json(const Hyperparameters& h) {
    nlohmann::json json = nlohmann::json::object();
    for (const Row& row : hyperparameter_rows())
        json[std::string(row.name)] =
            std::visit([&](const auto& kind) { return value_of(h, kind); }, row.kind);
    return json;
}

std::string value_text(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

void set_from_json(Hyperparameters& h, const nlohmann::json& values) {
    for (const auto& [name, value] : values.items())
        h.set(name, value_text(value));
}

void fill_in_missing(nlohmann::json& values) {
    Hyperparameters before;
    for (const Row& row : hyperparameter_rows())
        if (!row.before.empty()) before.set(row.name, row.before);
    const nlohmann::json all = to_json(before);
    for (const auto& [name, value] : all.items())
        if (!values.contains(name)) values[name] = value;
}

std::span<const std::string_view> hyperparameter_names() {
    static const auto names = [] {
        std::vector<std::string_view> result;
        for (const Row& row : hyperparameter_rows())
            result.push_back(row.name);
        return result;
    }();
    return names;
}

std::vector<HyperparameterText> hyperparameter_texts() {
    const nlohmann::json defaults = to_json(Hyperparameters());
    std::vector<HyperparameterText> texts;
    for (const Row& row : hyperparameter_rows().subspan(1)) {
        const nlohmann::json& value = defaults.at(std::string(row.name));
        std::string default_value(row.default_text);
        if (default_value.empty())
            default_value = value.is_string() ? value.get<std::string>()
                                              : fmt::format("{}", value.get<double>());
        texts.push_back({row.name, default_value,
                         std::visit([](const auto& kind) { return accepted(kind); }, row.kind) +
                             constraint_on(row.name),
                         row.help});
    }
    return texts;
}

}  // namespace manygpcm
