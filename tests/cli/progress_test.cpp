// Progress on a terminal: one line that fits it.
#include <algorithm>
#include <sstream>
#include <string>

#include "program.h"
#include "progress.h"

namespace manygpcm::cli_test {
namespace {

using Progress = ProgramTest;

// The states drawn over one another: what stands between carriage returns, without what erases the
// rest.
std::vector<std::string> drawn_states(const std::string& screen) {
    std::vector<std::string> states;
    std::istringstream stream(screen);
    for (std::string state; std::getline(stream, state, '\r');)
        states.push_back(state.substr(0, state.find("\033[K")));
    return states;
}

TEST_F(Progress, FitsTheTerminal) {
    const std::string data = simulated_data();
    for (const int columns : {20, 60, 200}) {
        const Outcome train = run_on_terminal({"train", "--data", data, "--model", "deep_gpcm",
                                               "--epochs", "2", "--out", path("trained")},
                                              columns);
        EXPECT_EQ(train.code, 0);
        EXPECT_TRUE(train.err.ends_with('\n')) << train.err;
        const std::vector<std::string> states = drawn_states(train.err);
        for (const std::string& state : states)
            EXPECT_LT(state.size(), columns) << state;
        EXPECT_NE(train.err.find("\r  0% "), std::string::npos) << "from the first moment";
        // Only what is over is done.
        EXPECT_EQ(std::ranges::count_if(
                      states, [](const auto& state) { return state.starts_with("100%"); }),
                  1)
            << train.err;
    }
}

TEST_F(Progress, IsCutBetweenCharacters) {
    const std::string name = "\u00E9l\u00E8ves";  // six characters, two of two bytes
    EXPECT_EQ(cli::progress_line(0.5, name, 12), " 50% " + name);
    EXPECT_EQ(cli::progress_line(0.5, name, 9), " 50% \u00E9l\u00E8");
    EXPECT_EQ(cli::progress_line(0.5, name, 7), " 50% \u00E9");
    EXPECT_EQ(cli::progress_line(0.5, "\u6570\u636E", 9), " 50% \u6570") << "of two columns each";
    EXPECT_EQ(cli::progress_line(0.5, name, 25), " 50% [#####.....] " + name);
}

}  // namespace
}  // namespace manygpcm::cli_test
