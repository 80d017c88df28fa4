// Several models as one conditional space: a choice, `model`, and what is searched of each.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// What stands for a model where several are searched.
inline constexpr const char* auto_name = "auto";

/// A model's values where they aren't searched.
using BaseOf = std::function<Hyperparameters(ModelKind)>;

struct SpaceOfModels {
    std::vector<Hyperparameters> bases;  ///< in the order of the choices of `model`
    Space space;
};

/// `model`, and behind it every parameter of the models' own spaces, searched where the model has
/// it and its condition there holds. Where models search the same over other values, it is searched
/// over all of them.
/// @param of_models  each one's own space; without parameters for a model that has nothing to
///   search
/// @throws InputError for a word that stands for a parameter where it isn't searched, and that
///   isn't among its choices
SpaceOfModels space_of_models(std::vector<Hyperparameters> bases, std::span<const Space> of_models);

/// What is searched where nothing else is said: the models of manygpcm::auto_models, each over its
/// default space.
SpaceOfModels auto_space(const BaseOf& base_of);

/// A space written in TOML (docs/search.md), which means for each of its models what it means for
/// that alone. They are the choices of [parameters.model], without it those of auto.
/// @throws InputError as read_space() does
SpaceOfModels read_space_of_models(const std::filesystem::path& file, const BaseOf& base_of);

}  // namespace manygpcm::search
