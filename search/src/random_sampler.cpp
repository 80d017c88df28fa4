// Random search: what it draws never depends on what it is told.
#include "random_sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace manygpcm {

RandomSampler::RandomSampler(Space space, std::uint64_t seed)
    : space_(std::move(space)), random_(seed, RandomUse::sampler) {}

std::vector<Point> RandomSampler::ask(int n) {
    std::vector<Point> points;
    while (points.size() < static_cast<std::size_t>(n)) {
        Point point;
        for (const Parameter& parameter : space_.parameters())
            point[parameter.name] = draw(parameter);
        // Rejecting whole points keeps the feasible ones uniform.
        if (space_.feasible(point)) points.push_back(std::move(point));
    }
    return points;
}

// Random sampling learns nothing from scores.
void RandomSampler::tell(const Point& /*point*/, double /*score*/) {}

double RandomSampler::draw(const Parameter& parameter) {
    if (parameter.kind == Parameter::Kind::choice)
        return parameter.choices[random_.below(parameter.choices.size())];
    const double low = parameter.low, high = parameter.high;
    const double u = random_.uniform();
    if (!parameter.log) return low + u * (high - low);
    // exp(log(x)) may land a rounding error outside the bounds.
    return std::clamp(std::exp(std::log(low) + u * std::log(high / low)), low, high);
}

}  // namespace manygpcm
