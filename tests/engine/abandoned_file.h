// What a writer that was killed leaves beside the file that it wrote.
#pragma once

#include <fmt/format.h>

#include <string>

#include "manygpcm/engine/detail/process_identity.h"

namespace manygpcm {

/// The name of a file aside whose writer is that process.
inline std::string name_of_file_aside(const std::string& name, const NumberedProcess& writer) {
    return fmt::format(".{}.manygpcm-{:x}-{}-{}-0.tmp", name, writer.space, writer.number,
                       writer.start);
}

/// Of a process that has ended.
inline std::string name_of_abandoned_file(const std::string& name) {
    NumberedProcess writer = this_process();
    --writer.start;  // this process's number, when another had it
    return name_of_file_aside(name, writer);
}

}  // namespace manygpcm
