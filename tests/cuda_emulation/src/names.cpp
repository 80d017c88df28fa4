// Asks binutils' addr2line: it knows internal functions, too, and is needed only to describe an
// error.
#include "names.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

namespace cuda_emulation {
namespace {

/// What addr2line says of an address in this program: function and "file:line" in turns, from the
/// innermost inlined call outwards where `inlined`.
std::vector<std::string> look_up(const void* code, bool inlined) {
    Dl_info object{};
    if (!dladdr(code, &object)) return {};
    const auto offset =
        reinterpret_cast<std::uintptr_t>(code) - reinterpret_cast<std::uintptr_t>(object.dli_fbase);
    // /proc's link holds the program's path whatever argv[0] was.
    const std::string command = fmt::format("addr2line -f -C {} -e /proc/{}/exe {:#x} 2>/dev/null",
                                            inlined ? "-i" : "", getpid(), offset);
    const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
    std::vector<std::string> lines;
    std::array<char, 4096> text;
    while (output && fgets(text.data(), text.size(), output.get())) {
        lines.emplace_back(text.data());
        if (lines.back().ends_with('\n')) lines.back().pop_back();
    }
    return lines;
}

}  // namespace

std::string kernel_name(const void* function) {
    const std::vector<std::string> found = look_up(function, false);
    if (found.empty() || found[0].starts_with('?')) return fmt::format("at {}", function);
    std::string name = found[0];
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
    // A return address: the call itself is before it.
    const std::vector<std::string> found = look_up(static_cast<const char*>(code) - 1, true);
    std::string text;
    for (std::size_t i = 1; i < found.size(); i += 2) {
        std::string line = found[i].substr(found[i].rfind('/') + 1);
        line.resize(std::min(line.size(), line.find(" (discriminator")));
        if (line.starts_with('?') || line.starts_with("kernel_launch.h")) break;
        text += (text.empty() ? " at " : ", called at ") + line;
    }
    return text;
}

}  // namespace cuda_emulation
