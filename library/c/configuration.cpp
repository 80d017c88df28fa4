#include "c/configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/json_text.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm::c {
namespace {

constexpr std::string_view hyperparameters_member = "hyperparameters";

[[noreturn]] void refuse(std::string_view name, const nlohmann::json& value,
                         const std::string& expected) {
    throw InputError(fmt::format(
        "configuration: {} = {}: expected {}", name,
        shown(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)), expected));
}

}  // namespace

struct Configuration::Members {
    nlohmann::json json = nlohmann::json::object();
    std::vector<std::string_view> asked;

    /// @param name outlives this
    const nlohmann::json* find(std::string_view name) {
        if (std::ranges::find(asked, name) == asked.end()) asked.push_back(name);
        const auto place = json.find(name);
        return place == json.end() || place->is_null() ? nullptr : &*place;
    }

    const nlohmann::json* hyperparameters() {
        const nlohmann::json* values = find(hyperparameters_member);
        if (values && !values->is_object()) refuse(hyperparameters_member, *values, "an object");
        return values;
    }
};

Configuration::Configuration(const char* json) : members_(std::make_unique<Members>()) {
    const std::string_view text = json ? json : "";
    if (text.empty()) return;
    members_->json = parse_json(text, "configuration");
    if (!members_->json.is_object())
        throw InputError(fmt::format("configuration: {}: expected a JSON object", shown(text)));
}

Configuration::~Configuration() = default;

std::optional<std::string> Configuration::text(std::string_view name) const {
    const nlohmann::json* value = members_->find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) refuse(name, *value, "a text");
    std::string text = value->get<std::string>();
    if (text.find('\0') != text.npos) refuse(name, *value, "a text without NUL");
    return text;
}

std::optional<std::int64_t> Configuration::whole(std::string_view name, std::int64_t low,
                                                 std::int64_t high) const {
    const nlohmann::json* value = members_->find(name);
    if (value == nullptr) return std::nullopt;
    const bool fits = value->is_number_integer() &&
                      !(value->is_number_unsigned() &&
                        value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    if (!fits || value->get<std::int64_t>() < low || value->get<std::int64_t>() > high)
        refuse(name, *value, fmt::format("a whole number from {} to {}", low, high));
    return value->get<std::int64_t>();
}

std::vector<std::string> Configuration::hyperparameter_names() const {
    std::vector<std::string> names;
    if (const auto* values = members_->hyperparameters())
        for (const auto& [name, value] : values->items())
            names.push_back(name);
    return names;
}

Hyperparameters Configuration::hyperparameters(ModelKind model) const {
    Hyperparameters chosen = default_hyperparameters(model);
    if (const auto* values = members_->hyperparameters()) {
        if (values->contains("model"))
            refuse("hyperparameters.model", (*values)["model"], "the model as a member of its own");
        set_from_json(chosen, *values);
    }
    chosen.validate();
    return chosen;
}

void Configuration::expect_no_other() const {
    const std::vector<std::string_view>& known = members_->asked;
    for (const auto& [name, value] : members_->json.items())
        if (std::ranges::find(known, name) == known.end())
            throw InputError(fmt::format("configuration: {}: unknown{}; expected {}", shown(name),
                                         did_you_mean(name, known), fmt::join(known, ", ")));
}

}  // namespace manygpcm::c
