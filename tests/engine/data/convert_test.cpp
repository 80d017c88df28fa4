// Long CSV of foreign forms: what becomes of it, what is said of it, what is refused.
#include "manygpcm/engine/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/dataset.h"

namespace manygpcm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

struct Converted {
    std::string csv;
    std::vector<std::string> said;
};

class Convert : public testing::Test {
  protected:
    Converted convert(const std::string& content, const ConversionOptions& options = {}) {
        const Conversion made = convert_to_long(directory_.write("a.csv", content), options);
        Converted converted{"", made.said};
        double last = 0;
        made.write([&](std::string_view part, double done) {
            converted.csv += part;
            EXPECT_GE(done, last);
            last = done;
        });
        EXPECT_EQ(last, 1);
        return converted;
    }
    void expect_refused(const std::string& content, const std::vector<std::string>& parts,
                        const ConversionOptions& options = {}) {
        const auto file = directory_.write("a.csv", content);
        expect_input_error([&] { convert_to_long(file, options); }, parts);
    }
    const TestDirectory directory_;
};

TEST_F(Convert, WideTablesWithoutAnythingSaidOfThem) {
    const Converted made = convert(
        "id,sex,q1,q2,q10\n"
        "ann,f,1,2,3\n"
        "bob,m,NA,5,\n"
        "\"c, d\",f,4,1,2\n");
    EXPECT_EQ(made.csv,
              "student,item,score\n"
              "ann,q1,0\nann,q2,1\nann,q10,2\n"
              "bob,q2,4\n"
              "\"c, d\",q1,3\n\"c, d\",q2,0\n\"c, d\",q10,1\n");
    EXPECT_THAT(made.said, Contains("students: column 'id'"));
    EXPECT_THAT(made.said, Contains("no item: column 'sex', 'f' in line 2"));
    EXPECT_THAT(made.said, Contains("2 cells without an answer"));
    EXPECT_THAT(made.said,
                Contains("7 answers of 3 learners to 3 questions, scores 1 to 5, written "
                         "as 0 to 4"));
    // What is made is read.
    const Dataset dataset = read_dataset(directory_.write("long.csv", made.csv));
    EXPECT_EQ(dataset.n_categories, 5);
    EXPECT_EQ(dataset.question_ids, (std::vector<std::string>{"q1", "q10", "q2"}));
}

TEST_F(Convert, WideTablesAsOptionsSay) {
    const std::string table = "age;x;y;no\n31;0;1;7\n45;9;0;8\n";
    EXPECT_EQ(convert(table, {.student = "no", .drop = {"age"}, .missing = {"9"}}).csv,
              "student,item,score\n7,x,0\n7,y,1\n8,y,0\n");
    EXPECT_EQ(convert(table, {.items = {"y"}}).csv, "student,item,score\n1,y,1\n2,y,0\n");
    EXPECT_THAT(convert(table).said,
                Contains(HasSubstr("scores 31 to 45, unlike most: 'age' (--drop")));
    EXPECT_THAT(convert("x,y\n1,\n0,NA\n").said, Contains("without answers: 'y'"));
    EXPECT_EQ(convert("sep=;\nid;x,y\na;1\nb;0\n").csv,
              "student,item,score\na,\"x,y\",1\nb,\"x,y\",0\n");
    expect_refused(table, {":1: no column 'z' (--items)", "'age', 'x', 'y', 'no'"},
                   {.items = {"z"}});
    expect_refused(table, {"(did you mean 'age'?)"}, {.drop = {"Age"}});
}

// Items of few categories, one more or less, are no news.
TEST_F(Convert, TellsOfColumnsWithScoresFarFromThoseOfMost) {
    const Converted made = convert(
        "id,age,a,b,c,d,sum\n"
        "1,12,0,0,1,4,5\n"
        "2,18,1,2,0,0,60\n");
    EXPECT_THAT(made.said, Contains("scores 5 to 60, unlike most: 'sum' (--drop what is no item)"));
    EXPECT_THAT(made.said,
                Contains("scores 12 to 18, unlike most: 'age' (--drop what is no item)"));
    EXPECT_EQ(
        std::ranges::count_if(
            made.said, [](const std::string& line) { return line.find("unlike") != line.npos; }),
        2);
}

TEST_F(Convert, TakesTruthValuesAsScores) {
    const Converted made = convert("id,x,y\na,TRUE,1\nb,FALSE,0\n");
    EXPECT_EQ(made.csv, "student,item,score\na,x,1\na,y,1\nb,x,0\nb,y,0\n");
    EXPECT_THAT(made.said, Contains("TRUE is 1, FALSE is 0: 'x' (--drop what is no item)"));
}

