// A value that somebody else wrote, as messages show it.
#pragma once

#include <string>
#include <string_view>

namespace manygpcm {

/// In quotes, on one line, cut when long.
std::string shown(std::string_view value);

}  // namespace manygpcm
