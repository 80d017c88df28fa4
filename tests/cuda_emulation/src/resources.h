// Objects that a host must destroy: streams, events, graphs, handles, pinned memory. A handle that
// isn't alive is refused, one that is left over is a leak.
#pragma once

#include <map>
#include <string>

namespace cuda_emulation {

/// `kind` names it in reports: "stream".
void add_resource(const void* object, const char* kind);
/// @returns false where no such object of this kind lives
bool remove_resource(const void* object, const char* kind);
bool is_resource(const void* object, const char* kind);
/// Lines for leaks().
std::string live_resources();

}  // namespace cuda_emulation