TEST_F(Convert, SaysWhatASpreadsheetMadeOfACell) {
    for (const std::string date : {"02.Jan", "2. Jan 2024", "Feb-01", "1-M\u00E4r", "02.01.2024"})
        expect_refused(
            "id,x,y\na,1,0\nb," + date + ",1\n",
            {":3: column 'x' has '" + date + "' (a date, as spreadsheets make of 2/1) "});
    EXPECT_THAT(convert("id,x,y\na,1,02.Jan\nb,0,1.Feb\n").said,
                Contains(HasSubstr("no item: column 'y', '02.Jan' in line 2 (a date")));
    expect_refused("id,x,y\na,1,0\nb,A-1,1\n", {"column 'x' has 'A-1' beside scores"});
}

TEST_F(Convert, RefusesWideTablesThatAreNotWhatTheySeem) {
    expect_refused("id,x,y\na,1,0\nb,?,1\n",
                   {":3: column 'x' has '?'", "whole number", "--missing", "--drop"});
    // Whichever row the code comes in.
    for (const char* code : {"?", "-9", "999"})
        expect_refused("id,x,y\na," + std::string(code) + ",0\nb,1,1\nc," + code + ",0\n",
                       {":2: column 'x' has '" + std::string(code) +
                            "', the first of 2 that are no scores beside scores",
                        "--missing"});
    expect_refused("id,x,y\na,1,0\nb,1\n", {":3: 2 fields; expected 3"});
    expect_refused("id,x,x\na,1,0\n", {":1: column 'x' appears twice"});
    expect_refused("id,x,y\na,1,0\na,0,1\n", {":3: student 'a' has line 2 already"});
    expect_refused("id,x,y\n,1,0\n", {":2: no id in column 'id'"});
    expect_refused("id,x,y\n", {"has no answers"});
    expect_refused("id,x,y\na,1,0\n", {":1: column 'x' is named with --items and with --drop"},
                   {.items = {"x"}, .drop = {"x"}});
    expect_refused("id,x,y\na,1,0\n", {":1: column 'id' has the students"}, {.items = {"id"}});
    expect_refused("2\n4,5\n0,1\n", {"--items is of wide tables", "lines"}, {.items = {"4"}});
}

TEST_F(Convert, MakesNothingThatOtherCommandsRefuse) {
    expect_refused("id,x,y\na,0,0\nb,100,1\n", {"scores 0 to 100; expected at most 100"});
    EXPECT_EQ(convert("id,x,y\na,1,1\nb,100,2\n").csv,
              "student,item,score\na,x,0\na,y,0\nb,x,99\nb,y,1\n");
    expect_refused("id,M\xFCller,y\na,1,0\n", {":1: item 'M", "isn't UTF-8"});
    expect_refused("2\n,4\n0,1\n", {":2: no item; expected an id"});
    expect_refused("uid,concepts,responses\na,\"1,\",\"0,1\"\n", {":2: entry 2 has neither"});
    expect_refused("uid,concepts,responses\n,\"1,2\",\"0,1\"\n", {":2: no student"});
    expect_refused("uid,concepts,responses,timestamps\na,\"1,2\",\"0,1\",\"5,soon\"\n",
                   {":2: order or timestamp 'soon'"});
    // What pandas numbers rows by.
    const Converted numbered = convert(",id,x,y\n0,a,1,0\n1,b,0,1\n");
    EXPECT_EQ(numbered.csv, "student,item,score\na,x,1\na,y,0\nb,x,0\nb,y,1\n");
    EXPECT_THAT(numbered.said, Contains("no item: column 1, which has no name"));
    // A timestamp is of all or of none.
    const Converted made = convert("u,2\nNA\n3,4\n0,1\n100,200\nNA\nv,1\nNA\n3\n1\nNA\nNA\n");
    EXPECT_EQ(made.csv, "student,item,score\nu,3,0\nu,4,1\nv,3,1\n");
    EXPECT_THAT(made.said, Contains(HasSubstr("left out: timestamps, which 1 of 3 answers have")));
}

