// Names of parity cases as GoogleTest takes them.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <ostream>
#include <string>

#include "manygpcm/kernels/checks/parity.h"

namespace manygpcm::kernels::checks {

inline void PrintTo(const Case& which, std::ostream* out) {
    *out << which.name;
}

inline std::string test_name(const testing::TestParamInfo<Case>& info) {
    std::string name = info.param.name;
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
}

}  // namespace manygpcm::kernels::checks
