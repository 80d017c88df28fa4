// The three standard streams as the program finds them: full, closed, or with nobody at the other
// end.
#pragma once

#include <string_view>

namespace manygpcm::cli {

/// What "-" stands for as a path.
inline constexpr const char *standard_input = "/dev/stdin", *standard_output = "/dev/stdout";

/// For the whole program, before it opens any file: a stream that is closed is taken by one that
/// leads nowhere, so that no file gets its number. To write to a closed stdout is an error.
void open_missing_streams();

/// Writes to stderr what it takes: neither a log that is full nor one that nobody reads any more
/// ends the work that it is about.
void print_stderr(std::string_view text);

/// Writes what stdout still holds back. @throws InputError where it, or what came before, couldn't
/// be written
void finish_stdout();

}  // namespace manygpcm::cli
