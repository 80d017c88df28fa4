// Runs gnuplot, which draws the report's pictures.
#pragma once

#include <filesystem>
#include <string>

#include "manygpcm/engine/stop.h"

namespace manygpcm::report {

/// `text` as a string constant of gnuplot's, control characters as blanks.
std::string gnuplot_string(const std::string& text);

/// What is said where there is none.
inline constexpr const char* no_gnuplot = "no pictures: gnuplot wasn't found (Debian: gnuplot-nox)";

enum class Gnuplot { drawn, missing, failed };

/// Lets gnuplot draw `script`, which writes to the file name that it finds in its variable `out`,
/// and puts the picture at `file` when it is whole. `failed` if gnuplot exits with another status
/// than 0 or leaves no picture. @throws InputError if the file can't be written; Interrupted where
/// `stop` is set.
Gnuplot draw(const std::string& script, const std::filesystem::path& file, StopFlag stop = nullptr);

}  // namespace manygpcm::report
