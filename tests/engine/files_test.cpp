// Files are whole or absent, and a failure says which path and why. Runs as root too: no test
// relies on permissions.
#include "manygpcm/engine/files.h"

#include <gtest/gtest.h>

#include "engine/expect_input_error.h"
#include "engine/temporary_directory.h"

namespace manygpcm {
namespace {

TEST(WriteFile, ReplacesTheContentAndLeavesNothingBeside) {
    const TemporaryDirectory directory;
    const auto file = directory.write("a.txt", "an older and longer text");
    write_file(file, std::string_view("new\0text", 8));
    EXPECT_EQ(read_file(file), std::string("new\0text", 8));
    EXPECT_EQ(directory.n_files(), 1u);
}

TEST(WriteFile, NamesPathAndReasonBelowARegularFile) {
    const TemporaryDirectory directory;
    const auto file = directory.write("a.txt", "x") / "b.txt";
    expect_input_error([&] { write_file(file, "y"); },
                       {file.string(), "cannot write", "Not a directory"});
}

TEST(WriteFile, RefusesADirectory) {
    const TemporaryDirectory directory;
    const auto inner = directory.path() / "inner";
    std::filesystem::create_directory(inner);
    expect_input_error([&] { write_file(inner, "y"); }, {inner.string(), "Is a directory"});
    EXPECT_EQ(directory.n_files(), 1u);
}

TEST(WriteFile, KeepsDevicesAndNoticesAFullOne) {
    write_file("/dev/null", "gone");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
    expect_input_error([] { write_file("/dev/full", "x"); },
                       {"/dev/full", "No space left on device"});
}

TEST(ReadFile, NamesPathAndReason) {
    const TemporaryDirectory directory;
    const auto missing = directory.path() / "missing";
    expect_input_error([&] { read_file(missing); },
                       {missing.string(), "cannot read", "No such file"});
    expect_input_error([&] { read_file(directory.path()); },
                       {directory.path().string(), "Is a directory"});
}

TEST(ReadFile, ReadsMoreThanOneBuffer) {
    const TemporaryDirectory directory;
    const std::string content(200'000, 'x');
    EXPECT_EQ(read_file(directory.write("big", content)), content);
}

TEST(EnsureWritableDirectory, CreatesParentsAndLeavesNothing) {
    const TemporaryDirectory directory;
    const auto inner = directory.path() / "a" / "b";
    ensure_writable_directory(inner);
    ensure_writable_directory(inner);
    EXPECT_TRUE(std::filesystem::is_empty(inner));
}

TEST(EnsureWritableDirectory, RefusesARegularFileAndAPathBelowOne) {
    const TemporaryDirectory directory;
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

}  // namespace
}  // namespace manygpcm
