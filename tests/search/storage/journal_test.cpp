// A journal as lines of a file: what is appended is read, by whoever, whole, whatever happens to
// writers.
#include "storage/journal.h"
#include "manygpcm/engine/detail/dataset_fingerprint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/files.h"

namespace manygpcm::search {
namespace {

using Access = Journal::Access;
using Record = Journal::Record;

void append(Journal& journal, const std::vector<Record>& records) {
    const auto lock = journal.lock();
    EXPECT_TRUE(journal.append(*lock, records));
}

std::vector<Record> records_of(std::vector<Journal::Line> lines) {
    std::vector<Record> records;
    for (Journal::Line& line : lines)
        records.push_back(std::move(line.record));
    return records;
}

/// Runs `action` in a process of its own; its exit status.
template <class Action>
pid_t in_child(Action action) {
    const pid_t child = fork();
    if (child != 0) return child;
    try {
        action();
    } catch (...) {
        _exit(1);
    }
    _exit(0);
}

int status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

TEST(Journal, ReadsWhatWasAppendedOnceAndInOrder) {
    const TestDirectory directory;
    const auto file = directory.path() / "study.journal";
    Journal writer(file, Access::append), reader(file, Access::read);
    EXPECT_TRUE(reader.read_new().empty());
    append(writer, {{{"b", 1}, {"a", "ä\n"}}, {{"c", nullptr}}});
    EXPECT_EQ(read_file(file), "{\"b\":1,\"a\":\"\\u00e4\\n\"}\n{\"c\":null}\n");
    EXPECT_EQ(records_of(reader.read_new()),
              (std::vector<Record>{{{"b", 1}, {"a", "ä\n"}}, {{"c", nullptr}}}));
    append(writer, {{{"d", 0.1}}});
    const auto lines = reader.read_new();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].number, 3u);
    EXPECT_EQ(lines[0].record, (Record{{"d", 0.1}}));
    EXPECT_EQ(writer.read_new().size(), 3u);
    EXPECT_EQ(directory.n_files(), 1u) << "a lock was left";
}

TEST(Journal, ReadsWhatPythonWritesForWhatIsNotFinite) {
    const TestDirectory directory;
    const auto file = directory.write(
        "j", "{\"a\": NaN, \"b\": [Infinity, -Infinity], \"c\": \"NaN \\\" Infinity\"}\n");
    const auto lines = Journal(file, Access::read).read_new();
    EXPECT_EQ(lines.at(0).record,
              (Record{{"a", nullptr}, {"b", {"Infinity", "-Infinity"}}, {"c", "NaN \" Infinity"}}));
}

TEST(Journal, CutsOffATornLastLineWhenItOpens) {
    const TestDirectory directory;
    const auto file = directory.write("j", "{\"a\":1}\n{\"b\":");
    std::vector<std::string> notices;
    EXPECT_EQ(Journal(file, Access::read).read_new().size(), 1u);
    EXPECT_EQ(read_file(file), "{\"a\":1}\n{\"b\":") << "reading changed the file";
    Journal journal(file, Access::append, [&](const std::string& s) { notices.push_back(s); });
    EXPECT_EQ(read_file(file), "{\"a\":1}\n");
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_THAT(notices[0], testing::HasSubstr(file.string()));
    EXPECT_THAT(notices[0], testing::HasSubstr("5 bytes"));
    append(journal, {{{"c", 2}}});
    EXPECT_EQ(read_file(file), "{\"a\":1}\n{\"c\":2}\n");
}

TEST(Journal, CutsOffALineThatWasTornSinceItOpened) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    Journal journal(file, Access::append);
    append(journal, {{{"a", 1}}});
    std::ofstream(file, std::ios::app) << std::string(10'000, 'x');
    append(journal, {{{"b", 2}}});
    EXPECT_EQ(read_file(file), "{\"a\":1}\n{\"b\":2}\n");
}

// Optuna reads it as a record: to cut it off would change what was read.
TEST(Journal, EndsALastLineThatLacksOnlyItsEnd) {
    const TestDirectory directory;
    const auto file = directory.write("j", "{\"a\":1}\n{\"b\":2}");
    const Journal journal(file, Access::append);
    EXPECT_EQ(read_file(file), "{\"a\":1}\n{\"b\":2}\n");
}

TEST(Journal, NamesTheLineThatIsNotJson) {
    const TestDirectory directory;
    for (const char* line : {"{\"b\":", "[1]", "nonsense"}) {
        const auto file = directory.write("j", std::string("{\"a\":1}\n") + line + "\n{\"c\":1}\n");
        expect_input_error([&] { Journal(file, Access::append).read_new(); },
                           {file.string() + ":2:", "JSON"});
    }
}

