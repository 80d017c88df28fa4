// The readers of foreign forms; each tells its form by what a file holds.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/text_stream.h"
#include "manygpcm/engine/convert.h"

namespace manygpcm {

/// Whether its header has the columns of pyKT's sequence files. @param text how it begins
bool is_pykt(std::string_view text);
Conversion convert_pykt(const std::filesystem::path& file, TextStream& text,
                        const ConversionOptions& options);

/// Whether it begins with a count of answers, perhaps beside an id. @param text how it begins, with
/// three lines if there are as many
bool is_lines(std::string_view text);
Conversion convert_lines(const std::filesystem::path& file, TextStream& text,
                         const ConversionOptions& options);

Conversion convert_wide(const std::filesystem::path& file, TextStream& text,
                        const ConversionOptions& options);

}  // namespace manygpcm
