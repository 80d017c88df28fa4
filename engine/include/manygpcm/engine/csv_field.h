// Text as a field of a CSV file.
#pragma once

#include <string>
#include <string_view>

namespace manygpcm {

/// `text`, in quotes where CSV (RFC 4180) asks for it, blanks at its ends do, or it is a word that
/// would be read as a missing value.
std::string csv_field(std::string_view text);

}  // namespace manygpcm