// A hand that saved the file, and a machine that crashed before the blocks it had made room for.
TEST(Journal, PassesOverEmptyLinesAndCutsThemOffBeforeItWrites) {
    const TestDirectory directory;
    const std::string nul(5000, '\0');
    const auto file = directory.write("j", "{\"a\":1}\n\n" + nul + "{\"b\":2}\n \n\n" + nul);
    Journal reader(file, Access::read);
    const auto lines = reader.read_new();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[1].number, 3u);
    Journal writer(file, Access::append);
    EXPECT_EQ(std::filesystem::file_size(file), 8 + 1 + nul.size() + 8);
    append(writer, {{{"c", 3}}});
    EXPECT_EQ(reader.read_new().at(0).record, (Record{{"c", 3}})) << "read before it was cut";
}

TEST(Journal, SaysWhatOfTheLastLineItLeavesOut) {
    for (const char* name : {"cut_tail.journal", "nul_tail.journal"}) {
        std::vector<std::string> notices;
        Journal reader(std::filesystem::path(MANYGPCM_TEST_DATA) / "journals" / name, Access::read,
                       [&](const std::string& text) { notices.push_back(text); });
        const std::size_t lines = reader.read_new().size();
        EXPECT_TRUE(reader.read_new().empty());
        ASSERT_EQ(notices.size(), 1u) << name;
        EXPECT_THAT(notices[0], testing::HasSubstr(fmt::format("{}:{}: ", name, lines + 1)));
    }
}

TEST(Journal, ReadsALastLineThatLacksOnlyItsEnd) {
    const TestDirectory directory;
    const auto file = directory.write("j", "{\"a\":1}\n{\"b\":2}");
    Journal reader(file, Access::read);
    EXPECT_EQ(reader.read_new().size(), 2u);
    EXPECT_TRUE(reader.read_new().empty());
    Journal writer(file, Access::append);
    append(writer, {{{"c", 3}}});
    const auto more = reader.read_new();
    ASSERT_EQ(more.size(), 1u);
    EXPECT_EQ(more[0].number, 3u);
}

TEST(Journal, RefusesALineThatIsNestedDeep) {
    const TestDirectory directory;
    const auto file = directory.write(
        "j", "{\"a\":1}\n{\"b\":" + std::string(300'000, '[') + std::string(300'000, ']') + "}\n");
    expect_input_error([&] { Journal(file, Access::read).read_new(); },
                       {"j:2: ", "nested deeper than"});
}

TEST(Journal, RefusesWhatIsNotAFileOfItsOwn) {
    const TestDirectory directory;
    for (const Access access : {Access::read, Access::append}) {
        expect_input_error([&] { Journal(directory.path(), access); },
                           {directory.path().string(), "directory"});
        expect_input_error([&] { Journal(directory.path() / "no" / "j", access); },
                           {"no/j", "No such file"});
    }
    expect_input_error([&] { Journal(directory.path() / "j", Access::read); }, {"No such file"});
    if (geteuid() == 0) return;  // whom nothing is forbidden
    const auto file = directory.write("k", "");
    std::filesystem::permissions(file, std::filesystem::perms::none);
    expect_input_error([&] { Journal(file, Access::read); }, {file.string(), "Permission"});
}

// A last line is cut off of a journal, not of whatever a mistyped --study names.
TEST(Journal, LeavesAFileThatIsNoJournalAsItWas) {
    const TestDirectory directory;
    const auto file = directory.write("notes", "no line end");
    expect_input_error([&] { Journal(file, Journal::Access::append); },
                       {file.string() + ":1: isn't a JSON object; expected a journal of Optuna"});
    EXPECT_EQ(read_file(file), "no line end");
}

TEST(Journal, RefusesAFileThatSomebodyShortened) {
    const TestDirectory directory;
    const auto file = directory.write("j", "{\"a\":1}\n");
    Journal journal(file, Access::read);
    journal.read_new();
    directory.write("j", "");
    expect_input_error([&] { journal.read_new(); }, {file.string(), "only appended to"});
}

TEST(Journal, LosesNothingOfManyProcessesThatAppendAtOnce) {
    constexpr int n_processes = 4, n_writes = 50, n_records = 3;
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    std::vector<pid_t> children;
    for (int process = 0; process < n_processes; ++process)
        children.push_back(in_child([&] {
            Journal journal(file, Access::append);
            for (int write = 0; write < n_writes; ++write) {
                std::vector<Record> records;
                for (int i = 0; i < n_records; ++i)
                    records.push_back({{"process", process},
                                       {"write", write},
                                       {"i", i},
                                       {"padding", std::string(3000, 'x')}});
                append(journal, records);
            }
        }));
    for (const pid_t child : children)
        EXPECT_EQ(status_of(child), 0);
    const auto lines = Journal(file, Access::read).read_new();
    ASSERT_EQ(lines.size(), static_cast<std::size_t>(n_processes * n_writes * n_records));
    std::map<int, int> next_write;
    for (std::size_t i = 0; i < lines.size(); i += n_records) {
        const int process = lines[i].record.at("process");
        const int write = next_write[process]++;
        for (int k = 0; k < n_records; ++k) {  // a write's records stay together
            const Record& record = lines[i + static_cast<std::size_t>(k)].record;
            EXPECT_EQ(record.at("process"), process);
            EXPECT_EQ(record.at("write"), write);
            EXPECT_EQ(record.at("i"), k);
        }
    }
    EXPECT_EQ(directory.n_files(), 1u) << "a lock was left";
}

TEST(Journal, WaitsForTheLockOfAnother) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    Journal one(file, Access::append), other(file, Access::append);
    auto held = one.lock();
    EXPECT_TRUE(std::filesystem::is_symlink(directory.path() / "j.lock"));
    std::atomic<bool> taken = false;
    std::thread waiting([&] {
        const auto lock = other.lock();
        taken = true;
    });
    // Not a proof, but a waiter that doesn't wait would be through by then.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(taken);
    held.reset();
    waiting.join();
    EXPECT_TRUE(taken);
}