// A scale may begin with 1, whatever the form.
TEST_F(Convert, ScoresOfEveryFormAreWholeNumbersTo100) {
    EXPECT_EQ(convert("2\n4,5\n100,1\n").csv, "student,item,score\n0,4,99\n0,5,0\n");
    EXPECT_EQ(convert("uid,questions,responses\na,\"4,5\",\"100,1\"\n").csv,
              "student,item,score\na,4,99\na,5,0\n");
    const std::string expected =
        "expected a score, a whole number from 0 to 100: name it with "
        "--missing if it stands for no answer";
    for (const std::string score : {"101", "-9", "0.5"}) {
        expect_refused("id,x,y\na,1,0\nb," + score + ",1\n", {":3:", score, expected});
        expect_refused("2\n4,5\n0," + score + "\n", {":3: answer '" + score + "'; " + expected});
        expect_refused("uid,questions,responses\na,\"4,5\",\"0," + score + "\"\n",
                       {":2: response '" + score + "'; " + expected});
    }
    expect_refused("2\n4,5\n0,100\n", {"scores 0 to 100; expected at most 100 of them"});
}

TEST_F(Convert, SaysWhatCannotBeTrainedOn) {
    const auto last = [&](const std::string& table) { return convert(table).said.back(); };
    EXPECT_THAT(last("id,x,y\na,1,0\nb,3,1\n"), HasSubstr("no answer has the score 2"));
    EXPECT_THAT(last("id,x,y\na,2,2\n"), HasSubstr("every answer has the same score"));
    EXPECT_THAT(last("id,x\na,2\nb,3\n"), HasSubstr("there is one question"));
    EXPECT_THAT(last("id,x,y\na,1,2\n"), HasSubstr("2 answers of 1 learner to 2 questions"));
}

TEST_F(Convert, PyktSequences) {
    const Converted made = convert(
        "fold,uid,questions,concepts,responses,timestamps,selectmasks,is_repeat\n"
        "0,7,\"11,11,12,-1\",\"3,4,5,-1\",\"1,1,0,-1\",\"100,100,200,-1\",\"1,1,1,-1\",\"0,1,0,-"
        "1\"\n"
        "0,7,\"13,14,-1,-1\",\"5,3,-1,-1\",\"1,0,-1,-1\",\"300,400,-1,-1\",\"1,1,-1,-1\","
        "\"0,0,-1,-1\"\n"
        "1,8,\"12,-1,-1,-1\",\"5,-1,-1,-1\",\"0,-1,-1,-1\",\"50,-1,-1,-1\",\"1,-1,-1,-1\","
        "\"0,-1,-1,-1\"\n");
    EXPECT_EQ(made.csv,
              "student,item,score,timestamp,skill\n"
              "7,11,1,100,3\n7,12,0,200,5\n7,13,1,300,5\n7,14,0,400,3\n8,12,0,50,5\n");
    EXPECT_THAT(made.said, Contains("left out: 1 entry of a question's other concepts"));
    EXPECT_EQ(convert("uid,concepts,responses\na,\"1,2\",\"0,1\"\n").csv,
              "student,item,score\na,1,0\na,2,1\n");
    expect_refused("uid,concepts,responses\na,\"1,2\",\"0,1\"\nb,\"1,2,3\",\"0,1\"\n",
                   {":3: concepts has 3 entries beside 2 responses; expected as many"});
    EXPECT_THAT(convert("uid,questions,responses\na,\"1,2\",\"0,NA\"\nb,1,1\n").said,
                IsSupersetOf({"questions: column 'questions'", "1 entry without an answer"}));
    expect_refused("uid,concepts,responses,is_repeat\na,\"1,2\",\"0,1\",\"0,x\"\n",
                   {":2: is_repeat 'x'; expected 0, 1 or -1"});
    expect_refused("uid,concepts,responses,selectmasks\na,\"1,2\",\"0,1\",\"1,2\"\n",
                   {":2: selectmasks '2'; expected 0, 1 or -1"});
    expect_refused("uid,responses\na,\"0,1\"\n", {":1: neither column 'questions' nor 'concepts'"},
                   {.form = "pykt"});
}

TEST_F(Convert, PyktSequencesWithAnySeparator) {
    for (const std::string separator : {",", ";", "\t"}) {
        const auto row = [&](const std::string& uid, const std::string& questions,
                             const std::string& responses) {
            return uid + separator + questions + separator + responses + "\n";
        };
        const std::string rows = row("a", "\"1,2\"", "\"0,1\"") + row("b", "1", "\"1\"");
        for (const std::string& header : {row("uid", "questions", "responses"),
                                          row("\"uid\"", "\"questions\"", "\"responses\"")})
            EXPECT_EQ(convert(header + rows).csv, "student,item,score\na,1,0\na,2,1\nb,1,1\n");
    }
    EXPECT_EQ(convert("uid;questions;responses\na;1,2;0,1\n").csv,
              "student,item,score\na,1,0\na,2,1\n");
}

