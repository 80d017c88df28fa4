// Quotes a value for a message.
#include "manygpcm/engine/shown.h"

#include <fmt/format.h>

#include <algorithm>

namespace manygpcm {

std::string shown(std::string_view value) {
    constexpr std::size_t longest = 40;
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    std::size_t size = std::min(value.size(), longest);
    while (size > 0 && size < value.size() && continues(value[size]))
        --size;  // not within a character of UTF-8
    std::string text(value.substr(0, size));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = '?';
    return fmt::format("'{}'{}", text, value.size() > size ? "..." : "");
}

std::string question_name(const std::vector<std::string>& question_ids, int question) {
    return question_ids.empty() ? std::to_string(question)
                                : question_ids[static_cast<std::size_t>(question)];
}

}  // namespace manygpcm
