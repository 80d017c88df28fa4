// What is fuzzed: readers of files that anybody may have made. docs/fuzzing.md says how.
#pragma once

#include <string_view>

namespace manygpcm::fuzz {

/// Has the reader of that name read a file of these bytes, whole or refused by an InputError that
/// names it. @throws whatever else the reader throws, which is a finding, as is everything that
/// takes down the process; std::logic_error for an InputError that names no file;
/// std::out_of_range if there is no such reader.
void read(std::string_view target, std::string_view bytes);

}  // namespace manygpcm::fuzz
