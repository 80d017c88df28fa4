// Where the lock's symbolic link leads: to the journal, as Optuna's newer versions expect, in a
// spelling that names who holds it.
#pragma once

#include <string>
#include <string_view>

#include "manygpcm/engine/detail/process_identity.h"

namespace manygpcm::search {

/// A path from the journal's directory to the file called `name` there, with "./" and more slashes
/// before it, which lead nowhere: they spell this process and a random number, so that no two holds
/// of a lock look alike. About 400 characters; file systems take a thousand.
std::string lock_target(const std::string& name);

/// Whether the process that spelled the target still runs; unknown for any other target.
ProcessState holder_state(std::string_view target);

}  // namespace manygpcm::search
