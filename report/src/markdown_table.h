// Tables and numbers as the Markdown report prints them.
#pragma once

#include <string>
#include <vector>

namespace manygpcm {

/// A pipe table, the first column left-aligned, the others right; pipes within cells are escaped.
std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows);

/// `value` with a fixed number of decimals; n/a where it isn't finite.
std::string fixed(double value, int decimals);

}  // namespace manygpcm
