// Names from outside on a terminal.
#include "manygpcm/engine/shown.h"

#include <gtest/gtest.h>

#include <string>

namespace manygpcm {
namespace {

TEST(Printable, LeavesTextAsItIs) {
    for (const char* text : {"", "train.txt", "Schüler 7", "問題", "\U0001F600", "a\\nb"})
        EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("two\nlines\r\tblank"), "two\\nlines\\r\\tblank");
    EXPECT_EQ(printable("\x1B[2J\x07\x7F"), "\\x1B[2J\\x07\\x7F");
    EXPECT_EQ(printable(std::string("nul\0.", 5)), "nul\\x00.");
    EXPECT_EQ(printable("C1: \u009B2J"), "C1: \\xC2\\x9B2J");
    EXPECT_EQ(printable("txt.\u202Egpj"), "txt.\\xE2\\x80\\xAEgpj");
}

TEST(Printable, EscapesWhatIsNoUtf8) {
    EXPECT_EQ(printable("M\xFCller"), "M\\xFCller");
    EXPECT_EQ(printable("cut \xE5\x95"), "cut \\xE5\\x95");
    EXPECT_EQ(printable("\x9B[2J\xC0\x9B\xFF"), "\\x9B[2J\\xC0\\x9B\\xFF");
}

TEST(Shown, EscapesWhatNobodySees) {
    EXPECT_EQ(shown("1\u00A0\uFEFF\u200B2"), "'1\\u00A0\\uFEFF\\u200B2'");
    EXPECT_EQ(shown("\u0645\u06CC\u200C\u062E"), "'\u0645\u06CC\u200C\u062E'");  // a joiner
}

TEST(Shown, QuotesOnOneLineAndCutsBetweenCharacters) {
    EXPECT_EQ(shown("a\nb"), "'a\\nb'");
    EXPECT_EQ(shown("no learner has an id as long as this, oüü"),
              "'no learner has an id as long as this, o'...");
}

TEST(DidYouMean, OneThatIsASlipAway) {
    constexpr std::string_view words[] = {"lr", "lr_schedule", "dropout_rate", "core", "qwk"};
    EXPECT_EQ(did_you_mean("lrr", words), " (did you mean 'lr'?)");
    EXPECT_EQ(did_you_mean("droput_rate", words), " (did you mean 'dropout_rate'?)");
    EXPECT_EQ(did_you_mean("drop", words), " (did you mean 'dropout_rate'?)");
    EXPECT_EQ(did_you_mean("croe", words), " (did you mean 'core'?)") << "neighbours swapped";
    EXPECT_EQ(did_you_mean("LR", words), " (did you mean 'lr'?)");
    EXPECT_EQ(did_you_mean("kwq", words), "");
    EXPECT_EQ(did_you_mean("learning_rate", words), "");
    EXPECT_EQ(did_you_mean("", words), "");
    EXPECT_EQ(did_you_mean(std::string(10000, 'x'), words), "");
}

TEST(Counted, IsOneOrMany) {
    EXPECT_EQ(counted(1, "learner"), "1 learner");
    EXPECT_EQ(counted(0, "learner"), "0 learners");
    EXPECT_EQ(counted(2, "test learner"), "2 test learners");
    EXPECT_EQ(counted(-1, "entry"), "-1 entries");
    EXPECT_EQ(counted(1, "category"), "1 category");
    EXPECT_EQ(counted(10'000'000'000, "category"), "10000000000 categories");
    EXPECT_EQ(counted(2, "day"), "2 days");
}

}  // namespace
}  // namespace manygpcm
