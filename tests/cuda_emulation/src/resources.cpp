#include "resources.h"

#include <fmt/format.h>

#include <cstring>

namespace cuda_emulation {
namespace {
std::map<const void*, const char*>& resources() {
    static std::map<const void*, const char*> all;
    return all;
}
}  // namespace

void add_resource(const void* object, const char* kind) {
    resources()[object] = kind;
}

bool is_resource(const void* object, const char* kind) {
    const auto found = resources().find(object);
    return found != resources().end() && std::strcmp(found->second, kind) == 0;
}

bool remove_resource(const void* object, const char* kind) {
    if (!is_resource(object, kind)) return false;
    resources().erase(object);
    return true;
}

std::string live_resources() {
    std::map<std::string, int> counts;
    for (const auto& [object, kind] : resources())
        ++counts[kind];
    std::string lines;
    for (const auto& [kind, count] : counts)
        lines += fmt::format("{}: {} not destroyed\n", kind, count);
    return lines;
}

}  // namespace cuda_emulation