TEST(Journal, TakesTheLockOfAProcessThatWasKilled) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    Journal journal(file, Access::append);
    const pid_t child = in_child([&] {
        const auto lock = journal.lock();
        std::ofstream(file, std::ios::app) << "{\"torn" << std::flush;
        raise(SIGKILL);
    });
    EXPECT_TRUE(WIFSIGNALED(status_of(child)));
    EXPECT_TRUE(std::filesystem::is_symlink(directory.path() / "j.lock"));
    append(journal, {{{"a", 1}}});
    EXPECT_EQ(read_file(file), "{\"a\":1}\n");
    EXPECT_EQ(directory.n_files(), 1u);
}

// A lock of Optuna's tells nothing of who holds it.
TEST(Journal, SaysWhichLockItWaitsForWhenThatTakesLong) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    const auto link = directory.path() / "j.lock";
    std::vector<std::string> notices;
    const Notice notice = [&](const std::string& text) {
        notices.push_back(text);
        std::filesystem::remove(link);  // as the notice asks the user to
    };
    std::filesystem::create_symlink(file, link);
    const Journal::Lock lock(file, notice, nullptr, {.notice = std::chrono::milliseconds(10)});
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_THAT(notices[0], testing::HasSubstr(link.string()));
}

// Optuna since 4.3 calls stat() on the lock, spins where that fails, and takes for dead whose time
// stands still.
TEST(Journal, ItsLockLeadsToTheJournal) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    Journal journal(file, Access::append);
    const auto lock = journal.lock();
    EXPECT_TRUE(std::filesystem::equivalent(directory.path() / "j.lock", file));
    EXPECT_LT(std::filesystem::read_symlink(directory.path() / "j.lock").string().size(), 1000u);
}

/// Waiters so impatient that tests end.
constexpr LockPatience impatient{.notice = std::chrono::milliseconds(10),
                                 .grace = std::chrono::milliseconds(200)};

// Of Optuna's two kinds, and of a process of ours on another machine: nobody here can ask for it.
TEST(Journal, TakesALockThatStandsStill) {
    const TestDirectory directory;
    const auto file = directory.write("j", "");
    const auto link = directory.path() / "j.lock";
    std::string elsewhere;
    for (int digit = 0; digit < 128; ++digit)
        elsewhere += "./";
    for (const std::string& target : {std::string("j"), std::string(), elsewhere + "j"}) {
        if (target.empty())
            directory.write("j.lock", "");
        else
            std::filesystem::create_symlink(target, link);
        std::vector<std::string> notices;
        {
            const Journal::Lock lock(
                file, [&](const std::string& text) { notices.push_back(text); }, nullptr,
                impatient);
            EXPECT_TRUE(lock.held());
        }
        ASSERT_FALSE(notices.empty());
        EXPECT_THAT(notices.back(), testing::HasSubstr("took this lock away"));
        EXPECT_EQ(directory.n_files(), 1u);
    }
}

