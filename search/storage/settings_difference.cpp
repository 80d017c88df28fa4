#include "storage/settings_difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/search/space_of_models.h"
#include "space/space_difference.h"
#include "space/space_json.h"
#include "storage/study_attributes.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

/// As it reads back: text that isn't UTF-8 has its replacement characters.
json as_written(const json& value) {
    return json::parse(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

/// What to expect where another value goes on.
std::string instead(const std::string& before, const std::string& now, const std::string& way) {
    return fmt::format("was begun with {}, not {}; expected {}, {}", before, now, way,
                       or_new_study);
}

std::string data_difference(const Study& asked, const json& on_record) {
    const std::string name = on_record.contains("dataset")
                                 ? fmt::format(", {}", value_text(on_record.at("dataset")))
                                 : std::string();
    std::vector<std::string> counts;
    const auto compare = [&](const char* setting, int now) {
        if (on_record.contains(setting) && on_record.at(setting) != now)
            counts.push_back(
                fmt::format("{} {}, before {}", setting, now, on_record.at(setting).dump()));
    };
    compare("questions", asked.n_questions);
    compare("categories", asked.n_categories);
    // Which learners are counted depends on --cv-on.
    if (on_record.value("cv_on", json()) == asked.cv_on) {
        compare("learners", asked.n_learners);
        compare("test_learners", asked.n_test_learners);
    }
    return fmt::format("the data has changed{}{}; expected what it began with{}, {}",
                       counts.empty() ? "" : ": ", fmt::join(counts, ", "), name, or_new_study);
}

/// Those of one model that it was begun with otherwise: "lr=0.001, grad_clip=1".
struct Values {
    std::vector<std::string> before, now, assignments;
};

void compare_values(const Hyperparameters& asked, const json& on_record, const Study& study,
                    Values& values) {
    const bool of_several = !study.further.empty();
    const json wanted = as_written(to_json(asked));
    for (const auto& [name, value] : wanted.items()) {
        const json& before = on_record.at(name);
        // The first points of a search over models are made of what they begin with.
        if (before == value || !uses(asked.model, name) ||
            (study.space.contains(name) && !of_several))
            continue;
        const std::string of = of_several ? fmt::format(" of {}", to_string(asked.model)) : "";
        const std::string assignment = fmt::format("{}={}", name, value_text(before));
        values.before.push_back(assignment + of);
        values.now.push_back(value_text(value));
        values.assignments.push_back(assignment);
    }
}

std::string hyperparameter_difference(const Study& asked, const json& on_record) {
    Values values;
    const json list = asked.further.empty() ? json::array({on_record}) : on_record;
    const std::vector<Hyperparameters> bases = asked.bases();
    if (!list.is_array() || list.size() != bases.size())
        throw BadAttribute("hyperparameters", "isn't of as many models");
    try {
        for (std::size_t i = 0; i < bases.size(); ++i)
            compare_values(bases[i], list[i], asked, values);
    } catch (const json::exception& error) {
        throw BadAttribute("hyperparameters", plain_words(error));
    }
    if (values.before.empty()) return {};
    return instead(fmt::format("{}", fmt::join(values.before, ", ")),
                   fmt::format("{}", fmt::join(values.now, ", ")),
                   fmt::format("--set {}", fmt::join(values.assignments, " ")));
}

/// A space without the fixed values that no constraint names: those are the hyperparameters', of
/// which there may be more now than when a study began.
json without_needless_values(json space) {
    std::set<std::string> named;
    for (const json& constraint : space.at("constraints"))
        for (const char* side : {"left", "right"})
            named.insert(constraint.at(side).get<std::string>());
    const auto clear = [&](json& values) {
        json kept = json::object();
        for (const auto& [name, value] : values.items())
            if (named.contains(name)) kept[name] = value;
        values = std::move(kept);
    };
    json& fixed = space.at("fixed");
    if (fixed.is_array())
        std::ranges::for_each(fixed, clear);
    else
        clear(fixed);
    return space;
}

/// The option that a space is searched with.
std::string way_to(const json& space, const Study& asked) {
    const auto is = [&](auto made) {
        try {
            return without_needless_values(as_written(space_to_json(made(asked.base.model)))) ==
                   space;
        } catch (const InputError&) {
            return false;  // the model has no such space
        }
    };
    if (asked.further.empty() && is([](ModelKind model) { return search::published_space(model); }))
        return "--space published";
    if (asked.further.empty() && is([](ModelKind model) { return search::default_space(model); }))
        return "no --space";
    return "the --space that it began with";
}

std::string space_differs(const Study& asked, const json& before, const json& now) {
    try {
        const json on_record = without_needless_values(before),
                   wanted = without_needless_values(now);
        if (on_record == wanted) return {};
        return fmt::format("the search space differs: {}; expected {}, nothing of it in --set, {}",
                           space_difference(on_record, wanted), way_to(on_record, asked),
                           or_new_study);
    } catch (const json::exception& error) {
        throw BadAttribute("space", plain_words(error));
    }
}

}  // namespace

std::string settings_difference(const Study& asked, const json& on_record) {
    const bool has_fingerprint = on_record.contains("dataset_fingerprint");
    for (const Asked& setting : settings_of(asked)) {
        if (!on_record.contains(setting.name)) continue;
        const json &before = on_record.at(setting.name), now = as_written(setting.value);
        if (before == now) continue;
        if (setting.name == "dataset_fingerprint") return data_difference(asked, on_record);
        // A name isn't what tells data from other data: a directory may have been moved. Counts
        // are of the data and of --cv-on, which tell more.
        if (setting.option.empty() && has_fingerprint) continue;
        if (setting.name == "hyperparameters" || setting.name == "space") {
            std::string difference = setting.name == "space"
                                         ? space_differs(asked, before, now)
                                         : hyperparameter_difference(asked, before);
            if (difference.empty()) continue;
            return difference;
        }
        const std::string text = value_text(before);
        return instead(
            fmt::format("{} {}", setting.name, text), value_text(now),
            fmt::format("{} {}", setting.option.empty() ? setting.name : setting.option, text));
    }
    return {};
}

}  // namespace manygpcm::search
