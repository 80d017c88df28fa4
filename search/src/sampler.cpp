// Samplers by name.
#include "manygpcm/search/sampler.h"

#include <fmt/format.h>

#include "manygpcm/engine/error.h"
#include "random_sampler.h"

namespace manygpcm {

std::unique_ptr<Sampler> make_sampler(std::string_view name, const Space& space,
                                      std::uint64_t seed) {
    if (name == "random") return std::make_unique<RandomSampler>(space, seed);
    throw InputError(fmt::format("sampler '{}' is unknown: expected random", name));
}

}  // namespace manygpcm
