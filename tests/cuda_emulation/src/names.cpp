// Asks binutils' addr2line: it knows internal functions, too, and is needed only to describe an
// error.
#include "names.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

namespace cuda_emulation {
namespace {

/// The function and the "file:line" of an address in this program.
const std::pair<std::string, std::string>& look_up(const void* code) {
    static std::map<const void*, std::pair<std::string, std::string>> known;
    const auto [place, is_new] = known.try_emplace(code);
    auto& [function, line] = place->second;
    if (!is_new) return place->second;
    function = fmt::format("at {}", code);

    Dl_info object{};
    if (!dladdr(code, &object)) return place->second;
    const auto offset =
        reinterpret_cast<std::uintptr_t>(code) - reinterpret_cast<std::uintptr_t>(object.dli_fbase);
    // /proc's link holds the program's path whatever argv[0] was.
    const std::string command =
        fmt::format("addr2line -f -C -e /proc/{}/exe {:#x} 2>/dev/null", getpid(), offset);
    const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
    std::array<char, 4096> text;
    const auto next_line = [&](std::string& into) {
        if (!output || !fgets(text.data(), text.size(), output.get())) return;
        into = text.data();
        if (!into.empty() && into.back() == '\n') into.pop_back();
    };
    next_line(function);
    next_line(line);
    return place->second;
}

}  // namespace

std::string kernel_name(const void* function) {
    std::string name = look_up(function).first;
    // "void ns::(anonymous namespace)::scan<float, 4>(...)": the last component before the
    // parameters and template arguments.
    for (const std::string scope : {"(anonymous namespace)::", "void "})
        for (auto at = name.find(scope); at != std::string::npos; at = name.find(scope))
            name.erase(at, scope.size());
    const auto end = name.find('(');
    if (end != std::string::npos) name.erase(end);
    const auto arguments = name.find('<');
    const auto scope = name.rfind("::", arguments);
    return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string source_line(const void* code) {
    std::string line = look_up(code).second;
    const auto folder = line.rfind('/');
    if (folder != std::string::npos) line.erase(0, folder + 1);
    const auto note = line.find(" (discriminator");
    if (note != std::string::npos) line.erase(note);
    return line.empty() || line[0] == '?' ? "" : " at " + line;
}

}  // namespace cuda_emulation
