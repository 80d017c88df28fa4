#include "manygpcm/search/choose_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

constexpr const char* published = "published";

Space space_of(const std::string& space, const Hyperparameters& base) {
    if (space.empty()) return search::default_space(base.model);
    if (space == published) return search::published_space(base.model);
    return read_space(space, base);
}

SpaceOfModels space_of_all(const std::string& space, const BaseOf& base_of) {
    if (space.empty()) return auto_space(base_of);
    if (space == published)
        throw InputError(fmt::format(
            "space {}: was one of a single model; expected a file or none beside model {}",
            published, auto_name));
    return read_space_of_models(space, base_of);
}

/// What a search over models searches can't be chosen: it may mean another thing for each.
void expect_unsearched(const std::vector<std::string>& chosen, const Space& space) {
    for (const std::string& name : chosen)
        if (space.contains(name))
            throw InputError(fmt::format(
                "{}: model {} searches it; expected a space without {}, or a single model, of "
                "which what is chosen isn't searched",
                name, auto_name, name));
}

}  // namespace

void choose_space(Settings& settings, const std::string& model, const std::string& space,
                  const std::vector<std::string>& chosen, const BaseOf& base_of) {
    std::vector<std::string> of_space;
    if (model != auto_name) {
        settings.base = base_of(parse_model(model));
        settings.further.clear();
        settings.space = space_of(space, settings.base);
        std::ranges::copy_if(chosen, std::back_inserter(of_space), [&](const std::string& name) {
            return settings.space.contains(name);
        });
        if (!of_space.empty())
            settings.space = space_without(settings.space, of_space, settings.base);
        return;
    }
    // Before the spaces are united for what is chosen, which what is chosen may prevent.
    if (space.empty()) expect_unsearched(chosen, auto_space(&default_hyperparameters).space);
    SpaceOfModels all = space_of_all(space, base_of);
    expect_unsearched(chosen, all.space);
    settings.space = std::move(all.space);
    settings.base = all.bases.front();
    settings.further.assign(all.bases.begin() + 1, all.bases.end());
}

}  // namespace manygpcm::search
