// Reading datasets: both formats, what is let pass, and every refusal with its file, line, value
// and expectation.
#include "manygpcm/engine/dataset.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/parts_of.h"

namespace manygpcm {
namespace {

using Numbers = std::vector<std::int32_t>;
using Texts = std::vector<std::string>;

TEST(ReadDataset, ReadsThePublishedDataset) {
    const Dataset dataset = read_dataset(MANYGPCM_DATA "/synthetic_500_200_4/");
    EXPECT_EQ(dataset.name, "synthetic_500_200_4");
    EXPECT_EQ(dataset.n_questions, 200);
    EXPECT_EQ(dataset.n_categories, 4);
    EXPECT_EQ(dataset.train.size(), 400u);
    EXPECT_EQ(dataset.test.size(), 100u);
    EXPECT_TRUE(dataset.question_ids.empty());
    std::size_t steps = 0;
    for (const auto* learners : {&dataset.train, &dataset.test})
        for (const Learner& learner : *learners) {
            EXPECT_EQ(learner.questions.size(), learner.responses.size());
            steps += learner.questions.size();
        }
    EXPECT_EQ(steps, 75'478u);
}

TEST(ReadDataset, ReadsWhatTheDatasetWasDrawnFrom) {
    EXPECT_EQ(read_dataset(MANYGPCM_DATA "/synthetic_500_200_4").truth->threshold.size(), 600u);
    const TestDirectory directory;
    directory.write("train.txt", "2\n0,1\n1,0\n1\n1\n2\n");
    const auto& path = directory.path();
    EXPECT_FALSE(read_dataset(path).truth);
    // A question that nobody was asked follows.
    directory.write("truth.json", R"({"ability": [0.5, -1], "discrimination": [1, 2, 3],
        "threshold": [[-1, 0], [0.25, 1], [0, 0]]})");
    const Truth truth = *read_dataset(path).truth;
    EXPECT_EQ(truth.ability, (std::vector<double>{0.5, -1}));
    EXPECT_EQ(truth.discrimination, (std::vector<double>{1, 2}));
    EXPECT_EQ(truth.threshold, (std::vector<double>{-1, 0, 0.25, 1}));
}

TEST(ReadDataset, RefusesATruthOfAnotherDataset) {
    const TestDirectory directory;
    directory.write("train.txt", "2\n0,1\n1,0\n1\n1\n2\n");
    const auto refuses = [&](const std::string& truth, const char* why,
                             const char* expected = "what made the dataset beside it") {
        directory.write("truth.json", truth);
        expect_input_error([&] { read_dataset(directory.path()); },
                           {"truth.json: ", std::string(why) + "; expected " + expected});
    };
    refuses("[1]", "not a JSON object");
    refuses("{", "not a JSON object");
    refuses(R"({"ability": 3})", "no list ability");
    refuses(R"({"ability": [1, 2, 3]})", "ability has 3 entries, the dataset 2 learners");
    refuses(R"({"ability": [1, "x"]})", R"(ability[1] is '"x"')",
            "a number from -100000000 to 100000000");
    refuses(R"({"ability": [{"x": 1}, 1]})", R"(ability[0] is '{"x":1}')", "a number from");
    refuses(R"({"ability": [1, 1e400]})", "ability[1] is 1e400", "a number that a double can hold");
    refuses(R"({"ability": [1, 2], "drift": -0.1})", "drift is '-0.1'", "a number from 0 to 10");
    refuses(R"({"ability": [1, 2], "growth": 11})", "growth is '11'", "a number from -10 to 10");
    refuses(R"({"ability": [1, 2], "discrimination": [1]})",
            "discrimination has 1 entry, the dataset at least 2");
    refuses(R"({"ability": [1, 2], "discrimination": [1, 1], "threshold": [[0, 1], [0]]})",
            "threshold[1] isn't a list of 2 numbers");
    refuses(R"({"ability": [1, 2], "discrimination": [1, 1e39]})", "no list threshold");
    refuses(R"({"ability": [1, 2], "discrimination": [1, 1e39], "threshold": [[0, 1], [0, 1]]})",
            "discrimination[1] is '1e+39'", "a number from -1e+38 to 1e+38");
    refuses(R"({"ability": [1, 2], "discrimination": [1, 1], "threshold": [[0, 1], [0, 1e30]]})",
            "threshold[1][1] is '1e+30'", "a number from -200 to 200");
    directory.write("truth.json", std::string(300'000, '['));
    expect_input_error([&] { read_dataset(directory.path()); },
                       {"truth.json: nested deeper than 100 levels"});
}

TEST(ReadDataset, ReadsOneFileAsTrain) {
    const TestDirectory directory;
    const Dataset dataset = read_dataset(directory.write("algebra.txt", "2\n0,4\n1,0\n1\n2\n2\n"));
    EXPECT_EQ(dataset.name, "algebra");
    EXPECT_EQ(dataset.n_questions, 5);  // 1 and 3 are never answered: that is fine
    EXPECT_EQ(dataset.n_categories, 3);
    EXPECT_TRUE(dataset.test.empty());
    ASSERT_EQ(dataset.train.size(), 2u);
    EXPECT_EQ(dataset.train[0].questions, (Numbers{0, 4}));
    EXPECT_EQ(dataset.train[0].responses, (Numbers{1, 0}));
    EXPECT_EQ(dataset.train[1].id, "1");
}

TEST(Learners, AreThoseOfBothVectorsByOneNumbering) {
    Dataset dataset;
    for (const char* id : {"a", "b", "c"})
        dataset.train.push_back({id, {}, {}});
    dataset.test.push_back({"d", {}, {}});
    const auto ids = [](Learners learners) {
        std::string text;
        for (std::size_t i = 0; i < learners.size(); ++i)
            text += learners[i].id;
        return text;
    };
    const Learners all = all_learners(dataset);
    ASSERT_EQ(all.size(), 4);
    EXPECT_EQ(&all[2], &dataset.train[2]);
    EXPECT_EQ(&all[3], &dataset.test[0]);
    EXPECT_EQ(ids(all), "abcd");
    EXPECT_EQ(ids(all.first(2)), "ab");
    EXPECT_EQ(ids(all.first(4)), "abcd");
    EXPECT_EQ(ids(dataset.test), "d");
    const std::vector<int> which = {3, 0, 1, 2};
    dataset.train[0].questions = {1, 2, 3};
    const auto parts = parts_of(all_learners(dataset), which, 2);
    ASSERT_EQ(parts.size(), 2);
    EXPECT_EQ(parts[0].size(), 2) << "as many as have two steps";
    EXPECT_EQ(parts[1].size(), 2);
}

TEST(ReadDataset, CountsQuestionsAndCategoriesOverTrainAndTest) {
    const TestDirectory directory;
    directory.write("train.txt", "2\n0,1\n0,1\n");
    directory.write("test.txt", "1\n7\n2\n");
    const Dataset dataset = read_dataset(directory.path());
    EXPECT_EQ(dataset.n_questions, 8);
    EXPECT_EQ(dataset.n_categories, 3);
}

TEST(ReadDataset, LetsPassTrailingCommasCrlfMarkSpacesAndBlankLinesAtTheEnd) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt",
                                      "\xEF\xBB\xBF"
                                      "2,\r\n0, 1,\r\n1,0,\r\n\r\n \n");
    const Dataset dataset = read_dataset(file);
    ASSERT_EQ(dataset.train.size(), 1u);
    EXPECT_EQ(dataset.train[0].questions, (Numbers{0, 1}));
    EXPECT_EQ(dataset.train[0].responses, (Numbers{1, 0}));
}

TEST(ReadDataset, CsvTakesColumnsAndRowsInAnyOrder) {
    const TestDirectory directory;
    const auto file = directory.write("a.csv",
                                      "score,school,order,item,student\n"
                                      "1,x,2.5,b,zoe\n"
                                      "0,x,1,a,adam\n"
                                      "2,x,-1,c,zoe\n");
    const Dataset dataset = read_dataset(file);
    EXPECT_EQ(dataset.question_ids, (Texts{"a", "b", "c"}));
    ASSERT_EQ(dataset.train.size(), 2u);
    EXPECT_EQ(dataset.train[0].id, "zoe");  // first in the file
    EXPECT_EQ(dataset.train[0].questions, (Numbers{2, 1}));
    EXPECT_EQ(dataset.train[0].responses, (Numbers{2, 1}));
    EXPECT_EQ(dataset.train[1].questions, (Numbers{0}));
}

TEST(ReadDataset, CsvKeepsTheOrderOfTheFileAmongEqualTimestamps) {
    const TestDirectory directory;
    const auto file =
        directory.write("a.csv", "student,item,score,timestamp\ns,c,0,5\ns,b,1,5\ns,a,1,4\n");
    EXPECT_EQ(read_dataset(file).train[0].questions, (Numbers{0, 2, 1}));
}

TEST(ReadDataset, CsvPrefersOrderToTimestamp) {
    const TestDirectory directory;
    const auto file = directory.write(
        "a.csv", "student,item,score,timestamp,order\ns,a,0,1,3\ns,b,1,2,2\ns,c,0,3,1\n");
    EXPECT_EQ(read_dataset(file).train[0].questions, (Numbers{2, 1, 0}));
}

TEST(ReadDataset, CsvOrdersByDates) {
    const TestDirectory directory;
    const auto file = directory.write("a.csv",
                                      "student,item,score,timestamp\n"
                                      "a,x,1,2024-05-01T12:00:00+02:00\n"
                                      "a,y,0,2024-05-01 09:59:59\n"
                                      "a,z,0,2023-12-31\n");
    EXPECT_EQ(read_dataset(file).train[0].questions, (Numbers{2, 1, 0}));
}

TEST(ReadDataset, CsvTakesTheNamesOfPublishedLogs) {
    const TestDirectory directory;
    const auto file = directory.write(
        "a.csv", "user_id,problem_id,correct,item_id,student\n7,x,1,p,ann\n7,y,0,q,ann\n");
    expect_input_error([&] { read_dataset(file); }, {"'problem_id'", "'item_id'", "the item"});
    const auto named = directory.write("b.csv", "user_id,item,correct,student\n7,x,1,a\n7,y,0,b\n");
    const Dataset dataset = read_dataset(named);
    ASSERT_EQ(dataset.train.size(), 2) << "student counts where there is one";
    EXPECT_EQ(dataset.train[1].responses, (Numbers{0}));
}

TEST(ReadDataset, CsvTellsTheSkillsOfQuestions) {
    const TestDirectory directory;
    directory.write("train.csv",
                    "student,item,score,skill\ns,b,0,12_7\ns,a,1,add_two\ns,c,1,\nt,a,0,add_two\n");
    directory.write("test.csv", "student,item,score,skill\nu,b,0,9\nu,d,1,NA\n");
    const Dataset dataset = read_dataset(directory.path());
    EXPECT_EQ(dataset.question_ids, (std::vector<std::string>{"a", "b", "c", "d"}));
    // pyKT joins numbers by underscores; a name with one is a name.
    EXPECT_EQ(dataset.skills.names, (std::vector<std::string>{"12", "7", "9", "add_two"}));
    EXPECT_EQ(dataset.skills.of_question,
              (std::vector<std::vector<std::int32_t>>{{3}, {0, 1, 2}, {}, {}}));
    const auto without = directory.write("a.csv", "student,item,score\ns,b,0\ns,a,1\n");
    EXPECT_TRUE(read_dataset(without).skills.names.empty());
}

TEST(ReadDataset, UnpacksGzip) {
    const TestDirectory directory;
    // 2, 0,1 and 0,1 in lines, by Python's gzip.compress().
    constexpr std::string_view gzip_of_text(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x33\xe2\x32\xd0\x31\x04\x63\x00\x58\xd5\x10\xf5"
        "\x0a\x00\x00\x00",
        26);
    const auto file = directory.write("train.txt.gz", gzip_of_text);
    const Dataset dataset = read_dataset(directory.path());
    EXPECT_EQ(dataset.train[0].questions, (Numbers{0, 1}));
    const auto twice =
        directory.write("b.gz", std::string(gzip_of_text) + std::string(gzip_of_text));
    EXPECT_EQ(read_dataset(twice).train.size(), 2) << "members follow one another";
    const std::string padded = std::string(gzip_of_text) + std::string(512, '\0');
    EXPECT_EQ(read_dataset(directory.write("p.gz", padded)).train.size(), 1);
    const auto behind = directory.write("behind.gz", padded + std::string(gzip_of_text));
    expect_input_error([&] { read_dataset(behind); }, {"something else behind its end"});
    std::string damaged(gzip_of_text);
    damaged[damaged.size() - 6] ^= 1;  // in the checksum
    const auto bad = directory.write("damaged.gz", damaged);
    expect_input_error([&] { read_dataset(bad); }, {bad.string(), "is damaged; expected a whole"});
    for (std::size_t length = 3; length < gzip_of_text.size(); ++length) {
        const auto cut = directory.write("cut.gz", std::string(gzip_of_text.substr(0, length)));
        expect_input_error([&] { read_dataset(cut); },
                           {cut.string(), "expected a whole gzip file"});
    }
}

TEST(ReadDataset, CsvTrimsIdsUnlessTheyAreQuoted) {
    const TestDirectory directory;
    const auto file =
        directory.write("a.csv", "student,item,score\n ana , a\t,0\nana,a,1\nana,\" a\",1\n");
    const Dataset dataset = read_dataset(file);
    ASSERT_EQ(dataset.train.size(), 1u);
    EXPECT_EQ(dataset.train[0].id, "ana");
    EXPECT_EQ(dataset.question_ids, (Texts{" a", "a"}));
}

TEST(ReadDataset, TellsWhatOnlyTestLearnersHave) {
    const TestDirectory directory;
    const std::string header = "student,item,score,order\n";
    directory.write("train.csv", header + "s,a,0,1\ns,b,1,2\n");
    directory.write("test.csv", header + "t,a,0,1\nt,new,2,2\n");
    const std::string where = (directory.path() / "test.csv:3").string();
    EXPECT_EQ(read_dataset(directory.path()).notices,
              (Texts{where + ": no training learner has 1 question of the test learners ('new'), "
                             "so that no model learns anything of it",
                     where + ": no training learner has 1 category of the test learners ('2'), so "
                             "that no model learns anything of it"}));
    directory.write("test.csv", header + "t,z,2,1\nt,a,0,9\nt,new,2,2\n");
    EXPECT_EQ(read_dataset(directory.path()).notices.front(),
              (directory.path() / "test.csv:4").string() +
                  ": no training learner has 2 questions of the test learners (the first: 'new'), "
                  "so that no model learns anything of them");
}

TEST(ReadDataset, TellsTheLineOfAQuestionInTextThatOnlyTestLearnersHave) {
    const TestDirectory directory;
    directory.write("train.txt", "2\n0,1\n0,1\n");
    directory.write("test.txt", "1\n0\n0\n1\n7\n0\n");
    EXPECT_EQ(read_dataset(directory.path()).notices,
              Texts{(directory.path() / "test.txt:5").string() +
                    ": no training learner has 1 question of the test learners ('7'), so that no "
                    "model learns anything of it"});
}

TEST(ReadDataset, CsvKeepsRepeatedAnswersAndTellsOfThem) {
    const TestDirectory directory;
    const auto file =
        directory.write("a.csv", "student,item,score,order\ns,a,0,1\ns,a,0,1\ns,b,1,2\n");
    const Dataset dataset = read_dataset(file);
    EXPECT_EQ(dataset.train[0].questions, (Numbers{0, 0, 1}));
    const std::string what =
        " with the student, item and order or timestamp of another; each counts as an answer, so "
        "take out what is a copy or a mistake";
    EXPECT_EQ(dataset.notices, Texts{file.string() + ":3: a row" + what});
    EXPECT_EQ(read_dataset_for_model(file, 2, 2, {"a", "b"}).notices, dataset.notices);

    const auto several = directory.write("b.csv",
                                         "student,item,score,order\ns,b,1,2\ns,a,0,1\n"
                                         "t,a,0,1\ns,a,0,1\ns,a,1,1\ns,b,1,2\ns,b,1,2\n");
    EXPECT_EQ(read_dataset(several).notices,
              Texts{several.string() + ":5: the first of 4 rows" + what});
    // Without an order, answering alike again is nothing to tell of.
    const auto unordered = directory.write("c.csv", "student,item,score\ns,a,0\ns,a,0\ns,b,1\n");
    EXPECT_EQ(read_dataset(unordered).notices, Texts{});
}

TEST(ReadDataset, TellsOfTimesThatMayNotSayWhatTheySeemTo) {
    const TestDirectory directory;
    const auto zones = directory.write("a.csv",
                                       "student,item,score,timestamp\n"
                                       "s,a,0,2024-05-01\ns,b,1,2024-05-01T10:00Z\n"
                                       "t,a,1,2024-05-01 09:30\nt,b,0,2024-05-01T09:30+02\n");
    const Texts told{zones.string() +
                     ":4: a time without a zone, though line 3 has one with a zone; times without "
                     "are taken as UTC, so give each its zone if that is wrong"};
    EXPECT_EQ(read_dataset(zones).notices, told);
    EXPECT_EQ(read_dataset_for_model(zones, 2, 2, {"a", "b"}).notices, told);

    const std::string rows = "\ns,a,0,2\ns,b,1,1\n";
    for (const std::string name : {"Time", "order_id"}) {
        const auto unread = directory.write("b.csv", "student,item,score," + name + rows);
        EXPECT_EQ(read_dataset(unread).notices,
                  Texts{unread.string() + ":1: column '" + name +
                        "' isn't read, and answers are taken in the order of the rows; name it "
                        "order or timestamp if it says when they were given"});
    }
    for (const std::string name : {"timestamp", "age"})
        EXPECT_EQ(
            read_dataset(directory.write("c.csv", "student,item,score," + name + rows)).notices,
            Texts{});
    EXPECT_EQ(read_dataset(directory.write("d.csv",
                                           "student,item,score,order,time\ns,a,0,2,1\n"
                                           "s,b,1,1,2\n"))
                  .notices,
              Texts{});
}

// Spreadsheets write semicolons where the comma is before the decimals.
TEST(ReadDataset, TellsTheFormByWhatAFileHolds) {
    const TestDirectory directory;
    const auto expect_read = [&](const char* name, const std::string& content) {
        const Dataset dataset = read_dataset(directory.write(name, content));
        ASSERT_EQ(dataset.train.size(), 1u) << name;
        EXPECT_EQ(dataset.train[0].questions, (Numbers{1, 0, 1})) << name;
        EXPECT_EQ(dataset.train[0].responses, (Numbers{2, 0, 1})) << name;
    };
    expect_read("text.csv", "3\n1,0,1\n2,0,1\n");
    expect_read("comma.txt", "student,item,score\ns,b,2\ns,a,0\ns,b,1\n");
    expect_read("tab.tsv", "\n\"student\"\titem\tscore\ns\tb\t2\ns\ta, b\t0\ns\tb\t1\n");
    expect_read("semicolon.csv",
                "student;item;score;order\r\n"
                "s;b;1,0;1,5\r\ns;b;2,0;-0,5\r\ns;\"a;\";0;1,25\r\n");
}

TEST(ReadDataset, ReadsWholeNumbersWithDecimals) {
    const TestDirectory directory;
    const auto csv = directory.write("a.csv", "student,item,score\ns,a,1.0\ns,b,2.00\ns,b,0e0\n");
    EXPECT_EQ(read_dataset(csv).train[0].responses, (Numbers{1, 2, 0}));
    const auto text = directory.write("a.txt", "3.0\n0.0,1.0,1\n1.0,2.0,0\n");
    EXPECT_EQ(read_dataset(text).train[0].questions, (Numbers{0, 1, 1}));
    EXPECT_EQ(read_dataset(text).train[0].responses, (Numbers{1, 2, 0}));
}

TEST(ReadDataset, RefusesWhatIsNoData) {
    const TestDirectory directory;
    const auto refuses = [&](const std::string& content, const std::string& message) {
        const auto file = directory.write("a.txt", content);
        expect_input_error([&] { read_dataset(file); }, {file.string() + message});
    };
    refuses("\n{\"a\": 1}\n",
            ":2: '{\"a\": 1}' begins no data; expected a table, its header with student, item and "
            "score, separated by commas, semicolons or tabs, or three lines a learner");
    refuses("who,what,right\n1,2,1\n", ":1: 'who,what,right' begins no data");
    refuses(std::string("\xFF\xFE"
                        "3\0\n\0",
                        6),
            ": is in UTF-16; expected UTF-8");
    refuses(std::string("3\0\n\0", 4), ": has zero bytes, as UTF-16 and binary files do");
    refuses("PK\x03\x04...", ": is a workbook or another zip archive; expected text, such as CSV");
}

// Statistics programs put text in quotes and what is missing not.
TEST(ReadDataset, TakesAWordForAMissingValueAsAnIdInQuotesAlone) {
    const TestDirectory directory;
    const auto quoted = directory.write("a.csv", "student,item,score\n\"NA\",\"null\",1\nNa,b,0\n");
    const Dataset dataset = read_dataset(quoted);
    EXPECT_EQ(dataset.train[0].id, "NA");
    EXPECT_EQ(dataset.question_ids, (Texts{"b", "null"}));
}

TEST(ReadDataset, TellsOfANumberWrittenInTwoWays) {
    const TestDirectory directory;
    const auto file = directory.write("a.csv",
                                      "student,item,score\n1,7,0\n1,8,1\n2,7.0,1\n3,08,1\n"
                                      "3,7.00,1\n3,7.01,1\n3,-0,1\n3,0,1\n3,seven,1\n");
    EXPECT_EQ(read_dataset(file).notices,
              Texts{file.string() + ":4: item '7.0' and the '7' of " + file.string() +
                    ":2 are taken as two, though they are one number, the first of 4 items written "
                    "in two ways; write a number in one way"});
    // Both files, and with a comma before the decimals.
    directory.write("train.csv", "student;item;score\n7;1;0\n7;2;1\n");
    directory.write("test.csv", "student;item;score\n7,0;1;0\n");
    const std::string where = directory.path().string();
    EXPECT_EQ(read_dataset(directory.path()).notices,
              Texts{where + "/test.csv:2: student '7,0' and the '7' of " + where +
                    "/train.csv:2 are taken as two, though they are one number; write a number in "
                    "one way"});
}

TEST(ReadDataset, TellsOfAnItemWithASingleAnswer) {
    const TestDirectory directory;
    std::string rows = "student,item,score\n";
    for (int learner = 0; learner < 50; ++learner)
        rows += fmt::format("{0},a,{1}\n{0},b,1\n", learner, learner % 2);
    EXPECT_TRUE(read_dataset(directory.write("a.csv", rows)).notices.empty());
    const auto file = directory.write("a.csv", rows + "7,b.,1\n");
    EXPECT_EQ(
        read_dataset(file).notices,
        Texts{file.string() + ":102: item 'b.' has one answer, and others 33 on average; mend "
                              "its name if it is another item's, misspelt"});
    // Of tables where that is nothing unusual, none.
    EXPECT_TRUE(read_dataset(directory.write("b.csv", "student,item,score\n1,a,0\n1,b,1\n2,a,1\n"))
                    .notices.empty());
}

TEST(ReadDataset, CsvTakesTruthValuesAsScores) {
    const TestDirectory directory;
    const Dataset dataset = read_dataset(directory.write(
        "a.csv", "student,item,score\n1,a,TRUE\n1,b,FALSE\n2,a,true\n2,b,False\n2,a,0\n"));
    EXPECT_EQ(dataset.train[0].responses, (std::vector<std::int32_t>{1, 0}));
    EXPECT_EQ(dataset.train[1].responses, (std::vector<std::int32_t>{1, 0, 0}));
    const auto file = directory.write("a.csv", "student,item,score\n1,a,0\n1,b,02.Jan\n");
    expect_input_error([&] { read_dataset(file); },
                       {"a.csv:3: category '02.Jan' (a date, as spreadsheets make of 2/1)"});
}

TEST(ReadDataset, CsvIsSeparatedAsItsFirstLineDeclares) {
    const TestDirectory directory;
    const auto read = [&](const std::string& text) {
        return read_dataset(directory.write("a.csv", text)).question_ids;
    };
    EXPECT_EQ(read("sep=;\r\nstudent;item;score\r\n1;a,1;0\r\n1;b;1,0\r\n"), (Texts{"a,1", "b"}));
    EXPECT_EQ(read("\uFEFFsep=|\nstudent|item|score|x,y,z\n1|a,1|0|\n1|b|1|\n"),
              (Texts{"a,1", "b"}));
    expect_input_error([&] { read("sep=;\nstudent;item;score\n1;a;x\n"); },
                       {"a.csv:3: category 'x'"});
    expect_input_error([&] { read("sep=;\n"); }, {"a.csv:1: 'sep=;' begins no data"});
}

// As a spreadsheet rounds times: 1.56712E+12.
TEST(ReadDataset, TellsOfAnswersWhoseOrderIsLost) {
    const TestDirectory directory;
    const auto file = directory.write("a.csv",
                                      "student,item,score,timestamp\n"
                                      "s,a,0,1\nt,b,1,1\ns,c,1,2\nt,a,1,1\ns,c,1,2\nt,c,1,1\n");
    EXPECT_EQ(read_dataset(file).notices,
              (Texts{file.string() + ":6: a row with the student, item and order or timestamp of "
                                     "another; each counts as an answer, so take out what is a "
                                     "copy or a mistake",
                     file.string() + ":3: the first of 3 answers (of 6) with the student and order "
                                     "or timestamp of another item's; they are taken in the order "
                                     "of the rows, so mend the column if that isn't theirs"}));
}

TEST(ReadDataset, NamesWhatADirectoryWithoutATrainFileHas) {
    const TestDirectory directory;
    directory.write("trian.csv", "");
    expect_input_error([&] { read_dataset(directory.path()); },
                       {directory.path().string() + ": no train file in the directory (there are "
                                                    "trian.csv); expected train.txt, train.csv or "
                                                    "the like"});
}

// Learners to hold out may be in a file whose name was misspelt.
TEST(ReadDataset, TellsThatADirectoryHasNoTestFileAndWhatItHasInstead) {
    const TestDirectory directory;
    const std::string learner = "2\n0,1\n1,0\n", where = directory.path().string();
    directory.write("train.txt", learner);
    directory.write("truth.json.bak", "");
    EXPECT_EQ(
        read_dataset(directory.path()).notices,
        Texts{where + ": train.txt was read; there is no test.txt, so no learner is held out"});
    EXPECT_EQ(read_dataset(directory.path() / "train.txt").notices, Texts{});
    directory.write("tset.txt", learner);
    directory.write("Test.CSV", "");
    EXPECT_EQ(read_dataset(directory.path()).notices,
              Texts{where + ": train.txt was read; there is no test.txt, so no learner is held out "
                            "(not read: Test.CSV, tset.txt)"});
    directory.write("test.txt", learner);
    EXPECT_EQ(read_dataset(directory.path()).notices, Texts{});
}

TEST(ReadDataset, CsvUnderstandsQuotes) {
    const TestDirectory directory;
    const auto file = directory.write("a.csv",
                                      "\"student\",item,score\r\n"
                                      "\"Doe, \"\"J.\"\"\",\"two\nlines\",\"1\"\r\n"
                                      "\"Doe, \"\"J.\"\"\",plain,0\r\n\r\n");
    const Dataset dataset = read_dataset(file);
    ASSERT_EQ(dataset.train.size(), 1u);
    EXPECT_EQ(dataset.train[0].id, "Doe, \"J.\"");
    EXPECT_EQ(dataset.question_ids, (Texts{"plain", "two\nlines"}));
}

TEST(ReadDataset, CsvNumbersItemsOfBothFilesInNaturalOrder) {
    const TestDirectory directory;
    directory.write("train.csv", "student,item,score\na,10,0\na,9,1\n");
    directory.write("test.csv", "student,item,score\nb,2,1\nb,10,0\n");
    const Dataset dataset = read_dataset(directory.path());
    EXPECT_EQ(dataset.question_ids, (Texts{"2", "9", "10"}));
    EXPECT_EQ(dataset.train[0].questions, (Numbers{2, 1}));
    EXPECT_EQ(dataset.test[0].questions, (Numbers{0, 2}));
    EXPECT_EQ(dataset.n_questions, 3);
}

struct BadFile {
    std::string name;  ///< of the test
    std::string file;
    std::string content;
    std::vector<std::string> parts;  ///< of the message
};

void PrintTo(const BadFile& bad, std::ostream* out) {
    *out << bad.name;
}

class BadDataset : public testing::TestWithParam<BadFile> {};

TEST_P(BadDataset, IsRefused) {
    const TestDirectory directory;
    const auto file = directory.write(GetParam().file, GetParam().content);
    std::vector<std::string> parts = GetParam().parts;
    parts.push_back(file.string());
    parts.push_back("expected");
    expect_input_error([&] { read_dataset(file); }, parts);
}

std::string name_of(const testing::TestParamInfo<BadFile>& test) {
    return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Text, BadDataset,
    testing::Values(
        BadFile{"Empty", "a.txt", "", {"empty"}}, BadFile{"Blank", "a.txt", "\n \n", {"empty"}},
        BadFile{"Ragged", "a.txt", "1\n0\n1\n1\n0\n", {":5: ", "2 of a learner's lines", "three"}},
        BadFile{"BlankLineInside", "a.txt", "1\n0\n1\n\n0\n1\n", {":4: ", "count ''"}},
        BadFile{"CountOfZero", "a.txt", "0\n0\n1\n", {":1: ", "count '0'", "at least 1"}},
        BadFile{"CountOfZeroAlone", "a.txt", "0\n\n\n", {":1: ", "count '0'", "at least 1"}},
        BadFile{"FewerQuestions", "a.txt", "3\n0,1\n0,1,0\n", {":2: ", "2 question ids", "3"}},
        BadFile{"MoreCategories", "a.txt", "2\n0,1\n0,1,0\n", {":3: ", "3 categories", "2"}},
        BadFile{"NegativeCategory",
                "a.txt",
                "2\n0,1\n0,-1\n",
                {":3: ", "category '-1'", "0 to 99", "leave out what stands for a missing"}},
        BadFile{"MissingCategory", "a.txt", "3\n0,1,2\n0,,1\n", {":3: ", "category ''"}},
        BadFile{"HugeCategory", "a.txt", "2\n0,1\n0,100\n", {":3: ", "category '100'"}},
        BadFile{"FloatCategory", "a.txt", "2\n0,1\n0,1.5\n", {":3: ", "category '1.5'"}},
        BadFile{"TextQuestion", "a.txt", "2\n0,q7\n0,1\n", {":2: ", "question 'q7'", "integer"}},
        BadFile{"NegativeQuestion", "a.txt", "2\n0,-7\n0,1\n", {":2: ", "question '-7'"}},
        BadFile{
            "HugeQuestion", "a.txt", "2\n0,1000000\n0,1\n", {":2: ", "'1000000'", "0 to 999999"}},
        BadFile{"QuestionBeyondAllIntegers",
                "a.txt",
                "2\n0,99999999999999999999\n0,1\n",
                {":2: ", "'9999"}},
        BadFile{"OneCategory", "a.txt", "2\n0,1\n1,1\n", {"category 1", "two categories"}},
        BadFile{"CategoriesFromOne",
                "a.txt",
                "3\n0,1,2\n1,2,3\n",
                {"a.txt:3: category 3 of learner '0', though category 0 never occurs",
                 "from 0 to the largest", "subtract the smallest, 1"}},
        BadFile{"MistypedCategory",
                "a.txt",
                "4\n0,1,2,3\n0,1,2,99\n",
                {"a.txt:3: category 99 of learner '0', though category 3 never occurs"}},
        BadFile{"BareCarriageReturns", "a.txt", "2\r0,1\r0,1\r", {"LF or CRLF"}},
        BadFile{"OneQuestion", "a.txt", "2\n3,3\n0,1\n", {"question '3'", "two questions"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Csv, BadDataset,
    testing::Values(
        BadFile{"NoColumn",
                "a.csv",
                "student,topic,score\na,b,1\n",
                {":1: ", "no column 'item'", "student,topic", "question_id"}},
        BadFile{"ColumnMisspelt",
                "a.csv",
                "student,itme,score\na,b,1\n",
                {":1: ", "no column 'item'", "(is it 'itme'?)"}},
        BadFile{"TwoColumnsOfOneKind",
                "a.csv",
                "learner,user_id,item,score\na,b,c,1\n",
                {":1: columns 'learner' and 'user_id' may both be the student", "named 'student'"}},
        BadFile{"SynonymInCapitals",
                "a.csv",
                "Learner,item,score\na,b,1\n",
                {":1: column 'Learner'; expected 'learner'"}},
        BadFile{"ColumnInCapitals",
                "a.csv",
                "student,item,score,Order\na,b,1,1\n",
                {":1: ", "column 'Order'", "expected 'order'"}},
        BadFile{"ColumnWithABlankInside",
                "a.csv",
                "student,item,score,time stamp\na,b,1,1\n",
                {":1: ", "column 'time stamp'", "expected 'timestamp'"}},
        BadFile{"BareCarriageReturns", "a.csv", "student,item,score\ra,b,1\r", {"LF or CRLF"}},
        BadFile{"ColumnTwice",
                "a.csv",
                "student,item,score,score\n",
                {":1: ", "'score' appears twice"}},
        BadFile{"NoRows", "a.csv", "student,item,score\n", {":1: ", "no rows"}},
        BadFile{"TooFewFields", "a.csv", "student,item,score\na,b\n", {":2: ", "2 fields", "3"}},
        BadFile{"TooManyFields",
                "a.csv",
                "student,item,score\na,b,1\na,b,1,\n",
                {":3: ", "4 fields", "3"}},
        BadFile{"UnclosedQuote",
                "a.csv",
                "student,item,score\na,\"b,1\na,b,1\n",
                {":2: ", "never closed"}},
        BadFile{"TextAfterAQuote",
                "a.csv",
                "student,item,score\na,\"b\"c,1\n",
                {":2: ", "after a closing quote"}},
        BadFile{"QuoteInsideAField",
                "a.csv",
                "student,item,score\na,b\"c,1\n",
                {":2: ", "inside a field"}},
        BadFile{"MissingStudent", "a.csv", "student,item,score\n,b,1\n", {":2: ", "no student"}},
        BadFile{"MissingItem", "a.csv", "student,item,score\na,,1\n", {":2: ", "no item"}},
        BadFile{"NoScores",
                "a.csv",
                "student,item,score\na,b,\na,c,NA\n",
                {":2: none of the 2 rows has a score"}},
        BadFile{"FloatScore", "a.csv", "student,item,score\na,b,0.5\n", {":2: ", "category '0.5'"}},
        BadFile{"NegativeScoreAfterLineBreak",
                "a.csv",
                "student,item,score\n\"a\nz\",b,1\na,b,-1\n",
                {":4: ", "'-1'"}},
        BadFile{"OrderIsNoNumber",
                "a.csv",
                "student,item,score,order\na,b,1,first\n",
                {":2: ", "'first'", "number"}},
        BadFile{"TimestampIsADateOfNoStandard",
                "a.csv",
                "student,item,score,timestamp\na,b,1,05/01/2024\n",
                {":2: ", "'05/01/2024'", "number", "ISO 8601", "2024-05-01"}},
        BadFile{"TimestampIsNowADateNowANumber",
                "a.csv",
                "student,item,score,timestamp\na,b,1,2024-05-01\na,c,1,1714521600\n",
                {":3: ", "'1714521600' is a number, but line 2 has a date"}},
        BadFile{"TimestampIsNan",
                "a.csv",
                "student,item,score,timestamp\na,b,1,nan\n",
                {":2: ", "'nan'", "number"}},
        BadFile{"NotUtf8",
                "a.csv",
                "student,item,score\na,caf\xE9,1\n",
                {":2: ", "item 'caf\\xE9'", "UTF-8"}},
        BadFile{"OneItem",
                "a.csv",
                "student,item,score\na,b,1\na,b,0\n",
                {"question 'b'", "two questions"}},
        BadFile{"MissingCode",
                "a.csv",
                "student,item,score,order\nann,x,0,1\nann,y,9,5\nbob,y,9,1\nbob,x,1,2\n",
                {":3: category 9 of learner 'ann', the first of 2 such answers, though category 2 "
                 "never occurs",
                 "leave these answers out if 9 stands for a missing one"}},
        BadFile{"MissingStudentInWords",
                "a.csv",
                "student,item,score\nNA,b,1\n",
                {":2: student 'NA' means that none is known", "\"NA\" in quotes"}},
        BadFile{"MissingItemInWords",
                "a.csv",
                "student,item,score\na,x,1\na,null,1\n",
                {":3: item 'null' means that none is known"}},
        BadFile{"DecimalCommaInATableWithTabs",
                "a.csv",
                "student\titem\tscore\na\tb\t2,0\n",
                {":2: ", "category '2,0'"}}),
    name_of);

TEST(ReadDataset, TellsTheFirstRowWithACategoryThatTheModelDoesNotKnow) {
    const TestDirectory directory;
    const auto file =
        directory.write("a.csv", "student,item,score,order\ns,a,0,9\ns,a,2,8\ns,b,1,7\ns,b,3,6\n");
    expect_input_error(
        [&] {
            read_dataset_for_model(file, 2, 2, {"a", "b"});
        },
        {file.string() + ":3: category '2' is unknown to the model"});
}

TEST(ReadDataset, RefusesAMissingFile) {
    expect_input_error([] { read_dataset("nowhere.txt"); }, {"nowhere.txt", "No such file"});
}

TEST(ReadDataset, RefusesADirectoryWithoutTrain) {
    const TestDirectory directory;
    directory.write("test.txt", "2\n0,1\n0,1\n");
    expect_input_error([&] { read_dataset(directory.path()); },
                       {directory.path().string(), "train.txt", "train.csv"});
}

TEST(ReadDataset, TakesTheFilesOfADirectoryWithAnyEnding) {
    const TestDirectory directory;
    directory.write("train.TSV", "student\titem\tscore\na\tx\t1\na\ty\t0\n");
    directory.write("test.answers", "student,item,score\nb,x,1\n");
    directory.write("train.log", "");
    const Dataset dataset = read_dataset(directory.path());
    EXPECT_EQ(dataset.train.size(), 1u);
    EXPECT_EQ(dataset.test.size(), 1u);
}

TEST(ReadDataset, RefusesADirectoryWithTwoTrainFiles) {
    const TestDirectory directory;
    directory.write("train.txt", "2\n0,1\n0,1\n");
    directory.write("train.csv", "student,item,score\na,b,1\n");
    expect_input_error(
        [&] { read_dataset(directory.path()); },
        {directory.path().string() + ": has train.csv and train.txt; expected one of them"});
}

TEST(ReadDataset, RefusesFilesOfTwoForms) {
    const TestDirectory directory;
    directory.write("train.txt", "2\n0,1\n0,1\n");
    directory.write("test.txt", "student,item,score\na,b,1\n");
    expect_input_error([&] { read_dataset(directory.path()); },
                       {"test.txt: is a table, but train.txt has three lines a learner; expected "
                        "files of one form"});
}

TEST(ReadDataset, RefusesALearnerSplitBetweenTrainAndTest) {
    const TestDirectory directory;
    directory.write("train.csv", "student,item,score\na,x,1\nb,y,0\n");
    directory.write("test.csv", "student,item,score\nc,x,1\nb,x,0\n");
    expect_input_error([&] { read_dataset(directory.path()); },
                       {"test.csv:3: ", "learner 'b'", "train.csv", "one of the two"});
}

TEST(ReadDatasetForModel, NumbersQuestionsAsTheModelDoes) {
    const TestDirectory directory;
    const Texts ids = {"x", "y", "12"};
    const auto csv = directory.write("a.csv", "student,item,score\na,12,0\na,x,0\n");
    const Dataset dataset = read_dataset_for_model(csv, 3, 4, ids);
    EXPECT_EQ(dataset.train[0].questions, (Numbers{2, 0}));
    EXPECT_EQ(dataset.n_questions, 3);
    EXPECT_EQ(dataset.n_categories, 4);
    EXPECT_EQ(dataset.question_ids, ids);
    const auto text =
        directory.write("a.txt", "1\n12\n0\n");  // an id in text is looked up like any other
    EXPECT_EQ(read_dataset_for_model(text, 3, 4, ids).train[0].questions, (Numbers{2}));
}

TEST(ReadDatasetForModel, TakesNumbersWhereTheModelHasNoIds) {
    const TestDirectory directory;
    const auto csv = directory.write("a.csv", "student,item,score\na,12,0\n");
    EXPECT_EQ(read_dataset_for_model(csv, 13, 2, {}).train[0].questions, (Numbers{12}));
    const auto text = directory.write("a.txt", "1\n12\n0\n");
    EXPECT_EQ(read_dataset_for_model(text, 13, 2, {}).train[0].questions, (Numbers{12}));
}

TEST(ReadDatasetForModel, TakesLearnersWhoseLastScoreIsMissing) {
    const TestDirectory directory;
    const auto expect_read = [](const std::filesystem::path& file) {
        const Dataset dataset = read_dataset_for_model(file, 6, 3, {});
        ASSERT_EQ(dataset.train.size(), 4) << file;
        EXPECT_EQ(dataset.train[0].questions, (Numbers{4, 2, 5}));
        EXPECT_EQ(dataset.train[0].responses, (Numbers{1, 0}));
        EXPECT_EQ(dataset.train[1].responses, (Numbers{2, 2}));
        EXPECT_EQ(dataset.train[2].questions, (Numbers{3}));
        EXPECT_EQ(dataset.train[2].responses, Numbers{});
        EXPECT_EQ(dataset.train[3].questions, (Numbers{1}));
        EXPECT_EQ(dataset.train[3].responses, Numbers{});
    };
    expect_read(directory.write("a.txt", "3\n4,2,5\n1,0\n2\n0,1\n2,2\n1\n3\n\n1\n1\n\n"));
    // A comma may follow the last category; blank lines at the end don't count.
    expect_read(directory.write("b.txt", "3\n4,2,5\n1,0,\n2\n0,1\n2,2,\n1\n3\n\n1\n1\n"));
    expect_read(directory.write("a.csv",
                                "student,item,score\na,4,1\na,2,0\na,5,\nb,0,2\nb,1,2\nc,3,NA\n"
                                "d,1,\n"));
    expect_read(directory.write("b.csv",
                                "student;item;score;order\na;5;;2\na;4;1;0\na;2;0;1\n"
                                "b;0;2;0\nb;1;2;1\nc;3;null;7\nd;1;;0\n"));
}

TEST(ReadDatasetForModel, RefusesAScoreMissingAnywhereElse) {
    const TestDirectory directory;
    const auto text = directory.write("a.txt", "3\n4,2,5\n1\n");
    expect_input_error(
        [&] { read_dataset_for_model(text, 6, 3, {}); },
        {text.string() + ":3: 1 categories; expected 3, as the count says, or one less"});
    const auto cut_off = directory.write("c.txt", "3\n4,2,5\n");
    expect_input_error([&] { read_dataset_for_model(cut_off, 6, 3, {}); },
                       {cut_off.string() + ":2: the file ends after 2 of a learner's lines"});
    const auto middle = directory.write("b.txt", "3\n4,2,5\n1,,0\n");
    expect_input_error([&] { read_dataset_for_model(middle, 6, 3, {}); },
                       {middle.string() + ":3: category ''"});
}

TEST(ReadDatasetForModel, LeavesOutWhatHasNoScoreElsewhere) {
    const TestDirectory directory;
    const auto csv = directory.write("a.csv", "student,item,score\na,4,1\na,2,\nb,1,1\na,5,\n");
    const Dataset dataset = read_dataset_for_model(csv, 6, 3, {});
    EXPECT_EQ(dataset.train[0].questions, (Numbers{4, 5}));
    EXPECT_EQ(dataset.train[0].responses, (Numbers{1}));
    EXPECT_EQ(dataset.notices, (std::vector{csv.string() + ":3: a row without a score, left out"}));
    // By the order column, not by the rows.
    const auto ordered = directory.write("b.csv", "student,item,score,order\na,4,1,1\na,2,,0\n");
    EXPECT_EQ(read_dataset_for_model(ordered, 6, 3, {}).train[0].questions, (Numbers{4}));
}

TEST(ReadDataset, EndsWhereAStopIsAskedFor) {
    const TestDirectory directory;
    const auto csv = directory.write("a.csv", "student,item,score\na,x,1\nb,y,0\n");
    const auto text = directory.write("a.txt", "2\n0,1\n1,0\n");
    const std::atomic<bool> stop = true;
    for (const auto& file : {csv, text}) {
        EXPECT_THROW(read_dataset(file, &stop), Interrupted) << file;
        EXPECT_THROW(read_dataset_for_model(file, 2, 2, {}, &stop), Interrupted) << file;
    }
}

TEST(ReadDataset, LeavesOutWhatHasNoScore) {
    const TestDirectory directory;
    const auto csv = directory.write(
        "a.csv", "student,item,score\nc,x,NA\na,x,0\na,y,\nb,x,2\nb,y,1\nb,z,nan\n");
    const Dataset dataset = read_dataset(csv);
    ASSERT_EQ(dataset.train.size(), 2);  // nothing is known of the third
    EXPECT_EQ(dataset.train[0].id, "a");
    EXPECT_EQ(dataset.train[0].questions, (Numbers{0}));
    EXPECT_EQ(dataset.train[1].responses, (Numbers{2, 1}));
    EXPECT_EQ(dataset.notices,
              (std::vector{csv.string() + ":2: the first of 3 rows without a score, left out"}));
}

TEST(ReadDatasetForModel, RefusesWhatTheModelNeverSaw) {
    const TestDirectory directory;
    const auto text = directory.write("a.txt", "1\n0\n0\n2\n0,5\n0,3\n");
    expect_input_error([&] { read_dataset_for_model(text, 5, 4, {}); },
                       {text.string() + ":5: ", "question '5'", "expected an integer from 0 to 4"});
    expect_input_error([&] { read_dataset_for_model(text, 6, 3, {}); },
                       {text.string() + ":6: ", "category '3'", "expected an integer from 0 to 2"});
    const auto csv = directory.write("a.csv", "student,item,score\na,x,0\na,y,2\n");
    expect_input_error([&] { read_dataset_for_model(csv, 1, 4, {"x"}); },
                       {csv.string() + ":3: ", "question 'y'", "expected one of the 1"});
    expect_input_error(
        [&] {
            read_dataset_for_model(csv, 2, 2, {"x", "y"});
        },
        {csv.string() + ":3: ", "category '2'", "expected an integer from 0 to 1"});
    const auto decimal = directory.write("b.csv", "student,item,score\na,7.0,1\n");
    expect_input_error([&] { read_dataset_for_model(decimal, 1, 2, {"7"}); },
                       {decimal.string() + ":2: question '7.0' is unknown to the model, which "
                                           "knows '7'; expected one of the 1"});
    EXPECT_EQ(read_dataset_for_model(decimal, 8, 2, {}).train[0].questions, (Numbers{7}));
}

TEST(WriteSequenceText, IsReadBackAlike) {
    const TestDirectory directory;
    const auto file = directory.path() / "a.txt";
    write_sequence_text(file, std::vector<Learner>{{"0", {3, 1}, {0, 2}}, {"1", {2}, {1}}});
    EXPECT_EQ(read_file(file), "2\n3,1\n0,2\n1\n2\n1\n");
    EXPECT_EQ(read_dataset(file).train[1].questions, (Numbers{2}));
}

}  // namespace
}  // namespace manygpcm
