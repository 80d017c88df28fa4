// The standard streams: full, closed, with nobody at the other end, and as files by the name "-".
#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <vector>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

using testing::HasSubstr;

class Streams : public ProgramTest {
  protected:
    /// A command each, and more of those that print without doing anything.
    std::vector<Arguments> all_that_print() {
        const std::string weights = trained_weights(), data = path("data/test.txt");
        write(path("wide.csv"), "id,x,y\na,0,1\nb,1,0\n");
        return {{"help"},
                {"help", "data"},
                {"help", "sweep", "trials"},
                {"--version"},
                {"train", "--help"},
                {"train", "--version"},
                {"simulate", "--learners", "9", "--length", "5:9", "--out", path("drawn")},
                {"convert", "--data", path("wide.csv"), "--out", path("long.csv")},
                {"convert", "--data", path("wide.csv"), "--out", "-"},
                {"train", "--data", path("data"), "--model", "gpcm", "--out", path("fitted")},
                {"predict", "--model", weights, "--data", data, "--out", path("p.csv")},
                {"predict", "--model", weights, "--data", data, "--out", "-"},
                {"predict", "--model", weights, "--data", data, "--next", "--out", "-"},
                {"predict", "--model", weights, "--data", data, "--out", path("p.csv"),
                 "--abilities", "-"},
                {"items", "--model", weights, "--out", path("i.csv")},
                {"items", "--model", weights, "--out", "-"},
                {"report", "--study", MANYGPCM_TEST_DATA "/journals/small_losses.journal", "--out",
                 path("report")},
                {"doctor"},
                {"profile", "--data", path("data"), "--model", "deep_gpcm", "--epochs", "1"}};
    }
};

TEST_F(Streams, EveryCommandSaysThatStdoutTakesNoMore) {
    for (const Arguments& arguments : all_that_print()) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Outcome full = run_into(arguments, Sink::full, {});
        EXPECT_EQ(full.code, 2);
        EXPECT_THAT(full.err, HasSubstr("cannot write: No space left on device\n"));
        const Outcome closed = run_into(arguments, Sink::closed, {});
        EXPECT_EQ(closed.code, 2);
        EXPECT_THAT(closed.err, HasSubstr("cannot write: Bad file descriptor\n"));
    }
    EXPECT_FALSE(content_of(path("long.csv")).empty()) << "files are written by then";
    EXPECT_FALSE(content_of(path("fitted/metrics.json")).empty());
}

TEST_F(Streams, EveryCommandEndsWithoutAWordWhereNobodyReadsOn) {
    for (const Arguments& arguments : all_that_print()) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Outcome unread = run_into(arguments, Sink::unread, {});
        EXPECT_EQ(unread.code, -SIGPIPE);
        EXPECT_EQ(unread.err.find("error"), std::string::npos) << unread.err;
    }
}

// What is lost of stderr is but what it says; no file that is written gets its number.
TEST_F(Streams, WorkGoesOnWithoutStderr) {
    const std::string data = simulated_data();
    const auto train = [&](const std::string& out) {
        return Arguments{"train",     "--data",   data, "--model", "deep_gpcm", "--set",
                         "n_heads=2", "--epochs", "2",  "--out",   path(out)};
    };
    const Outcome seen = run(train("seen"));
    ASSERT_EQ(seen.code, 0) << seen.err;
    EXPECT_THAT(seen.err, HasSubstr("n_heads=2: has no effect on deep_gpcm\n"));
    for (const Sink sink : {Sink::full, Sink::closed, Sink::unread}) {
        const std::string out = "without" + std::to_string(static_cast<int>(sink));
        EXPECT_EQ(run_into(train(out), {}, sink).code, 0);
        EXPECT_EQ(content_of(path(out + "/model.safetensors")),
                  content_of(path("seen/model.safetensors")));
    }
    EXPECT_EQ(run_into(train("none"), Sink::closed, Sink::closed).code, 2);
    EXPECT_EQ(content_of(path("none/model.safetensors")),
              content_of(path("seen/model.safetensors")));
}

TEST_F(Streams, AHyphenIsAStreamWhereAFileIsAndNothingElsewhere) {
    const std::string weights = trained_weights(), data = path("data/test.txt");
    const Arguments predict = {"predict", "--model", weights, "--data", data, "--out"};
    const Outcome printed = run(with(predict, {"-"}));
    ASSERT_EQ(printed.code, 0) << printed.err;
    ASSERT_EQ(run(with(predict, {path("p.csv")})).code, 0);
    EXPECT_EQ(printed.out, content_of(path("p.csv")));
    EXPECT_THAT(printed.err, HasSubstr("qwk"));
    const Outcome abilities = run(with(predict, {path("p.csv"), "--abilities", "-"}));
    EXPECT_TRUE(abilities.out.starts_with("learner,responses,theta,theta_sd\n0,")) << abilities.out;
    EXPECT_THAT(abilities.err, HasSubstr("qwk"));
    expect_refused(run(with(predict, {path("p.csv"), "--abilities", path("p.csv")})),
                   "is --out, too");

    const Arguments train = {"train", "--data", "d", "--model", "gpcm", "--out", "-"};
    expect_refused(run(train), "--out: expected a directory, found '-' (./- if that");
    for (const Arguments& arguments :
         {Arguments{"simulate", "--out=-"},
          {"report", "--study", "s", "--out", "-"},
          {"report", "--study", "-", "--out", "o"},
          {"sweep", "--data", "d", "--model", "gru_gpcm", "--out", "-"},
          {"generate", "--out", "-"},
          {"sweep", "--data", "d", "--model", "gru_gpcm", "--out", "o", "--study", "-"}})
        expect_refused(run(arguments), "found '-'");
}

TEST_F(Streams, AStreamIsOneFileAlone) {
    for (const auto& [arguments, words] : {
             std::pair(Arguments{"predict", "--weights", "-", "--data", "-", "--out", "p.csv"},
                       "--data and --weights are both the standard input, which can be read only "
                       "once; expected a file for one of them"),
             {{"predict", "--model", "-", "--model", "-", "--data", "d", "--out", "p.csv"},
              "--weights is given twice as the standard input"},
             {{"predict", "--weights", "m", "--data", "d", "--out", "-", "--abilities", "-"},
              "--abilities and --out are both the standard output, where one would be mixed with "
              "the other; expected a file for one of them"},
             {{"items", "--weights", "/dev/stdin", "--data", "-", "--out", "i.csv"},
              "--data and --weights are both the standard input"},
             {{"sweep", "--data", "-", "--space", "-", "--model", "gru_gpcm", "--out", "o"},
              "--data and --space are both the standard input"},
         })
        expect_refused(run(arguments), words);
}

}  // namespace
}  // namespace manygpcm::cli_test
