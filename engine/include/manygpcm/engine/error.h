// The one exception type for what comes from outside: files, arguments, environment.
#pragma once

#include <stdexcept>

namespace manygpcm {

/// Bad input. what() is one complete line: where (file, line), what is wrong (the value), what was
/// expected. The program prints it and exits with 2; every other exception exits with 1.
class InputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace manygpcm
