// A digit to base 4 is a "." and one to four slashes.
#include "storage/lock_target.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <random>

namespace manygpcm::search {
namespace {

constexpr int digits_per_word = 32;

void spell(std::string& path, std::uint64_t word) {
    for (int i = 0; i < digits_per_word; ++i, word >>= 2)
        path.append(".").append(1 + word % 4, '/');
}

/// The word at the front of `path`, which loses it; nothing where there is none.
std::optional<std::uint64_t> read_word(std::string_view& path) {
    std::uint64_t word = 0;
    for (int i = 0; i < digits_per_word; ++i) {
        if (!path.starts_with("./")) return std::nullopt;
        path.remove_prefix(1);
        const auto slashes = std::min(path.find_first_not_of('/'), path.size());
        if (slashes > 4) return std::nullopt;
        path.remove_prefix(slashes);
        word |= std::uint64_t{slashes - 1} << (2 * i);
    }
    return word;
}

}  // namespace

std::string lock_target(const std::string& name) {
    const NumberedProcess self = this_process();
    std::random_device random;
    const std::uint64_t nonce = std::uint64_t{random()} << 32 | random();
    std::string path;
    for (const std::uint64_t word : {self.space, self.number, self.start, nonce})
        spell(path, word);
    return path + name;
}

ProcessState holder_state(std::string_view target) {
    const auto space = read_word(target), number = read_word(target), start = read_word(target),
               nonce = read_word(target);
    if (!space || !number || !start || !nonce) return ProcessState::unknown;
    return state_of(NumberedProcess{.space = *space, .number = *number, .start = *start});
}

}  // namespace manygpcm::search
