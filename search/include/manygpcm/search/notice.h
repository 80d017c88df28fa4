// What isn't an error and yet worth a line to the user goes to whoever calls.
#pragma once

#include <functional>
#include <string>

namespace manygpcm::search {

/// Told of what a user should know, one line each: a repaired journal, a lock that is waited for.
using Notice = std::function<void(const std::string&)>;

}  // namespace manygpcm::search
