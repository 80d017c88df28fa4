// Man pages and completions, made of the options that the program has.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Generate : public ProgramTest {
  protected:
    void SetUp() override { ASSERT_EQ(run({"generate", "--out", path("share")}).code, 0); }

    std::string file(const std::string& name) const { return content_of(path("share/" + name)); }

    /// What bash offers behind `words`, the last of which is being typed; blanks between.
    std::string offered(const std::string& words) const {
        const std::string script = "source " + path("share/bash-completion/completions/manygpcm") +
                                   "; COMP_WORDS=(" + words +
                                   "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _manygpcm; "
                                   "echo \"${COMPREPLY[*]}\"";
        return output("bash -c '" + std::regex_replace(script, std::regex("'"), "'\\''") + "'");
    }

    static std::string output(const std::string& command) {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
            ::popen((command + " 2>&1").c_str(), "r"), &::pclose);
        std::array<char, 4096> buffer;
        std::string text;
        while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
            text.append(buffer.data(), n);
        return text.substr(0, text.find_last_not_of('\n') + 1);
    }

    static bool exists(const std::string& program) {
        return !output("command -v " + program).empty();
    }
};

TEST_F(Generate, IsNotForUsersToSee) {
    EXPECT_THAT(run({"--help"}).out, Not(HasSubstr("generate")));
    EXPECT_THAT(run({"generat"}).err, Not(HasSubstr("generate")));
    EXPECT_THAT(file("bash-completion/completions/manygpcm"), Not(HasSubstr("generate")));
}

TEST_F(Generate, BashCompletesCommandsOptionsAndWhatTheyTake) {
    EXPECT_EQ(offered("manygpcm tr"), "train");
    EXPECT_EQ(offered("manygpcm help hy"), "hyperparameters");
    EXPECT_EQ(offered("manygpcm sweep --sampl"), "--sampler");
    EXPECT_EQ(offered("manygpcm sweep --sampler s"), "sobol");
    EXPECT_EQ(offered("manygpcm sweep --model au"), "auto");
    EXPECT_EQ(offered("manygpcm train --model gp"), "gpcm");
    EXPECT_EQ(offered("manygpcm train --set lr_s"), "lr_schedule=");
    EXPECT_EQ(offered("manygpcm train --set lr=0.1 drop"), "dropout_rate=");
    EXPECT_EQ(offered("manygpcm predict --decision m"), "median");
    EXPECT_EQ(offered("manygpcm train --data /"), "") << "left to readline, which knows files";
    EXPECT_EQ(offered("manygpcm train --epochs 1"), "");
}

TEST_F(Generate, EveryOptionOfHelpIsInEachOfThem) {
    const std::string bash = file("bash-completion/completions/manygpcm"),
                      zsh = file("zsh/site-functions/_manygpcm"),
                      fish = file("fish/vendor_completions.d/manygpcm.fish");
    const std::regex option("\n  (?:-h,)?--([a-z0-9-]+)");
    int n = 0;
    for (const std::string command : {"simulate", "convert", "train", "predict", "items", "sweep",
                                      "report", "doctor", "profile"}) {
        const std::string help = run({command, "--help"}).out,
                          page = file("man/man1/manygpcm-" + command + ".1");
        for (std::sregex_iterator match(help.begin(), help.end(), option), end; match != end;
             ++match, ++n) {
            const std::string name = (*match)[1];
            SCOPED_TRACE(command + " --" + name);
            EXPECT_THAT(bash, HasSubstr("--" + name));
            EXPECT_THAT(zsh, HasSubstr("--" + name + "["));
            EXPECT_THAT(fish,
                        HasSubstr("__fish_seen_subcommand_from " + command + "' -l " + name + " "));
            EXPECT_THAT(page,
                        HasSubstr("\\-\\-" + std::regex_replace(name, std::regex("-"), "\\-")));
        }
    }
    EXPECT_GT(n, 80);
}

TEST_F(Generate, ShellsAndManReadThem) {
    EXPECT_EQ(output("bash -n " + path("share/bash-completion/completions/manygpcm")), "");
    if (exists("zsh")) {
        EXPECT_EQ(output("zsh -n " + path("share/zsh/site-functions/_manygpcm")), "");
    }
    if (exists("fish")) {
        EXPECT_EQ(output("fish -n " + path("share/fish/vendor_completions.d/manygpcm.fish")), "");
    }
    for (const std::string& page : names_in(path("share/man/man1"))) {
        const std::string name = page.substr(0, page.size() - 2);
        if (exists("lexgrog")) {
            EXPECT_THAT(output("lexgrog " + path("share/man/man1/" + page)),
                        HasSubstr("\"" + name + " - "));
        }
        if (exists("man")) {
            EXPECT_EQ(output("{ MANWIDTH=100 man --warnings -l " + path("share/man/man1/" + page) +
                             " >/dev/null; }"),
                      "");
        }
    }
}

}  // namespace
}  // namespace manygpcm::cli_test
