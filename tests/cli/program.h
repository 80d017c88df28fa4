// Runs the built program as a user would, in a directory of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/detail/temporary_directory.h"

namespace manygpcm::cli_test {

struct Outcome {
    int code = 0;     ///< exit code; -signal where a signal ended it
    std::string out;  ///< stdout
    std::string err;  ///< stderr
};

using Arguments = std::vector<std::string>;

/// What the program may take of the machine, in bytes; 0: as much as it likes.
struct Limits {
    std::size_t file_size = 0;  ///< as `ulimit -f`
    std::size_t memory = 0;     ///< addresses, as `ulimit -v`
};

/// `arguments` and, behind them, `more`.
Arguments with(Arguments arguments, const Arguments& more);

/// Runs the program to its end, stdout and stderr into files.
Outcome run(const Arguments& arguments, const Limits& limits = {});

/// What may become of a standard stream.
enum class Sink { full, closed, unread };

/// Runs the program to its end with stdout, or stderr, or both so; of those nothing is seen.
Outcome run_into(const Arguments& arguments, std::optional<Sink> out, std::optional<Sink> err);

/// A program that runs beside the test; killed where it still does at the end.
class Running {
  public:
    explicit Running(const Arguments& arguments, const Limits& limits = {});
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

    void signal(int number) const;
    /// Waits for its end. One that doesn't come within `patience` is a failure of the test.
    Outcome outcome(std::chrono::seconds patience = std::chrono::seconds(60));

  private:
    int child_ = -1, out_ = -1, err_ = -1;
};

/// Waits until `happened` gives true, which is a failure of the test where it takes a minute.
void wait_until(const std::function<bool()>& happened);

/// Runs the program and, unless it has ended by then, sends it `signal` after `delay`.
Outcome run_and_signal(const Arguments& arguments, int signal,
                       std::chrono::steady_clock::duration delay);

/// Runs the program with stderr on a terminal of `columns`, the one that controls it; what it shows
/// there is err. Ctrl-C is typed once it has shown `interrupt_at`; empty: never.
Outcome run_on_terminal(const Arguments& arguments, int columns,
                        std::string_view interrupt_at = {});

/// Exit code 2, nothing on stdout, exactly one line on stderr that says it is an error and contains
/// `words`.
void expect_refused(const Outcome& outcome, std::string_view words);

/// The names in a directory, sorted; empty if there is no such directory.
std::vector<std::string> names_in(const std::filesystem::path& directory);

std::string content_of(const std::filesystem::path& file);
void write(const std::filesystem::path& file, std::string_view content);

/// A fixture with an empty directory, gone after the test.
class ProgramTest : public testing::Test {
  protected:
    /// The path of `name` in the test's directory.
    std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

    /// A dataset small enough to train on in no time, at path("data").
    std::string simulated_data();

    /// A space of three parameters, a choice among them, at path("space.toml").
    void write_space() const;

    /// A sweep of small deep_gpcm models on 2 folds of `data`, over path("space.toml").
    Arguments small_sweep(const std::string& data, const std::string& trials,
                          const std::string& epochs, const std::string& out) const;

    /// A model trained on simulated_data() for an epoch: its weights.
    std::string trained_weights();

  private:
    const TemporaryDirectory directory_{"test"};
};

}  // namespace manygpcm::cli_test
