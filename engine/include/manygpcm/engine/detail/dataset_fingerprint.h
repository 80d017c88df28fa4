// Tells datasets apart by what they hold.
#pragma once

#include <string>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// The content of a dataset as 16 hexadecimal digits: two that differ in a response, a question or
/// a learner's place differ in it. Names aren't content.
std::string fingerprint(const Dataset& dataset);

}  // namespace manygpcm
