// What a sweep searches, from the few words that a user says of it.
#pragma once

#include <string>
#include <vector>

#include "manygpcm/engine/models.h"
#include "manygpcm/search/settings.h"
#include "manygpcm/search/space_of_models.h"

namespace manygpcm::search {

/// Sets a sweep's base, further and space: `choose_space(config, "auto")`.
/// @param model  one of model_names(), or auto_name for several
/// @param space  a file, "published", or empty: what is searched where nothing else is said
/// @param chosen  hyperparameters that are as `base_of` has them, and so aren't searched
/// @param base_of  a model's values where they aren't searched
/// @throws InputError for a model that there isn't, a space that can't be read, what can't be
/// chosen where models are searched; what `base_of` throws
void choose_space(Settings& settings, const std::string& model, const std::string& space = "",
                  const std::vector<std::string>& chosen = {},
                  const BaseOf& base_of = &default_hyperparameters);

}  // namespace manygpcm::search
