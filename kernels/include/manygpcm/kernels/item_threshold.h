// The threshold of a step in slope-intercept form.
#pragma once

namespace manygpcm::kernels {

/// Where a category and the next are equally likely; 0 of a question that asks for no ability,
/// which has none.
template <class T>
constexpr T item_threshold(T step, T slope) {
    return slope == 0 ? 0 : step / slope;
}

}  // namespace manygpcm::kernels
