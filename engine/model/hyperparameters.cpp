// One table knows every hyperparameter: its name, where it is kept, what it may be. Everything else
// reads it.
#include "manygpcm/engine/hyperparameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>
#include <variant>

#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

using Names = std::span<const std::string_view>;

// In the order of the enumerations.
constexpr std::array<std::string_view, 3> model_names = {"deep_gpcm", "attn_gpcm_learn",
                                                         "attn_gpcm_linear"};
constexpr std::array<std::string_view, 2> attention_names = {"causal", "bidirectional"};
constexpr std::array<std::string_view, 2> threshold_link_names = {"identity", "tanh"};
constexpr std::array<std::string_view, 2> optimizer_names = {"adam", "adamw"};

template <class T>
using Member = T Hyperparameters::*;

struct Choice {
    std::variant<Member<ModelKind>, Member<AttentionKind>, Member<ThresholdLink>, Member<Optimizer>>
        member;
    Names names;
};

struct Integer {
    Member<int> member;
    int low, high;
};

struct Real {
    Member<double> member;
    double low, high;
    bool low_included = true, high_included = true;
};

struct Entry {
    std::string_view name;
    std::variant<Choice, Integer, Real> kind;
};

using H = Hyperparameters;
constexpr bool excluded = false;

const std::array<Entry, 20> hyperparameters = {{
    {"model", Choice{&H::model, model_names}},
    {"attention", Choice{&H::attention, attention_names}},
    {"threshold_link", Choice{&H::threshold_link, threshold_link_names}},
    {"optimizer", Choice{&H::optimizer, optimizer_names}},
    {"memory_size", Integer{&H::memory_size, 1, 1024}},
    {"final_fc_dim", Integer{&H::final_fc_dim, 1, 4096}},
    {"dropout_rate", Real{&H::dropout_rate, 0, 1, true, excluded}},
    {"embed_dim", Integer{&H::embed_dim, 1, 4096}},
    {"n_heads", Integer{&H::n_heads, 1, 64}},
    {"n_cycles", Integer{&H::n_cycles, 1, 8}},
    {"key_dim", Integer{&H::key_dim, 1, 4096}},
    {"value_dim", Integer{&H::value_dim, 1, 4096}},
    {"batch_size", Integer{&H::batch_size, 1, 65536}},
    {"lr", Real{&H::lr, 0, 1, excluded}},
    {"weight_decay", Real{&H::weight_decay, 0, 1}},
    {"grad_clip", Real{&H::grad_clip, 0, 1e6, excluded}},
    {"label_smoothing", Real{&H::label_smoothing, 0, 1, true, excluded}},
    {"ce_weight_logit", Real{&H::ce_weight_logit, -100, 100}},
    {"focal_weight_logit", Real{&H::focal_weight_logit, -100, 100}},
    {"lr_patience", Integer{&H::lr_patience, 0, 1000}},
}};

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
    std::visit([&]<class T>(
                   Member<T> member) { h.*member = static_cast<T>(found - choice.names.begin()); },
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

std::string expectation(const Choice& choice) {
    return fmt::format("one of {}", fmt::join(choice.names, ", "));
}

std::string expectation(const Integer& integer) {
    return fmt::format("an integer from {} to {}", integer.low, integer.high);
}

std::string expectation(const Real& real) {
    return fmt::format("a number x with {} {} x {} {}", real.low, real.low_included ? "<=" : "<",
                       real.high_included ? "<=" : "<", real.high);
}

nlohmann::json value_of(const H& h, const Choice& choice) {
    return std::visit(
        [&]<class T>(Member<T> member) {
            return nlohmann::json(choice.names[static_cast<std::size_t>(h.*member)]);
        },
        choice.member);
}

nlohmann::json value_of(const H& h, const Integer& integer) {
    return h.*integer.member;
}
nlohmann::json value_of(const H& h, const Real& real) {
    return h.*real.member;
}

}  // namespace

ModelKind parse_model(std::string_view name) {
    Hyperparameters h;
    h.set("model", name);
    return h.model;
}

std::string_view to_string(ModelKind model) {
    return model_names[static_cast<std::size_t>(model)];
}

void Hyperparameters::set(std::string_view name, std::string_view value) {
    const auto entry = std::ranges::find(hyperparameters, name, &Entry::name);
    if (entry == hyperparameters.end())
        throw InputError(fmt::format("{}={}: no such hyperparameter; expected one of {}", name,
                                     value, fmt::join(settable_names(), ", ")));
    std::visit(
        [&](const auto& kind) {
            if (!assign(*this, kind, value))
                throw InputError(fmt::format("{}={}: expected {}", name, value, expectation(kind)));
        },
        entry->kind);
}

void Hyperparameters::validate() const {
    if (has_attention(model) && embed_dim % n_heads != 0)
        throw InputError(fmt::format("n_heads={}: expected a divisor of embed_dim, which is {}",
                                     n_heads, embed_dim));
}

nlohmann::json Hyperparameters::to_json() const {
    nlohmann::json json = nlohmann::json::object();
    for (const Entry& entry : hyperparameters)
        json[std::string(entry.name)] =
            std::visit([&](const auto& kind) { return value_of(*this, kind); }, entry.kind);
    return json;
}

std::span<const std::string_view> hyperparameter_names() {
    static const auto names = [] {
        std::array<std::string_view, hyperparameters.size()> result;
        std::ranges::transform(hyperparameters, result.begin(), &Entry::name);
        return result;
    }();
    return names;
}

}  // namespace manygpcm
