// An expectation for bad input: an InputError of one line that says what it should.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "manygpcm/engine/error.h"

namespace manygpcm {

/// Expects action() to throw an InputError of one line that contains every one of `parts`.
template <class Action>
void expect_input_error(Action action, const std::vector<std::string>& parts) {
    try {
        action();
        ADD_FAILURE() << "no InputError; expected one that says " << testing::PrintToString(parts);
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_THAT(message, testing::Not(testing::HasSubstr("\n")));
        for (const std::string& part : parts)
            EXPECT_THAT(message, testing::HasSubstr(part));
    }
}

}  // namespace manygpcm
