// Several studies side by side: which found more, as far as that can be told fairly.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::report {

struct NamedStudy {
    std::string name;  ///< what a reader knows it by; those of several studies differ
    search::Study study;
};

inline constexpr std::size_t most_side_by_side = 6;  ///< as many as lines of a picture tell apart

/// What differs between the studies, their best scores, the distributions of scores after equal
/// training, the winners' parameters and what they score on the learners held out, in Markdown.
/// @param studies two to most_side_by_side
/// @param generated the local time, YYYY-MM-DD HH:MM:SS; empty: now
/// @param pictures  files beside it, or why there are none
/// @throws InputError for studies of different objectives or different data, and of Optuna's beside
/// ours: their scores don't compare.
std::string side_by_side_markdown(const std::vector<NamedStudy>& studies,
                                  const std::string& generated = {},
                                  const std::vector<std::string>& pictures = {});

/// Writes comparison.md and, where there is gnuplot, comparison.png into `out`; returns the paths
/// of those written. Where there is none, `left_out` is called with a line that says so.
/// @throws InputError likewise, and if they can't be written.
std::vector<std::filesystem::path> write_side_by_side(
    const std::vector<NamedStudy>& studies, const std::filesystem::path& out,
    const std::function<void(const std::string&)>& left_out = {});

}  // namespace manygpcm::report
