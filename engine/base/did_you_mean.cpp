// Which word was meant: letters left out, added, changed, or two neighbours in each other's place.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

/// How many such slips are between two words (Damerau 1964, no letter touched twice).
std::size_t slips_between(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> slips(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            std::size_t& least = slips[i][j];
            least = i + j;
            if (i == 0 || j == 0) continue;
            least = std::min({slips[i - 1][j] + 1, slips[i][j - 1] + 1,
                              slips[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                least = std::min(least, slips[i - 2][j - 2] + 1);
        }
    return slips[a.size()][b.size()];
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
    constexpr std::size_t longest = 60;  // nobody's slip of the hand beyond
    constexpr std::size_t letters_a_slip = 3;
    if (word.empty() || word.size() > longest) return "";
    const std::string typed = lower(word);  // capitals alone are no slip
    std::string_view nearest;
    std::size_t least = word.size() / letters_a_slip + 1;
    for (const std::string_view candidate : words) {
        if (candidate.size() > longest) continue;
        // Of one that begins so, the rest was left out.
        const std::string known = lower(candidate);
        const std::size_t slips = typed.size() >= letters_a_slip && known.starts_with(typed)
                                      ? 1
                                      : slips_between(typed, known);
        if (slips >= least) continue;
        least = slips;
        nearest = candidate;
    }
    return nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest);
}

}  // namespace manygpcm
