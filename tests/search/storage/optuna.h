// Optuna, run by a Python of the machine's: what optuna_journal.py does with a storage.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/test_directory.h"

namespace manygpcm::search {

/// A Python that has Optuna and what its importance needs; empty if there is none. Debian's sees
/// Debian's packages, another that comes first in the path may not.
inline std::string python_with_optuna() {
    for (const char* python : {"/usr/bin/python3", "python3"})
        if (std::system(
                fmt::format("{} -c 'import optuna, sklearn' 2> /dev/null", python).c_str()) == 0)
            return python;
    return "";
}

class OptunaTest : public testing::Test {
  protected:
    void SetUp() override {
        static const std::string found = python_with_optuna();
        python_ = found;
        if (python_.empty())
            GTEST_SKIP() << "no python3 here imports optuna and sklearn (Debian: python3-optuna, "
                            "python3-sklearn)";
    }

    /// @param arguments  of optuna_journal.py @returns what it prints
    nlohmann::json optuna(const std::string& arguments) const {
        const std::string command = fmt::format("{} {}/../search/storage/optuna_journal.py {}",
                                                python_, MANYGPCM_TEST_DATA, arguments);
        std::FILE* pipe = popen(command.c_str(), "r");
        std::string output;
        std::array<char, 4096> buffer;
        for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
            output.append(buffer.data(), n);
        EXPECT_EQ(pclose(pipe), 0) << command;
        return nlohmann::json::parse(output);
    }
    std::string file() const { return (directory_.path() / "study.journal").string(); }

    TestDirectory directory_;
    std::string python_;
};

}  // namespace manygpcm::search
