// Dates and times as ISO 8601 has them and spreadsheets and databases write them.
#pragma once

#include <optional>
#include <string_view>

namespace manygpcm {

/// Seconds since 1970 of all of `text`: 2024-05-01, with a time 09:30 or 09:30:15.25 after a T or a
/// blank, and a zone Z, +02:00 or -0530 after that; without one as if in UTC.
std::optional<double> parse_time(std::string_view text);

}  // namespace manygpcm
