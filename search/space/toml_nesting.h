// A bound on how deep a TOML document nests, checked before it is parsed: the parser, and what
// walks its tables, calls itself a level at a time, and a file must not decide how deep.
#pragma once

#include <string_view>

namespace manygpcm::search {

/// Brackets that are open, or parts of one dotted key, a.b.c; a space of ours needs three.
inline constexpr int deepest_toml = 100;

/// The line, from 1, where `text` goes deeper than that; 0 where it doesn't.
int too_deep_line(std::string_view text);

}  // namespace manygpcm::search
