// What a point of a study means for its model.
#include "manygpcm/search/settings.h"

#include <algorithm>
#include <utility>

#include "manygpcm/engine/models.h"
#include "manygpcm/search/space_of_models.h"
#include "manygpcm/search/unit_cube.h"

namespace manygpcm::search {

std::vector<Hyperparameters> Settings::bases() const {
    std::vector<Hyperparameters> all = {base};
    all.insert(all.end(), further.begin(), further.end());
    return all;
}

Hyperparameters Settings::at(const Point& point) const {
    const std::size_t model = space.model_of(point);
    return space.apply(point, model == 0 ? base : further.at(model - 1));
}

std::vector<Point> Settings::first_points() const {
    std::vector<Point> points;
    if (further.empty()) return points;
    for (const Hyperparameters& one : bases()) {
        Point point;
        for (const Parameter& parameter : space.parameters())
            point[parameter.name] = nearest_value(parameter, value_in(one, parameter).value_or(0));
        point = space.settled(std::move(point));
        if (space.feasible(point)) points.push_back(std::move(point));
    }
    return points;
}

ItemPrior Settings::classical_prior() const {
    constexpr const char* name = "item_prior";
    if (space.contains(name)) return ItemPrior::weak;
    std::vector<Hyperparameters> with_items = bases();
    std::erase_if(with_items, [](const Hyperparameters& one) { return !uses(one.model, name); });
    const bool has_none =
        !with_items.empty() && std::ranges::all_of(
                                   with_items, [](ItemPrior p) { return p == ItemPrior::none; },
                                   &Hyperparameters::item_prior);
    return has_none ? ItemPrior::none : ItemPrior::weak;
}

std::string Settings::model_name() const {
    return further.empty() ? std::string(to_string(base.model)) : auto_name;
}

}  // namespace manygpcm::search