TEST_F(Convert, LinesOfThreeFourAndSix) {
    EXPECT_EQ(convert("2\n4,5\n0,1\n1\n5\n1\n").csv, "student,item,score\n0,4,0\n0,5,1\n1,5,1\n");
    // Problems are finer than skills, whichever comes first.
    const std::string expected =
        "student,item,score,skill\nann,4,0,1\nann,5,1,1\nann,6,1,2\nbob,5,1,1\nbob,4,0,1\n";
    EXPECT_EQ(convert("3,ann\n4,5,6\n1,1,2\n0,1,1\n2,bob\n5,4\n1,1\n1,0\n").csv, expected);
    EXPECT_EQ(convert("ann,3\n1,1,2\n4,5,6\n0,1,1\nbob,2\n1,1\n5,4\n1,0\n").csv, expected);
    EXPECT_EQ(convert("u,2\nNA\n3,4\n0,1\n100,200\nNA\nv,1\nNA\n3\n1\n50\nNA\n").csv,
              "student,item,score,timestamp\nu,3,0,100\nu,4,1,200\nv,3,1,50\n");
    expect_refused("2\n4,5\n0,1\n2\n4,5\n0,1,1\n",
                   {":6: 3 entries, but the learner has 2 answers", "expected 3 lines a learner"});
    expect_refused("2\n4,5\n0,1\n2\n4,5\n", {":5: the file ends after 2"});
    // Nobody's place may pass for another's id.
    expect_refused("2,1\n4,5\n0,1\n2\n4,5\n0,1\n", {":4: the learner has no id; expected one"});
    expect_refused("2\n4,5\n0,1\n2,0\n4,5\n0,1\n", {":4: the learner has an id; expected the"});
    expect_refused(",2\n4,5\n0,1\n", {":1: the learner has no id; expected one, or no comma"});
}

TEST_F(Convert, JoinsTheNeighbouringPartsOfALearnersSequence) {
    const Converted lines = convert("ann,2\n4,5\n0,1\nann,1\n4\n1\nbob,1\n5\n0\n");
    EXPECT_EQ(lines.csv, "student,item,score\nann,4,0\nann,5,1\nann,4,1\nbob,5,0\n");
    EXPECT_THAT(lines.said, Contains(HasSubstr("of 1 more count, the first in line 4")));
    const std::string table = "uid,questions,responses\na,\"1,2\",\"0,1\"\na,3,1\nb,1,0\n";
    for (const std::string& said : convert(table).said)
        EXPECT_THAT(said, Not(HasSubstr("line")));
    const Converted apart = convert(table + "a,3,1\nb,2,1\n");
    EXPECT_EQ(apart.csv, "student,item,score\na,1,0\na,2,1\na,3,1\na,3,1\nb,1,0\nb,2,1\n");
    EXPECT_THAT(apart.said, Contains(HasSubstr("others' rows since its last: 2, the first in line "
                                               "5; joined")));
    EXPECT_THAT(convert(table + "b,1,0\nc,1,0\n").said,
                Contains(HasSubstr("the learner's row before: 1, the first in line 5;")));
}

TEST_F(Convert, NamesTheLineOfWhatIsWrongWithALearner) {
    const auto learner = [](const std::string& id, const std::string& questions,
                            const std::string& concepts, const std::string& times) {
        return "u,2\n4,5\n1,1\n0,1\n1,2\nNA\n" + id + ",2\n" + questions + "\n" + concepts +
               "\n0,1\n" + times + "\nNA\n";
    };
    expect_refused(learner("\xFC", "4,5", "1,1", "1,2"), {":7: student"});
    expect_refused(learner("v", "4,\xFC", "1,1", "1,2"), {":8: item"});
    expect_refused(learner("v", "4,5", "1,\xFC", "1,2"), {":9: skill"});
    expect_refused(learner("v", "NA", "1,\xFC", "1,2"), {":9: item"});
    expect_refused(learner("v", "4,5", "1,1", "1,soon"), {":11: order or timestamp 'soon'"});
}

