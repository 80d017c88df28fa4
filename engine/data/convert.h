// The readers of foreign forms; each tells its form by what a file holds.
#pragma once

#include <filesystem>
#include <string_view>

#include "manygpcm/engine/convert.h"

namespace manygpcm {

/// Whether its header has the columns of pyKT's sequence files.
bool is_pykt(std::string_view text);
Conversion convert_pykt(const std::filesystem::path& file, std::string_view text,
                        const ConversionOptions& options);

/// Whether it begins with a count of answers, perhaps beside an id.
bool is_lines(std::string_view text);
Conversion convert_lines(const std::filesystem::path& file, std::string_view text,
                         const ConversionOptions& options);

Conversion convert_wide(const std::filesystem::path& file, std::string_view text,
                        const ConversionOptions& options);

}  // namespace manygpcm
