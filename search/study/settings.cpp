// What a point of a study means for its model.
#include "manygpcm/search/settings.h"

#include "manygpcm/search/space_of_models.h"

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

std::string Settings::model_name() const {
    return further.empty() ? std::string(to_string(base.model)) : auto_name;
}

}  // namespace manygpcm::search
