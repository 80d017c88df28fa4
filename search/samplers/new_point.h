// Points that are new: of a model without parameters there is a single one, which chance and fixed
// sequences come to again and again.
#pragma once

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// The first of what `draw` gives that isn't among those before. Where hardly any other is left, it
/// may be one of them.
template <class Draw>
Point new_point(const std::set<Point>& before, Draw draw) {
    constexpr int most_draws = 100;
    Point point = draw();
    for (int i = 1; i < most_draws && before.contains(point); ++i)
        point = draw();
    return point;
}

/// A fixed sequence without repetitions. What else was asked doesn't matter to it, so that a sweep
/// that goes on walks the same sequence.
class DifferentPoints {
  public:
    /// @param first  what comes before the sequence
    explicit DifferentPoints(const std::vector<Point>& first)
        : given_(first.begin(), first.end()), size_(first.size()) {}

    template <class Draw>
    Point next(Draw draw) {
        ++size_;
        Point point = new_point(given_, std::move(draw));
        given_.insert(point);
        return point;
    }

    std::size_t size() const { return size_; }  ///< how many there were, the first included

  private:
    std::set<Point> given_;
    std::size_t size_;
};

}  // namespace manygpcm::search
