// Files are whole or absent, and a failure says which path and why. Runs as root too: no test
// relies on permissions.
#include "manygpcm/engine/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine/abandoned_file.h"
#include "engine/expect_input_error.h"
#include "engine/test_directory.h"

namespace manygpcm {
namespace {

TEST(WriteFile, ReplacesTheContentAndLeavesNothingBeside) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "an older and longer text");
    write_file(file, std::string_view("new\0text", 8));
    EXPECT_EQ(read_file(file), std::string("new\0text", 8));
    EXPECT_EQ(directory.n_files(), 1u);
}

TEST(WriteFile, InPartsIsWholeOrAsItWas) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "old");
    {
        PartedFile parts(file);
        parts.append("never ");
        EXPECT_EQ(read_file(file), "old");
    }
    EXPECT_EQ(read_file(file), "old");
    EXPECT_EQ(directory.n_files(), 1u);
    PartedFile parts(file);
    parts.append("new, ");
    parts.append("in two");
    parts.finish();
    EXPECT_EQ(read_file(file), "new, in two");
    EXPECT_EQ(directory.n_files(), 1u);
}

TEST(WriteFile, NamesPathAndReasonBelowARegularFile) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "x") / "b.txt";
    expect_input_error([&] { write_file(file, "y"); },
                       {file.string(), "cannot write", "Not a directory"});
}

TEST(WriteFile, RefusesADirectory) {
    const TestDirectory directory;
    const auto inner = directory.path() / "inner";
    std::filesystem::create_directory(inner);
    expect_input_error([&] { write_file(inner, "y"); }, {inner.string(), "Is a directory"});
    EXPECT_EQ(directory.n_files(), 1u);
}

TEST(WriteFile, FollowsALinkAndKeepsIt) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "old"), link = directory.path() / "link",
               chain = directory.path() / "chain";
    std::filesystem::create_symlink("a.txt", link);
    std::filesystem::create_symlink(link, chain);
    write_file(chain, "new");
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_TRUE(std::filesystem::is_symlink(chain));
    EXPECT_EQ(read_file(file), "new");
    EXPECT_EQ(directory.n_files(), 3u);
}

TEST(WriteFile, MakesTheFileThatALinkPromises) {
    const TestDirectory directory;
    const auto link = directory.path() / "link";
    std::filesystem::create_symlink("absent.txt", link);
    write_file(link, "new");
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(read_file(directory.path() / "absent.txt"), "new");
}

TEST(WriteFile, RefusesLinksInACircle) {
    const TestDirectory directory;
    const auto link = directory.path() / "link";
    std::filesystem::create_symlink("link", link);
    expect_input_error([&] { write_file(link, "x"); }, {link.string(), "symbolic links"});
}

TEST(WriteFile, WritesIntoAPipe) {
    const TestDirectory directory;
    const auto pipe = directory.path() / "pipe", link = directory.path() / "link";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    std::filesystem::create_symlink("pipe", link);
    // A pipe opened both ways takes what fits its buffer without a reader.
    const int reader = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    write_file(link, "content");
    std::array<char, 16> received{};
    EXPECT_EQ(read(reader, received.data(), received.size()), 7);
    EXPECT_STREQ(received.data(), "content");
    close(reader);
    EXPECT_TRUE(std::filesystem::is_fifo(pipe));
    EXPECT_TRUE(std::filesystem::is_symlink(link));
}

// What /dev/stdout leads to when a shell has redirected it: the name of an open file in /proc.
TEST(WriteFile, AppendsToAnOpenFileByItsNameInProc) {
    const TestDirectory directory;
    const auto file = directory.write("log.txt", "before "), link = directory.path() / "link";
    const int descriptor = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ASSERT_GE(descriptor, 0);
    std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(descriptor), link);
    write_file(link, "after");
    close(descriptor);
    EXPECT_EQ(read_file(file), "before after");
    EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST(WriteFile, NoticesAFullDevice) {
    const TestDirectory directory;
    const auto link = directory.path() / "link";
    std::filesystem::create_symlink("/dev/full", link);
    expect_input_error([&] { write_file(link, "x"); }, {link.string(), "No space left on device"});
}

TEST(ReadFile, NamesPathAndReason) {
    const TestDirectory directory;
    const auto missing = directory.path() / "missing";
    expect_input_error([&] { read_file(missing); },
                       {missing.string(), "cannot read", "No such file"});
    expect_input_error([&] { read_file(directory.path()); },
                       {directory.path().string(), "Is a directory"});
}

