// Questions, learners and recovery by their fields' names.
#include "storage/portrait_json.h"

#include <concepts>

#include "manygpcm/engine/detail/json_numbers.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

template <class T>
json list(const std::vector<T>& values) {
    json result = json::array();
    for (const T value : values)
        result.push_back(number_to_json(static_cast<double>(value)));
    return result;
}

template <class T>
std::vector<T> list(const json& values) {
    std::vector<T> result;
    for (const json& value : values)
        if constexpr (std::integral<T>)
            result.push_back(whole_number_in<T>(value, 0));
        else
            result.push_back(static_cast<T>(number_in(value)));
    return result;
}

json item_to_json(const ItemParameters& item) {
    return {{"alpha", number_to_json(item.alpha)}, {"beta", list(item.beta)}};
}

ItemParameters item_from_json(const json& item) {
    return {.alpha = number_in(item.at("alpha")), .beta = list<double>(item.at("beta"))};
}

}  // namespace

json portrait_to_json(const Portrait& portrait) {
    json items = json::array(), learners = json::array(), recovery = json::array();
    for (const ItemPortrait& item : portrait.items)
        items.push_back({{"question", item.question},
                         {"responses", item.responses},
                         {"winner", item_to_json(item.winner)},
                         {"classical", item_to_json(item.classical)},
                         {"truth", item.truth ? item_to_json(*item.truth) : json(nullptr)}});
    for (const LearnerPortrait& learner : portrait.learners)
        learners.push_back({{"learner", learner.learner},
                            {"questions", learner.questions},
                            {"responses", learner.responses},
                            {"theta", list(learner.theta)},
                            {"classical_theta", list(learner.classical_theta)},
                            {"ability", learner.ability ? json(*learner.ability) : json(nullptr)}});
    for (const Recovery& one : portrait.recovery)
        recovery.push_back({{"model", one.model},
                            {"discrimination", number_to_json(one.discrimination)},
                            {"threshold", number_to_json(one.threshold)},
                            {"ability", number_to_json(one.ability)},
                            {"ability_bias", number_to_json(one.ability_bias)},
                            {"ability_rmse", number_to_json(one.ability_rmse)}});
    return {
        {"items", items},
        {"learners", learners},
        {"held_out", portrait.held_out},
        {"recovery", recovery},
        {"explained", portrait.explained ? number_to_json(*portrait.explained) : json(nullptr)}};
}

Portrait portrait_from_json(const json& portrait) {
    Portrait result;
    for (const json& item : portrait.at("items")) {
        ItemPortrait& read = result.items.emplace_back();
        read.question = item.at("question").get<std::string>();
        read.responses = whole_number_in<std::int64_t>(item.at("responses"), 0);
        read.winner = item_from_json(item.at("winner"));
        read.classical = item_from_json(item.at("classical"));
        if (!item.at("truth").is_null()) read.truth = item_from_json(item.at("truth"));
    }
    for (const json& learner : portrait.at("learners")) {
        LearnerPortrait& read = result.learners.emplace_back();
        read.learner = learner.at("learner").get<std::string>();
        read.questions = list<std::int32_t>(learner.at("questions"));
        read.responses = list<std::int32_t>(learner.at("responses"));
        read.theta = list<float>(learner.at("theta"));
        read.classical_theta = list<float>(learner.at("classical_theta"));
        if (!learner.at("ability").is_null()) read.ability = number_in(learner.at("ability"));
    }
    result.held_out = portrait.at("held_out").get<bool>();
    for (const json& one : portrait.at("recovery"))
        result.recovery.push_back({.model = one.at("model").get<std::string>(),
                                   .discrimination = number_in(one.at("discrimination")),
                                   .threshold = number_in(one.at("threshold")),
                                   .ability = number_in(one.at("ability")),
                                   .ability_bias = number_in(one.value("ability_bias", json())),
                                   .ability_rmse = number_in(one.value("ability_rmse", json()))});
    if (const auto found = portrait.find("explained"); found != portrait.end() && !found->is_null())
        result.explained = number_in(*found);
    return result;
}

}  // namespace manygpcm::search
