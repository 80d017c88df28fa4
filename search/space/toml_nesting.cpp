// Counts brackets and dots outside of strings and comments.
#include "space/toml_nesting.h"

#include <algorithm>

namespace manygpcm::search {
namespace {

/// Where the string that begins at `start` ends: past its closing quotes, or at the end of its line
/// or the text where they are missing.
std::size_t string_end(std::string_view text, std::size_t start) {
    const char quote = text[start];
    const std::string_view thrice = quote == '"' ? R"(""")" : "'''";
    const bool multi_line = text.substr(start).starts_with(thrice);
    const std::string_view closing = multi_line ? thrice : thrice.substr(0, 1);
    for (std::size_t i = start + closing.size(); i < text.size(); ++i) {
        if (text.substr(i).starts_with(closing)) return i + closing.size();
        if (text[i] == '\n' && !multi_line) return i;
        if (text[i] == '\\' && quote == '"') ++i;
    }
    return text.size();
}

}  // namespace

int too_deep_line(std::string_view text) {
    int open = 0, dots = 0;
    for (std::size_t i = 0; i < text.size();) {
        switch (text[i]) {
            case '#':
                i = std::min(text.find('\n', i), text.size());
                continue;
            case '"':
            case '\'':
                i = string_end(text, i);
                continue;
            case '[':
            case '{':
                ++open;
                dots = 0;
                break;
            case ']':
            case '}':
                open = std::max(open - 1, 0);
                dots = 0;
                break;
            case '.':
                ++dots;
                break;
            case ',':
            case '=':
            case '\n':
                dots = 0;
                break;
            default:
                break;
        }
        ++i;
        if (open > deepest_toml || dots > deepest_toml)
            return 1 + static_cast<int>(std::ranges::count(text.substr(0, i), '\n'));
    }
    return 0;
}

}  // namespace manygpcm::search