TEST(ReadFile, ReadsMoreThanOneBuffer) {
    const TestDirectory directory;
    const std::string content(200'000, 'x');
    EXPECT_EQ(read_file(directory.write("big", content)), content);
}

TEST(EnsureWritableDirectory, CreatesParentsAndLeavesNothing) {
    const TestDirectory directory;
    const auto inner = directory.path() / "a" / "b";
    ensure_writable_directory(inner);
    ensure_writable_directory(inner);
    EXPECT_TRUE(std::filesystem::is_empty(inner));
}

TEST(EnsureWritableDirectory, RemovesWhatKilledWritersLeftAndNothingElse) {
    const TestDirectory directory;
    NumberedProcess elsewhere = this_process();
    ++elsewhere.space;
    const std::string stale = name_of_abandoned_file("a.txt"),
                      in_use = name_of_file_aside("a.txt", this_process()),
                      old = name_of_file_aside("b.txt", elsewhere),
                      recent = name_of_file_aside("c.txt", elsewhere);
    const std::vector<std::string> others = {".a.txt.123-0.tmp", "x.manygpcm-1-2-3-4.tmp",
                                             ".manygpcm-1-2-3.tmp", ".a.manygpcm-1-2-x-4.tmp"};
    for (const std::string& name : {stale, in_use, old, recent})
        directory.write(name, "x");
    for (const std::string& name : others)
        directory.write(name, "x");
    const auto two_days_ago =
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(48);
    std::filesystem::last_write_time(directory.path() / old, two_days_ago);
    for (const std::string& name : others)
        std::filesystem::last_write_time(directory.path() / name, two_days_ago);
    ensure_writable_directory(directory.path());
    EXPECT_FALSE(std::filesystem::exists(directory.path() / stale));
    EXPECT_FALSE(std::filesystem::exists(directory.path() / old));
    EXPECT_TRUE(std::filesystem::exists(directory.path() / in_use));
    EXPECT_TRUE(std::filesystem::exists(directory.path() / recent));
    for (const std::string& name : others)
        EXPECT_TRUE(std::filesystem::exists(directory.path() / name)) << name;
}

// The name aside is that of the file, with more.
TEST(WriteFile, TakesTheLongestNameThatThereCanBe) {
    const TestDirectory directory;
    const std::string name(255, 'n');
    write_file(directory.path() / name, "content");
    EXPECT_EQ(read_file(directory.path() / name), "content");
}

TEST(EnsureWritableDirectory, RefusesARegularFileAndAPathBelowOne) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "x");
    expect_input_error([&] { ensure_writable_directory(file); },
                       {file.string(), "Not a directory"});
    expect_input_error([&] { ensure_writable_directory(file / "b"); },
                       {(file / "b").string(), "Not a directory"});
}

TEST(EnsureWritableDirectory, RefusesADirectoryThatTakesNoFiles) {
    expect_input_error([] { ensure_writable_directory("/proc/self"); },
                       {"/proc/self", "cannot write"});
}

TEST(EnsureWritableFile, CreatesTheDirectoryAndNotTheFile) {
    const TestDirectory directory;
    const auto file = directory.path() / "a" / "b.txt";
    ensure_writable_file(file);
    EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "a"));
}

TEST(EnsureWritableFile, RefusesADirectoryAndALinkToOne) {
    const TestDirectory directory;
    const auto inner = directory.path() / "inner", link = directory.path() / "link";
    std::filesystem::create_directory(inner);
    std::filesystem::create_symlink("inner", link);
    expect_input_error([&] { ensure_writable_file(inner); }, {inner.string(), "Is a directory"});
    expect_input_error([&] { ensure_writable_file(link); }, {link.string(), "Is a directory"});
}

TEST(EnsureWritableFile, TakesAPipeAndAnOpenFileAndLeavesThem) {
    const TestDirectory directory;
    const auto pipe = directory.path() / "pipe", file = directory.write("a.txt", "x");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    ensure_writable_file(pipe);
    EXPECT_TRUE(std::filesystem::is_fifo(pipe));
    const int descriptor = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ASSERT_GE(descriptor, 0);
    ensure_writable_file("/proc/self/fd/" + std::to_string(descriptor));
    close(descriptor);
    EXPECT_EQ(read_file(file), "x");
}

TEST(EnsureWritableFile, RefusesAnOpenFileThatThereIsNot) {
    const TestDirectory directory;
    const auto link = directory.path() / "link";
    std::filesystem::create_symlink("/proc/self/fd/999999", link);
    expect_input_error([&] { ensure_writable_file(link); }, {link.string(), "No such file"});
}

TEST(EnsureWritableFile, RefusesADirectoryInProc) {
    expect_input_error([] { ensure_writable_file("/proc/self"); },
                       {"/proc/self", "Is a directory"});
}

TEST(EnsureWritableFile, RefusesAPathBelowARegularFile) {
    const TestDirectory directory;
    const auto file = directory.write("a.txt", "x") / "b.txt";
    expect_input_error([&] { ensure_writable_file(file); }, {"a.txt", "Not a directory"});
}

TEST(ReadFile, WaitsForAPipeUntilAStopIsAskedFor) {
    const TestDirectory directory;
    const auto pipe = directory.path() / "pipe";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    std::atomic<bool> stop = false;
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        stop = true;
    });
    EXPECT_THROW(read_file(pipe, &stop), Interrupted);
    other.join();
    stop = false;
    std::thread writer([&] {
        const int end = open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
        EXPECT_EQ(write(end, "content", 7), 7);
        close(end);
    });
    EXPECT_EQ(read_file(pipe, &stop), "content");
    writer.join();
}

TEST(ReadFile, EndsWhereAStreamHasNoEnd) {
    expect_input_error([] { read_file("/dev/zero"); }, {"/dev/zero", "goes on beyond 1024 MiB"});
}

}  // namespace
}  // namespace manygpcm
