// Random search: what it draws never depends on what it is told.
#include "samplers/random_sampler.h"

#include <vector>

#include "manygpcm/search/unit_cube.h"
#include "samplers/new_point.h"

namespace manygpcm::search {

Point random_point(const Space& space, RandomStream& random) {
    // Rejecting whole points keeps the feasible ones uniform.
    return first_feasible(space, [&] {
        std::vector<double> u(space.parameters().size());
        for (double& coordinate : u)
            coordinate = random.uniform();
        return point_at(space, u);
    });
}

Point RandomSampler::propose(RandomStream random) {
    return new_point(ever_asked(), [&] { return random_point(space(), random); });
}

}  // namespace manygpcm::search
