// Quotes a value for a message.
#include "manygpcm/engine/shown.h"

#include <fmt/format.h>

#include <algorithm>

namespace manygpcm {
namespace {

bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The first character of `text`, which isn't empty, if it is one of UTF-8; else its first byte.
std::string_view first_character(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t size = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const std::string_view character = text.substr(0, size);
    const bool whole = character.size() == size && first < 0xF5 &&
                       std::ranges::all_of(character.substr(1), continues);
    return whole ? character : text.substr(0, 1);
}

bool within(std::string_view character, std::string_view first, std::string_view last) {
    return character >= first && character <= last && character.size() == first.size();
}

/// Whether a terminal would obey it instead of showing it, or can't show it.
bool is_unprintable(std::string_view character) {
    if (const auto byte = static_cast<unsigned char>(character[0]); character.size() == 1)
        return byte < ' ' || byte >= 0x7F;           // control characters; what is no UTF-8
    return within(character, "\u0080", "\u009F") ||  // C1
           within(character, "\u2028", "\u202E") ||  // ends of lines, directions
           within(character, "\u2066", "\u2069");    // directions
}

std::string escaped(char c) {
    switch (c) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
}

/// Whether it looks like a blank or like nothing, so that in a message nobody sees why it is wrong.
/// Joiners, which words of some languages have, aren't among them.
bool is_unseen(std::string_view character) {
    return character == "\u00A0" || character == "\u00AD" || character == "\u205F" ||
           character == "\u2060" || character == "\u3000" || character == "\uFEFF" ||
           within(character, "\u2000", "\u200B");
}

/// The number of a character of UTF-8 of two or three bytes.
unsigned code_point(std::string_view character) {
    constexpr unsigned bits = 6, of_continuation = 0x3F, of_two = 0x1F, of_three = 0x0F;
    unsigned code =
        static_cast<unsigned char>(character[0]) & (character.size() == 2 ? of_two : of_three);
    for (const char c : character.substr(1))
        code = code << bits | (static_cast<unsigned char>(c) & of_continuation);
    return code;
}

/// "\\u00A0" for what is_unseen().
std::string with_unseen_escaped(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::string_view character = first_character(text);
        if (is_unseen(character))
            result += fmt::format("\\u{:04X}", code_point(character));
        else
            result += character;
        text.remove_prefix(character.size());
    }
    return result;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::string_view character = first_character(text);
        if (is_unprintable(character))
            for (const char c : character)
                result += escaped(c);
        else
            result += character;
        text.remove_prefix(character.size());
    }
    return result;
}

std::string shown(std::string_view value) {
    constexpr std::size_t longest = 40;
    std::size_t size = std::min(value.size(), longest);
    while (size > 0 && size < value.size() && continues(value[size]))
        --size;  // not within a character of UTF-8
    return fmt::format("'{}'{}", with_unseen_escaped(printable(value.substr(0, size))),
                       value.size() > size ? "..." : "");
}

std::string counted(std::int64_t n, std::string_view noun) {
    if (n == 1) return fmt::format("1 {}", noun);
    constexpr std::string_view vowels = "aeiou";
    const bool to_ies =
        noun.size() > 1 && noun.ends_with('y') && vowels.find(noun[noun.size() - 2]) == vowels.npos;
    return fmt::format("{} {}{}", n, noun.substr(0, noun.size() - (to_ies ? 1 : 0)),
                       to_ies ? "ies" : "s");
}

std::string question_name(const std::vector<std::string>& question_ids, int question) {
    return question_ids.empty() ? std::to_string(question)
                                : question_ids[static_cast<std::size_t>(question)];
}

}  // namespace manygpcm
