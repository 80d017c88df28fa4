// Processes as Linux's /proc knows them.
#include "manygpcm/engine/detail/process_identity.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "manygpcm/engine/detail/checksum.h"

namespace manygpcm {
namespace {

/// The boot and the process namespace: process numbers are unique within. Empty if unknown.
std::string number_space() {
    std::string boot;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
    std::error_code error;
    const auto name_space = std::filesystem::read_symlink("/proc/self/ns/pid", error);  // pid:[n]
    if (boot.empty() || error) return "";
    return fmt::format("{}:{}", boot, name_space.string());
}

/// When the process started, in ticks since boot; empty for none, and for one that has ended and
/// only waits for its parent to ask how.
std::string start_of(std::string_view number) {
    std::string stat;
    std::getline(std::ifstream(fmt::format("/proc/{}/stat", number)), stat);
    // The name in parentheses, the second field, may hold anything.
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) return "";
    std::istringstream fields(stat.substr(name_end + 1));
    constexpr int state_field = 3, start_field = 22;  // proc(5)
    std::string field;
    for (int i = state_field; i <= start_field; ++i) {
        fields >> field;
        if (i == state_field && (field == "Z" || field == "X")) return "";
    }
    return fields ? field : "";
}

/// Of number_space(); 0 where that is unknown.
std::uint64_t hash_of_space() {
    const std::string space = number_space();
    if (space.empty()) return 0;
    Checksum checksum;
    checksum.add(space);
    return checksum.value();
}

/// 0 for what isn't a number.
std::uint64_t number_in(const std::string& text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

std::string process_identity() {
    const std::string space = number_space();
    const std::string number = fmt::format("{}", ::getpid());
    const std::string start = start_of(number);
    if (space.empty() || start.empty()) return "";
    return fmt::format("{}:{}:{}", space, number, start);
}

ProcessState state_of(std::string_view identity) {
    const std::string space = number_space();
    if (space.empty() || !identity.starts_with(space + ":")) return ProcessState::unknown;
    identity.remove_prefix(space.size() + 1);
    const auto colon = identity.find(':');
    const std::string_view number = identity.substr(0, colon);
    if (colon == identity.npos || number.find_first_not_of("0123456789") != number.npos)
        return ProcessState::unknown;
    return start_of(number) == identity.substr(colon + 1) ? ProcessState::running
                                                          : ProcessState::gone;
}

NumberedProcess this_process() {
    const auto number = static_cast<std::uint64_t>(::getpid());
    return {.space = hash_of_space(),
            .number = number,
            .start = number_in(start_of(fmt::format("{}", number)))};
}

ProcessState state_of(const NumberedProcess& process) {
    if (process.space == 0 || process.space != hash_of_space()) return ProcessState::unknown;
    const std::uint64_t start = number_in(start_of(fmt::format("{}", process.number)));
    return start != 0 && start == process.start ? ProcessState::running : ProcessState::gone;
}

std::string random_uuid() {
    return boost::uuids::to_string(boost::uuids::random_generator()());
}

}  // namespace manygpcm
