// Files in many small pieces and by several threads are read as in one piece, and refused alike.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "data/input_text.h"
#include "data/long_csv.h"
#include "data/sequence_text.h"
#include "engine/expect_input_error.h"
#include "engine/test_directory.h"

namespace manygpcm {
namespace {

const Reading in_one_piece{.threads = 1};
const Reading in_many{.threads = 3, .first_piece_bytes = 8, .piece_bytes = 20};

using Answers = std::tuple<std::string, std::vector<std::int32_t>, std::vector<std::int32_t>>;

std::vector<Answers> learners_of(const std::filesystem::path& file, const Reading& reading) {
    TextStream text(file, reading);
    std::vector<Answers> learners;
    for (const Learner& one : parse_sequence_text(file, text, LastScore::optional, reading))
        learners.emplace_back(one.id, one.questions, one.responses);
    return learners;
}

LongCsv table_of(const std::filesystem::path& file, const Reading& reading, char separator = ',') {
    TextStream text(file, reading);
    return parse_long_csv(file, text, separator, LastScore::required, reading);
}

/// All that a table says, in words.
std::string said(const LongCsv& csv) {
    std::string text;
    const auto say = [&](const auto& value) {
        if constexpr (std::is_convertible_v<decltype(value), std::string>)
            text += value;
        else
            text += std::to_string(value);
        text += ' ';
    };
    for (const auto* ids : {&csv.students, &csv.items})
        for (const LongCsv::Id& id : *ids) {
            say(id.name);
            say(id.line);
        }
    for (const std::string& skill : csv.skills)
        say(skill);
    for (const auto& of_item : csv.skills_of_item)
        for (const std::int32_t skill : of_item)
            say(skill);
    for (std::size_t student = 0; student < csv.students.size(); ++student)
        for (std::size_t i = csv.answers.begin(student); i < csv.answers.end(student); ++i) {
            const std::size_t row = csv.answers[i];
            say(student);
            say(csv.item[row]);
            say(csv.category[row]);
            say(csv.lines[row]);
        }
    for (const SomeRows& rows : {csv.unanswered, csv.ties.repeats, csv.ties.tied}) {
        say(rows.n);
        say(rows.line);
    }
    say(csv.with_zone);
    say(csv.without_zone);
    return text;
}

TEST(Pieces, OfSequenceTextEndWithALearner) {
    const TestDirectory directory;
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += i % 3 == 0   ? "4\n1,22,333,4444\n0,1,2,1\n"
                : i % 3 == 1 ? "1\n5\n2\n"
                             : "2,\n 7,8 ,\n0,1\n";
    const auto file = directory.write("a.txt", text);
    const auto learners = learners_of(file, in_one_piece);
    ASSERT_EQ(learners.size(), 40);
    EXPECT_EQ(learners[39], Answers("39", {1, 22, 333, 4444}, {0, 1, 2, 1}));
    EXPECT_EQ(learners_of(file, in_many), learners);
    text.pop_back();
    EXPECT_EQ(learners_of(directory.write("b.txt", text), in_many), learners) << "no last line end";
    EXPECT_EQ(learners_of(directory.write("c.txt", text + std::string(50, '\n')), in_many),
              learners);
    std::string crlf;
    for (const char c : text)
        crlf += c == '\n' ? "\r\n" : std::string(1, c);
    EXPECT_EQ(learners_of(directory.write("d.txt", crlf), in_many), learners);
    const auto unanswered = directory.write("e.txt", text + "\n1\n6\n\n\n");
    EXPECT_EQ(learners_of(unanswered, in_many).back(), Answers("40", {6}, {}));
}

TEST(Pieces, TellTheFirstErrorOfSequenceText) {
    const TestDirectory directory;
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += i == 20 ? "2\n5,6\nx,1\n" : i > 20 ? "?\n" : "2\n7,8\n0,1\n";
    const auto file = directory.write("a.txt", text);
    for (const Reading& reading : {in_one_piece, in_many})
        expect_input_error([&] { learners_of(file, reading); },
                           {file.string() + ":63: category 'x'; expected"});
    const auto cut = directory.write("b.txt", text.substr(0, text.find('x') - 1));
    for (const Reading& reading : {in_one_piece, in_many})
        expect_input_error([&] { learners_of(cut, reading); },
                           {cut.string() + ":62: the file ends after 2 of a learner's lines"});
}

TEST(Pieces, OfATableEndOutsideQuotes) {
    const TestDirectory directory;
    std::string text = "\n\nstudent,item,score,timestamp,skill\n";
    constexpr std::string_view items[] = {"a", "\"b \"\"c\"\"\nd\"", "an id of many letters",
                                          "1.0"};
    constexpr std::string_view times[] = {"2024-05-01", "2024-05-01T10:00", "2024-05-01T10:00Z",
                                          "2023-05-01", "2024-05-02"};
    for (std::size_t i = 0; i < 200; ++i) {
        text += "s" + std::to_string(i * i % 7) + ',' + std::string(items[i % 4]) + ',' +
                (i % 11 == 5 ? "" : std::to_string(i % 3)) + ',' + std::string(times[i * i % 5]) +
                (i % 2 == 0 ? ",3_4\n" : ",add_two\r\n");
        if (i % 30 == 7) text += "\n";
    }
    const auto file = directory.write("a.csv", text);
    const LongCsv csv = table_of(file, in_one_piece);
    EXPECT_EQ(csv.students.size(), 4);
    EXPECT_EQ(csv.items[1].name, "b \"c\"\nd");
    EXPECT_EQ(csv.items[1].line, 5);
    EXPECT_EQ(csv.unanswered.n, 18);
    EXPECT_EQ(csv.answers.size(), 182);
    EXPECT_GT(csv.ties.repeats.n, 0);
    EXPECT_EQ(said(table_of(file, in_many)), said(csv));
    text.resize(text.size() - 2);  // no last line end
    EXPECT_EQ(said(table_of(directory.write("b.csv", text), in_many)), said(csv));
}

TEST(Pieces, HaveRecordsReadAlikeWhereverTheyLie) {
    const TestDirectory directory;
    const auto table = [&](std::size_t length) {
        const std::string note(length, 'n');
        return table_of(
            directory.write("a.csv", "note,student,item,score\n" + note + ",u1,i1,0\r\n" + note +
                                         ",\"u1\",\"a,b\",\"1\"\r\n\n\"" + note +
                                         "\", u2\t,\"a\"\"b\",1\n" + note +
                                         ",\"long id of u3\",\"i\n1\",0\n" + note + ",u2,i1,1"),
            in_one_piece);
    };
    const LongCsv csv = table(0);
    ASSERT_EQ(csv.students.size(), 3);
    EXPECT_EQ(csv.students[1].name, "u2");
    EXPECT_EQ(csv.students[2].name, "long id of u3");
    ASSERT_EQ(csv.items.size(), 4);
    EXPECT_EQ(csv.items[1].name, "a,b");
    EXPECT_EQ(csv.items[2].name, "a\"b");
    EXPECT_EQ(csv.items[3].name, "i\n1");
    EXPECT_EQ(csv.lines[4], 8);
    for (std::size_t length = 1; length < 140; ++length)
        EXPECT_EQ(said(table(length)), said(csv)) << length;
}

TEST(Pieces, NumberManyIdsByTheirFirstAppearance) {
    const TestDirectory directory;
    std::string text = "student,item,score\n";
    for (int i = 0; i < 3000; ++i)
        text += "s" + std::to_string(i / 2) + ",item " + std::to_string(i * 7 % 1000) + ",1\n";
    const auto file = directory.write("a.csv", text);
    const LongCsv csv = table_of(file, in_many);
    ASSERT_EQ(csv.students.size(), 1500);
    ASSERT_EQ(csv.items.size(), 1000);
    for (std::size_t i = 0; i < 3000; ++i) {
        ASSERT_EQ(csv.items[static_cast<std::size_t>(csv.item[i])].name,
                  "item " + std::to_string(i * 7 % 1000));
        ASSERT_EQ(csv.lines[i], static_cast<int>(i) + 2);
    }
}

TEST(Pieces, TellTheFirstErrorOfATable) {
    const TestDirectory directory;
    const std::string header = "student,item,score,order\n";
    std::string good;
    for (int i = 0; i < 20; ++i)
        good += "s,a,1,7\n";
    const auto refuses = [&](const std::string& more, const std::string& why) {
        const auto file = directory.write("a.csv", header + good + more);
        for (const Reading& reading : {in_one_piece, in_many})
            expect_input_error([&] { table_of(file, reading); }, {file.string() + why});
    };
    refuses("s,a,x,7\n" + good + "s,a,y,7\n", ":22: category 'x'");
    refuses("s,a,1\n" + good, ":22: 3 fields; expected 4");
    refuses("s,a,1,2024-05-01\n" + good,
            ":22: order or timestamp '2024-05-01' is a date, but line 2 has a number");
    refuses("s,12\" tall,1,7\n" + good + "\"\n\n\"" + good, ":22: a quote inside a field");
    refuses("s,\"a,1,7\n" + good + good, ":22: a quote is opened and never closed");
    refuses("s,\"a\"b,1,7\n" + good, ":22: text after a closing quote");
    refuses("s,\"NA\",1,7\n" + good + "s,NA,1,7\n" + good, ":43: item 'NA' means that none");
    refuses("s,\xff,1,7\n" + good, ":22: item");
}

TEST(Pieces, AreUnpackedFromAnyNumberOfGzipMembers) {
    const TestDirectory directory;
    const auto file = directory.path() / "a.gz";
    std::string text;
    for (int i = 0; i < 200'000; ++i)
        text += std::to_string(i * 7919LL) + '\n';
    for (const std::size_t begin : {std::size_t{0}, text.size() / 3}) {
        const gzFile packed = gzopen(file.c_str(), begin == 0 ? "wb" : "ab");
        const std::size_t size = begin == 0 ? text.size() / 3 : text.size() - begin;
        ASSERT_EQ(gzwrite(packed, text.data() + begin, static_cast<unsigned>(size)), size);
        ASSERT_EQ(gzclose(packed), Z_OK);
    }
    const auto unpacked = [&] {
        std::string all;
        TextStream stream(file, {});
        while (const auto piece =
                   stream.next([](std::string_view part) { return part.rfind('\n') + 1; }))
            all += piece->text;
        return all;
    };
    EXPECT_EQ(unpacked(), text);
    std::ofstream(file, std::ios::app) << std::string(1000, '\n');
    EXPECT_EQ(unpacked(), text) << "some pad the end";
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 2000);
    expect_input_error(unpacked, {"is cut off or damaged"});
}

TEST(Pieces, AreRefusedWhereARecordHasNoEnd) {
    const TestDirectory directory;
    const std::string header = "student,item,score\n";
    const auto limited = [](std::size_t most) {
        return Reading{
            .threads = 1, .first_piece_bytes = 8, .piece_bytes = 16, .most_record_bytes = most};
    };
    const auto file = directory.write("a.csv", header + "\ns,\"" + std::string(3000, 'a'));
    expect_input_error([&] { table_of(file, limited(2000)); },
                       {file.string() + ":3: no end within 2000 bytes of what begins here"});
    expect_input_error([&] { table_of(file, limited(5000)); }, {":3: a quote is opened"});
    // Of the first line, which is waited for before there are pieces.
    const auto one_line = directory.write("b.csv", std::string(1 << 20, 'a'));
    expect_input_error([&] { TextStream(one_line, limited(2000)); },
                       {one_line.string() + ":1: no end within 2000 bytes"});
    const auto whole = directory.write("c.csv", header + "\ns,\"" + std::string(900, 'a') + "\",1");
    EXPECT_EQ(table_of(whole, limited(2000)).answers.size(), 1);
}

TEST(Pieces, AreRefusedWithMoreLinesThanCanBeNumbered) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "2\n5,6\n0,1\n2\n5,6\n0,1\n");
    Reading reading = in_many;
    reading.most_lines = 6;
    EXPECT_EQ(learners_of(file, reading).size(), 2);
    reading.most_lines = 5;
    expect_input_error([&] { learners_of(file, reading); },
                       {file.string() + ": has more than 5 lines"});
}