TEST(Journal, LeavesALockToWhoeverWritesTheJournal) {
    const TestDirectory directory;
    const auto file = directory.write("j", "");
    std::filesystem::create_symlink("j", directory.path() / "j.lock");
    std::atomic<bool> stop = false;
    std::thread writing([&] {
        for (int i = 0; i < 30; ++i) {
            std::ofstream(file, std::ios::app) << "{}\n";
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        stop = true;
    });
    EXPECT_THROW(Journal::Lock(file, {}, &stop, impatient), Interrupted);
    writing.join();
}

TEST(Journal, LeavesALockToAProcessThatRuns) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    Journal journal(file, Access::append);
    const auto held = journal.lock();
    const std::atomic<bool> stop = true;  // after a second, five times the patience
    EXPECT_THROW(Journal::Lock(file, {}, &stop, impatient), Interrupted);
    EXPECT_TRUE(held->held());
}

TEST(Journal, ManyWaitersTakeADeadLockOneAfterTheOther) {
    const TestDirectory directory;
    const auto file = directory.write("j", "");
    constexpr int n_waiters = 8;
    for (int repeat = 0; repeat < 3; ++repeat) {
        std::filesystem::create_symlink("j", directory.path() / "j.lock");
        std::atomic<int> holders = 0, most = 0, done = 0;
        std::vector<std::thread> waiters;
        for (int i = 0; i < n_waiters; ++i)
            waiters.emplace_back([&] {
                const Journal::Lock lock(file, {}, nullptr, impatient);
                const int now = ++holders;
                int before = most;
                while (before < now && !most.compare_exchange_weak(before, now))
                    continue;
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
                if (lock.held()) ++done;
                --holders;
            });
        for (std::thread& waiter : waiters)
            waiter.join();
        EXPECT_EQ(most, 1);
        EXPECT_EQ(done, n_waiters);
    }
    EXPECT_EQ(directory.n_files(), 1u);
}

TEST(Journal, WritesNothingUnderALockThatWasTakenAway) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    Journal journal(file, Access::append);
    const auto lock = journal.lock();
    std::filesystem::remove(directory.path() / "j.lock");
    EXPECT_FALSE(journal.append(*lock, std::vector<Record>{{{"a", 1}}}));
    EXPECT_EQ(read_file(file), "");
}

TEST(Journal, AStopEndsTheWaitForALockThatStays) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    std::atomic<bool> stop = false;
    Journal journal(file, Access::append, {}, &stop);
    std::filesystem::create_symlink(file, directory.path() / "j.lock");
    std::thread stopping([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stop = true;
    });
    EXPECT_THROW(append(journal, {{{"a", 1}}}), Interrupted);
    stopping.join();
    EXPECT_EQ(read_file(file), "");
    EXPECT_TRUE(std::filesystem::is_symlink(directory.path() / "j.lock"));
}

// Who is to stop has results to write before.
TEST(Journal, AStopDoesNotKeepFromALockThatIsFreeOrPassesOn) {
    const TestDirectory directory;
    const auto file = directory.path() / "j";
    const std::atomic<bool> stop = true;
    Journal journal(file, Access::append, {}, &stop), other(file, Access::append);
    append(journal, {{{"a", 1}}});
    auto held = other.lock();
    std::thread passing_on([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        held.reset();
    });
    append(journal, {{{"b", 2}}});
    passing_on.join();
    EXPECT_EQ(read_file(file), "{\"a\":1}\n{\"b\":2}\n");
}

TEST(Journal, LeavesALockThatSomebodyElseHasTakenSince) {
    const TestDirectory directory;
    const auto link = directory.path() / "j.lock";
    Journal journal(directory.path() / "j", Access::append);
    {
        const auto lock = journal.lock();
        std::filesystem::remove(link);
        std::filesystem::create_symlink("another", link);
    }
    EXPECT_EQ(std::filesystem::read_symlink(link), "another");
}

TEST(Fingerprint, FollowsTheContentAlone) {
    Dataset dataset;
    dataset.name = "a";
    dataset.n_questions = dataset.n_categories = 2;
    dataset.train = {{.id = "x", .questions = {0, 1}, .responses = {1, 0}},
                     {.id = "y", .questions = {1}, .responses = {1}}};
    Dataset renamed = dataset, changed = dataset, split = dataset;
    renamed.name = "b";
    renamed.train[0].id = "z";
    changed.train[1].responses[0] = 0;
    split.test = {split.train.back()};
    split.train.pop_back();
    EXPECT_EQ(fingerprint(dataset), fingerprint(renamed));
    EXPECT_EQ(std::set({fingerprint(dataset), fingerprint(changed), fingerprint(split)}).size(),
              3u);
    EXPECT_EQ(fingerprint(dataset).size(), 16u);
}

}  // namespace
}  // namespace manygpcm::search