// The first learner tells how many lines there are, but those behind do, too.
TEST_F(Convert, SaysWhatIsWrongWithTheFirstLearnersLines) {
    const std::string three = "2\n4,5\n0,1\n", four = "2\n4,5\n1,1\n0,1\n",
                      six = "u,2\n4,5\n1,1\n0,1\n1,2\nNA\n";
    const std::string expected = "expected three, four or six lines a learner";
    for (const std::string& behind : {std::string(), three + three}) {
        expect_refused("3\n4,5\n0,1\n" + behind,
                       {":1: '3' isn't the count of the 2 answers below; ", expected});
        expect_refused("a,3\n4,5\n0,1,1\n" + behind, {":1: 'a,3' isn't the count of the 2"});
        expect_refused("2\n4,5\n0\n" + behind, {":3: 1 entry, but the learner has 2 answers"});
    }
    expect_refused("2\n4,5\n1,1\n0\n" + four + four, {":4: 1 entry,", expected});
    expect_refused("3\n4,5\n1,1\n0,1\n" + four + four, {":1: '3' isn't the count of the 2"});
    expect_refused("u,2\n4,5\n1,1\n0,1\n1\nNA\n" + six + six + six, {":5: 1 entry,", expected});
    expect_refused(four + "2\n4,5\n1,1\n0\n" + four, {":8: 1 entry,", "expected 4 lines"});
    expect_refused("2\n4,5\n", {":2: the file ends after 2 of a learner's 3 lines; ", expected});
    EXPECT_THAT(convert("id,3\n4,5\n0,1\n").said, Contains("students: column 'id'"));
}

// Who numbered two files' learners, and put one behind the other, means others by the same number.
TEST_F(Convert, RefusesALearnersLinesApart) {
    expect_refused("ann,1\n4\n0\nbob,1\n5\n0\nann,1\n4\n1\n",
                   {":7: learner 'ann' has line 1 already, and others are between; expected all of "
                    "a learner's lines together"});
    expect_refused("u,1\nNA\n3\n0\nNA\nNA\nv,1\nNA\n3\n1\nNA\nNA\nu,1\nNA\n3\n1\nNA\nNA\n",
                   {":13: learner 'u' has line 1 already"});
}

// More than is read at once, and more than is written at once.
TEST_F(Convert, FilesOfManyPieces) {
    constexpr int n_learners = 30'000;
    std::string wide = "id,\"a\nb\",c\n", lines, pykt = "uid,questions,responses\n";
    std::string expected = "student,item,score\n", of_lines = expected, skilled = expected;
    for (int i = 0; i < n_learners; ++i) {
        const std::string id = std::to_string(i), first = std::to_string(i % 2),
                          second = std::to_string(i / 2 % 2);
        wide += id + ",\"" + first + "\"," + second + "\n";
        lines += id + ",2\n7,7\n8," + id + "\n" + first + "," + second + "\n";
        pykt += id + ",\"8," + id + "\",\"" + first + "," + second + "\"\n";
        const auto rows = [&](const std::string& a, const std::string& b, const char* end) {
            return id + "," + a + "," + first + end + id + "," + b + "," + second + end;
        };
        expected += rows("\"a\nb\"", "c", "\n");
        of_lines += rows("8", id, ",7\n");
        skilled += rows("8", id, "\n");
    }
    of_lines.replace(0, of_lines.find('\n'), "student,item,score,skill");
    EXPECT_EQ(convert(wide).csv, expected);
    EXPECT_EQ(convert(lines).csv, of_lines) << "the second row of ids has the more";
    EXPECT_EQ(convert(pykt).csv, skilled);
    // What is wrong with a column is told before what is in a row, whichever comes first; with the
    // file before either.
    wide += "0,0,0\n";
    expect_refused(wide, {":30003: student '0' has line 3 already"});
    wide += "x,y,0\n";
    expect_refused(wide, {":30004: column ", " has 'y' beside scores"});
    expect_refused(wide + std::string(1, '\0'), {"zero bytes"});
    lines += "2\n7,7\n8,8\n0\n";
    expect_refused(
        lines, {":120004: 1 entry, but the learner has 2 answers", "expected 4 lines a learner"});
    // One of the coarser ids may be missing, one of the finer may not.
    EXPECT_EQ(convert("3\n4,5,6\n1,,1\n0,1,1\n").csv,
              "student,item,score,skill\n0,4,0,1\n0,5,1,\n0,6,1,1\n");
    expect_refused("3\n1,1,1\n4,,6\n0,1,1\n", {":3: no item; expected an id"});
}

TEST_F(Convert, RefusesWhatNeedsNoConversion) {
    expect_refused("user_id;question;correct\n1;2;1\n", {"as the other commands read it"});
}

TEST_F(Convert, RefusesAFormThatNobodyKnows) {
    expect_refused("id,x\na,1\n", {"form 'xlsx'", "wide, pykt, lines"}, {.form = "xlsx"});
}

}  // namespace
}  // namespace manygpcm