TEST(Pieces, AreRefusedWithTheFileBeforeWhatIsInThem) {
    const TestDirectory directory;
    const std::string rows(1 << 20, '\n');
    const auto file = directory.write("a.csv", "student,item,score\na,b,x\n" + rows + '\0');
    expect_input_error([&] { read_dataset(file); }, {file.string() + ": has zero bytes"});
}

TEST(Pieces, AreToldOfAsPartsOfAllFiles) {
    const TestDirectory directory;
    std::string text;
    for (int i = 0; i < 200'000; ++i)
        text += "1\n0\n1\n1\n1\n0\n";
    directory.write("train.txt", text);
    directory.write("test.txt", text);
    std::vector<double> heard;
    read_dataset(directory.path(), nullptr, [&](double fraction) { heard.push_back(fraction); });
    ASSERT_GT(heard.size(), 5);
    EXPECT_LT(heard.front(), 0.2);
    EXPECT_EQ(heard.back(), 1);
    EXPECT_TRUE(std::ranges::is_sorted(heard));
}

TEST(Pieces, CountCharacters) {
    std::string text(5000, 'a');
    EXPECT_EQ(count_of('a', text), 5000);
    EXPECT_EQ(count_of('`', text), 0);
    for (std::size_t i = 0; i < text.size(); i += 1 + i % 13)
        text[i] = static_cast<char>(i);
    for (const char c : {'\n', 'b', '\x80', '\xff', '\0'})
        for (const std::size_t begin : {0u, 1u, 4990u})
            EXPECT_EQ(count_of(c, std::string_view(text).substr(begin)),
                      std::ranges::count(text.substr(begin), c));
}

}  // namespace
}  // namespace manygpcm
