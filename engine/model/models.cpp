#include "model/models.h"

#include <algorithm>

#include "model/hyperparameter_rows.h"

// All models. A line here and models/NAME.cpp are a model.
#define MANYGPCM_MODELS(MODEL) \
    MODEL(deep_gpcm)           \
    MODEL(attn_gpcm_learn)     \
    MODEL(attn_gpcm_linear)    \
    MODEL(gru_gpcm)            \
    MODEL(residual_gpcm)       \
    MODEL(gpcm)

namespace manygpcm {
namespace models {

#define MANYGPCM_MODEL(name) ModelDefinition name();
MANYGPCM_MODELS(MANYGPCM_MODEL)
#undef MANYGPCM_MODEL

}  // namespace models

namespace {

const std::vector<ModelDefinition>& table_of_models() {
#define MANYGPCM_MODEL(name) models::name(),
    static const std::vector<ModelDefinition> table = {MANYGPCM_MODELS(MANYGPCM_MODEL)};
#undef MANYGPCM_MODEL
    return table;
}

}  // namespace

const ModelDefinition& definition_of(ModelKind model) {
    return table_of_models().at(static_cast<std::size_t>(static_cast<int>(model)));
}

std::vector<ModelKind> all_models() {
    std::vector<ModelKind> models;
    for (std::size_t i = 0; i < table_of_models().size(); ++i)
        models.emplace_back(static_cast<int>(i));
    return models;
}

std::span<const std::string_view> model_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> result;
        for (const ModelDefinition& model : table_of_models())
            result.push_back(model.name);
        return result;
    }();
    return names;
}

std::vector<ModelKind> auto_models() {
    std::vector<ModelKind> models = all_models();
    std::erase_if(models, [](ModelKind model) { return !definition_of(model).in_auto; });
    return models;
}

std::string_view to_string(ModelKind model) {
    return definition_of(model).name;
}

ModelKind parse_model(std::string_view name) {
    Hyperparameters h;
    h.set("model", name);
    return h.model;
}

bool is_trained(ModelKind model) {
    return definition_of(model).trained;
}

bool ability_depends_on_question(const Hyperparameters& hyperparameters) {
    return !definition_of(hyperparameters.model).ability_of_learner(hyperparameters);
}

Hyperparameters default_hyperparameters(ModelKind model) {
    Hyperparameters h;
    h.model = model;
    for (const auto& [name, value] : definition_of(model).defaults)
        h.set(name, value);
    return h;
}

bool uses(ModelKind model, std::string_view hyperparameter) {
    return find_row(hyperparameter).scope == HyperparameterRow::Scope::every_model ||
           std::ranges::count(definition_of(model).uses, hyperparameter) > 0;
}

bool has_effect(ModelKind model, std::string_view hyperparameter) {
    return is_trained(model) ? uses(model, hyperparameter)
                             : std::ranges::count(definition_of(model).uses, hyperparameter) > 0;
}

std::span<const Divides> constraints(ModelKind model) {
    return definition_of(model).constraints;
}

std::vector<Divides> published_constraints(ModelKind model) {
    std::vector<Divides> all = definition_of(model).constraints;
    const std::vector<Divides>& released = definition_of(model).released_constraints;
    all.insert(all.end(), released.begin(), released.end());
    return all;
}

bool searches_published_space(ModelKind model) {
    return definition_of(model).space.empty();
}

std::vector<SearchRange> default_space(ModelKind model) {
    return searches_published_space(model) ? published_space(model) : definition_of(model).space;
}

std::vector<SearchRange> published_space(ModelKind model) {
    std::vector<SearchRange> space;
    for (const HyperparameterRow& row : hyperparameter_rows())
        if (std::ranges::count(definition_of(model).searched, row.name) > 0)
            space.push_back(row.published.value());
    return space;
}

}  // namespace manygpcm
