// Each column's name is written once, here, for writing and reading.
#include "storage/psychometrics_json.h"

#include <fmt/format.h>

#include <stdexcept>

#include "manygpcm/engine/detail/json_numbers.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

struct FitColumn {
    const char* name;
    double ItemFit::*value;
};
constexpr FitColumn fit_columns[] = {{"outfit", &ItemFit::outfit},
                                     {"infit", &ItemFit::infit},
                                     {"z_outfit", &ItemFit::z_outfit},
                                     {"z_infit", &ItemFit::z_infit}};

/// [item] of what `value` says of each.
template <class Value>
json column(const std::vector<ItemStatistics>& items, Value value) {
    json list = json::array();
    for (const ItemStatistics& item : items)
        list.push_back(value(item));
    return list;
}

json number_list(const std::vector<double>& values) {
    json list = json::array();
    for (const double value : values)
        list.push_back(number_to_json(value));
    return list;
}

/// A list of `n`. @throws std::invalid_argument
const json& list_of(const json& from, const char* name, std::size_t n) {
    const json& list = from.at(name);
    if (!list.is_array() || list.size() != n)
        throw std::invalid_argument(fmt::format("{} isn't a list of {}", name, n));
    return list;
}

json histogram_to_json(const Histogram& histogram) {
    return {{"low", number_to_json(histogram.low)},
            {"high", number_to_json(histogram.high)},
            {"counts", histogram.counts}};
}

std::int64_t counted(const json& from) {
    return whole_number_in<std::int64_t>(from, 0);
}

Histogram histogram_from_json(const json& from) {
    Histogram histogram{
        .low = number_in(from.at("low")), .high = number_in(from.at("high")), .counts = {}};
    for (const json& count : from.at("counts"))
        histogram.counts.push_back(counted(count));
    return histogram;
}

json dependence_to_json(const Dependence& of) {
    return {{"pairs", of.pairs},
            {"beyond", of.beyond},
            {"mean", number_to_json(of.mean)},
            {"by_chance", number_to_json(of.by_chance)}};
}

Dependence dependence_from_json(const json& from) {
    return {.pairs = counted(from.at("pairs")),
            .beyond = counted(from.at("beyond")),
            .mean = number_in(from.at("mean")),
            .by_chance = number_in(from.at("by_chance"))};
}

json held_out_to_json(const std::optional<HeldOutFit>& of) {
    if (!of) return nullptr;
    return {{"items", of->items},
            {"above", of->above},
            {"learners", of->learners},
            {"lz_mean", number_to_json(of->lz_mean)},
            {"lz_sd", number_to_json(of->lz_deviation)}};
}

std::optional<HeldOutFit> held_out_from_json(const json& from) {
    if (from.is_null()) return std::nullopt;
    return HeldOutFit{.items = counted(from.at("items")),
                      .above = counted(from.at("above")),
                      .learners = counted(from.at("learners")),
                      .lz_mean = number_in(from.at("lz_mean")),
                      .lz_deviation = number_in(from.at("lz_sd"))};
}

json likelihood_to_json(const std::optional<LikelihoodFit>& of) {
    if (!of) return nullptr;
    return {{"log_likelihood", number_to_json(of->log_likelihood)},
            {"aic", number_to_json(of->aic)},
            {"bic", number_to_json(of->bic)},
            {"parameters", of->parameters}};
}

std::optional<LikelihoodFit> likelihood_from_json(const json& from) {
    if (from.is_null()) return std::nullopt;
    return LikelihoodFit{.log_likelihood = number_in(from.at("log_likelihood")),
                         .aic = number_in(from.at("aic")),
                         .bic = number_in(from.at("bic")),
                         .parameters = counted(from.at("parameters"))};
}

json model_to_json(const ModelStatistics& model, const std::vector<ItemStatistics>& items,
                   ItemFit ItemStatistics::*fit) {
    json fits = json::object(), lowest = json::array();
    for (const FitColumn& one : fit_columns)
        fits[one.name] = column(items, [&](const ItemStatistics& item) {
            return number_to_json(item.*fit.*one.value);
        });
    for (const MisfittingLearner& learner : model.persons.lowest)
        lowest.push_back({{"learner", learner.learner},
                          {"responses", learner.responses},
                          {"lz", number_to_json(learner.lz)}});
    return {{"items", fits},
            {"ability",
             {{"learners", model.ability.learners},
              {"mean", number_to_json(model.ability.mean)},
              {"sd", number_to_json(model.ability.deviation)},
              {"reliability", number_to_json(model.ability.reliability)},
              {"histogram", histogram_to_json(model.ability.histogram)}}},
            {"persons",
             {{"learners", model.persons.learners},
              {"mean", number_to_json(model.persons.mean)},
              {"sd", number_to_json(model.persons.deviation)},
              {"low", model.persons.low},
              {"lowest", lowest},
              {"histogram", histogram_to_json(model.persons.histogram)}}},
            {"dependence", dependence_to_json(model.dependence)},
            {"held_out", held_out_to_json(model.held_out)}};
}

