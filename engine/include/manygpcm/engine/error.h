// The exception types that callers tell apart: bad input from outside (files, arguments,
// environment), and work that was stopped.
#pragma once

#include <stdexcept>

namespace manygpcm {

/// Bad input. what() is one complete line: where (file, line), what is wrong (the value), what was
/// expected. The program prints it and exits with 2; every other exception exits with 1.
class InputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Work ended before it was done because a stop was asked for, by a signal for instance: no fault.
/// What was on disk before is as it was. what() says what was going on.
struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace manygpcm