ModelStatistics model_from_json(const json& from, std::vector<ItemStatistics>& items,
                                ItemFit ItemStatistics::*fit) {
    for (const FitColumn& one : fit_columns) {
        const json& list = list_of(from.at("items"), one.name, items.size());
        for (std::size_t q = 0; q < items.size(); ++q)
            items[q].*fit.*one.value = number_in(list[q]);
    }
    ModelStatistics model;
    const json &ability = from.at("ability"), &persons = from.at("persons");
    model.ability = {.learners = counted(ability.at("learners")),
                     .mean = number_in(ability.at("mean")),
                     .deviation = number_in(ability.at("sd")),
                     .reliability = number_in(ability.at("reliability")),
                     .histogram = histogram_from_json(ability.at("histogram"))};
    model.persons = {.learners = counted(persons.at("learners")),
                     .mean = number_in(persons.at("mean")),
                     .deviation = number_in(persons.at("sd")),
                     .low = counted(persons.at("low")),
                     .lowest = {},
                     .histogram = histogram_from_json(persons.at("histogram"))};
    for (const json& learner : persons.at("lowest"))
        model.persons.lowest.push_back({.learner = learner.at("learner").get<std::string>(),
                                        .responses = counted(learner.at("responses")),
                                        .lz = number_in(learner.at("lz"))});
    model.dependence = dependence_from_json(from.at("dependence"));
    model.held_out = held_out_from_json(from.value("held_out", json(nullptr)));
    return model;
}

std::int32_t position(const json& from, std::size_t n_items) {
    const auto at = whole_number_in<std::int32_t>(from, 0);
    if (static_cast<std::size_t>(at) >= n_items)
        throw std::invalid_argument(fmt::format("there is no item {}", at));
    return at;
}

}  // namespace

json psychometrics_to_json(const Psychometrics& of) {
    const std::vector<ItemStatistics>& items = of.items;
    json dependent = json::array();
    for (const DependentItems& pair : of.dependent)
        dependent.push_back({{"items", {pair.first, pair.second}},
                             {"learners", pair.learners},
                             {"classical", number_to_json(pair.classical)},
                             {"classical_online", number_to_json(pair.classical_online)},
                             {"winner", number_to_json(pair.winner)}});
    return {
        {"learners", of.learners},
        {"responses", of.responses},
        {"category_counts",
         column(items, [](const ItemStatistics& item) { return item.category_counts; })},
        {"item_rest",
         column(items, [](const ItemStatistics& item) { return number_to_json(item.item_rest); })},
        {"alpha_error",
         column(items,
                [](const ItemStatistics& item) { return number_to_json(item.alpha_error); })},
        {"beta_error",
         column(items, [](const ItemStatistics& item) { return number_list(item.beta_error); })},
        {"winner", model_to_json(of.winner, items, &ItemStatistics::winner)},
        {"classical", model_to_json(of.classical, items, &ItemStatistics::classical)},
        {"dependent", dependent},
        {"classical_online",
         of.classical_online ? dependence_to_json(*of.classical_online) : json(nullptr)},
        {"q3_above_mean", of.q3_above_mean},
        {"dependence_questions", of.dependence_questions},
        {"dependence_learners", of.dependence_learners},
        {"ability_correlation", number_to_json(of.ability_correlation)},
        {"ability_between_learners", number_to_json(of.ability_between_learners)},
        {"ability_of_question", of.ability_of_question},
        {"likelihood", likelihood_to_json(of.likelihood)},
        {"coefficient_alpha",
         {{"value", number_to_json(of.coefficient_alpha.value)},
          {"learners", of.coefficient_alpha.learners}}}};
}

Psychometrics psychometrics_from_json(const json& from, std::size_t n_items, int n_categories) {
    Psychometrics of;
    of.learners = counted(from.at("learners"));
    of.responses = counted(from.at("responses"));
    of.items.resize(n_items);
    const json &counts = list_of(from, "category_counts", n_items),
               &item_rest = list_of(from, "item_rest", n_items),
               &alpha_error = list_of(from, "alpha_error", n_items),
               &beta_error = list_of(from, "beta_error", n_items);
    const auto n_thresholds = static_cast<std::size_t>(n_categories - 1);
    for (std::size_t q = 0; q < n_items; ++q) {
        ItemStatistics& item = of.items[q];
        for (const json& count : counts[q])
            item.category_counts.push_back(counted(count));
        for (const json& error : beta_error[q])
            item.beta_error.push_back(number_in(error));
        if (item.category_counts.size() != n_thresholds + 1 ||
            item.beta_error.size() != n_thresholds)
            throw std::invalid_argument(
                fmt::format("item {} hasn't {} categories", q, n_categories));
        item.item_rest = number_in(item_rest[q]);
        item.alpha_error = number_in(alpha_error[q]);
    }
    of.winner = model_from_json(from.at("winner"), of.items, &ItemStatistics::winner);
    of.classical = model_from_json(from.at("classical"), of.items, &ItemStatistics::classical);
    for (const json& pair : from.at("dependent"))
        of.dependent.push_back(
            {.first = position(pair.at("items").at(0), n_items),
             .second = position(pair.at("items").at(1), n_items),
             .learners = counted(pair.at("learners")),
             .classical = number_in(pair.at("classical")),
             .winner = number_in(pair.at("winner")),
             .classical_online = number_in(pair.value("classical_online", json(nullptr)))});
    if (const json online = from.value("classical_online", json(nullptr)); !online.is_null())
        of.classical_online = dependence_from_json(online);
    of.q3_above_mean = from.value("q3_above_mean", false);
    of.dependence_questions = counted(from.at("dependence_questions"));
    of.dependence_learners = counted(from.at("dependence_learners"));
    of.ability_correlation = number_in(from.at("ability_correlation"));
    of.ability_between_learners = number_in(from.at("ability_between_learners"));
    of.ability_of_question = from.at("ability_of_question").get<bool>();
    of.likelihood = likelihood_from_json(from.value("likelihood", json(nullptr)));
    if (const auto found = from.find("coefficient_alpha"); found != from.end())
        of.coefficient_alpha = {.value = number_in(found->at("value")),
                                .learners = counted(found->at("learners"))};
    return of;
}

}  // namespace manygpcm::search
