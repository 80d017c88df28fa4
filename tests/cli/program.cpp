// Processes, terminals and temporary directories for the tests of the program.
#include "program.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace manygpcm::cli_test {
namespace {

namespace fs = std::filesystem;

/// A descriptor of a file that has no name any more.
int unnamed_file() {
    std::string name = (fs::temp_directory_path() / "manygpcm-output-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    EXPECT_GE(descriptor, 0) << name;
    unlink(name.c_str());
    return descriptor;
}

/// What a descriptor has to give from here to its end; for a terminal, until its other side is
/// closed.
std::string read_on(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t n = 0; (n = read(descriptor, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    return text;
}

std::string read_and_close_file(int descriptor) {
    lseek(descriptor, 0, SEEK_SET);
    std::string text = read_on(descriptor);
    close(descriptor);
    return text;
}

void limit(int what, std::size_t bytes) {
    if (bytes == 0) return;
    const rlimit both{bytes, bytes};
    setrlimit(static_cast<__rlimit_resource>(what), &both);
}

constexpr int closed = -1;

void take_stream(int descriptor, int stream) {
    if (descriptor == closed)
        close(stream);
    else
        dup2(descriptor, stream);
}

int open_sink(Sink sink) {
    if (sink == Sink::closed) return closed;
    if (sink == Sink::full) return open("/dev/full", O_WRONLY | O_CLOEXEC);
    int ends[2] = {closed, closed};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    return ends[1];
}

/// @param out, err may be closed  @param terminal controls the program; -1: as the test's
pid_t start(const Arguments& arguments, int out, int err, const Limits& limits = {},
            int terminal = -1) {
    std::vector<char*> argv = {const_cast<char*>(MANYGPCM_PROGRAM)};
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        if (terminal >= 0) {
            setsid();
            ioctl(terminal, TIOCSCTTY, 0);
        }
        take_stream(out, STDOUT_FILENO);
        take_stream(err, STDERR_FILENO);
        for (const int signal : {SIGHUP, SIGPIPE})
            std::signal(signal, SIG_DFL);  // whatever the tests run under
        limit(RLIMIT_FSIZE, limits.file_size);
        limit(RLIMIT_AS, limits.memory);
        execv(argv[0], argv.data());
        _exit(127);
    }
    return child;
}

int code_of(int status) {
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Arguments with(Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

Outcome run(const Arguments& arguments, const Limits& limits) {
    return Running(arguments, limits).outcome(std::chrono::hours(1));
}

Running::Running(const Arguments& arguments, const Limits& limits)
    : out_(unnamed_file()), err_(unnamed_file()) {
    child_ = start(arguments, out_, err_, limits);
}

Running::~Running() {
    if (child_ < 0) return;
    kill(child_, SIGKILL);
    outcome();
}

void Running::signal(int number) const {
    kill(child_, number);  // one that has ended keeps its number until it is waited for
}

Outcome Running::outcome(std::chrono::seconds patience) {
    const auto start = std::chrono::steady_clock::now();
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(child_, &status, WNOHANG)) == 0 &&
           std::chrono::steady_clock::now() - start < patience)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (ended == 0) {
        ADD_FAILURE() << "the program hasn't ended after " << patience.count() << " s";
        kill(child_, SIGKILL);
        waitpid(child_, &status, 0);
    }
    child_ = -1;
    Outcome outcome;
    outcome.code = code_of(status);
    outcome.out = read_and_close_file(out_);
    outcome.err = read_and_close_file(err_);
    return outcome;
}

Outcome run_into(const Arguments& arguments, std::optional<Sink> out, std::optional<Sink> err) {
    const int out_end = out ? open_sink(*out) : unnamed_file();
    const int err_end = err ? open_sink(*err) : unnamed_file();
    const pid_t child = start(arguments, out_end, err_end);
    int status = 0;
    waitpid(child, &status, 0);
    Outcome outcome;
    outcome.code = code_of(status);
    if (out)
        close(out_end);
    else
        outcome.out = read_and_close_file(out_end);
    if (err)
        close(err_end);
    else
        outcome.err = read_and_close_file(err_end);
    return outcome;
}

void wait_until(const std::function<bool()>& happened) {
    const auto start = std::chrono::steady_clock::now();
    while (!happened()) {
        if (std::chrono::steady_clock::now() - start > std::chrono::minutes(1))
            FAIL() << "it hasn't happened within a minute";
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

Outcome run_and_signal(const Arguments& arguments, int signal,
                       std::chrono::steady_clock::duration delay) {
    Running program(arguments);
    std::this_thread::sleep_for(delay);
    program.signal(signal);
    return program.outcome();
}

Outcome run_on_terminal(const Arguments& arguments, int columns, std::string_view interrupt_at) {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = static_cast<unsigned short>(columns);
    int screen = -1, terminal = -1;
    EXPECT_EQ(openpty(&screen, &terminal, nullptr, nullptr, &size), 0);
    fcntl(screen, F_SETFD, FD_CLOEXEC);  // the child must not keep its own screen open
    const int out = unnamed_file();
    const pid_t child = start(arguments, out, terminal, {}, terminal);
    close(terminal);

    Outcome outcome;
    if (!interrupt_at.empty()) {
        char next = 0;
        while (outcome.err.find(interrupt_at) == std::string::npos && read(screen, &next, 1) == 1)
            outcome.err += next;
        constexpr char ctrl_c = 3;
        EXPECT_EQ(::write(screen, &ctrl_c, 1), 1);
    }
    outcome.err += read_on(screen);
    close(screen);
    int status = 0;
    waitpid(child, &status, 0);
    outcome.code = code_of(status);
    outcome.out = read_and_close_file(out);
    return outcome;
}

void expect_refused(const Outcome& outcome, std::string_view words) {
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.starts_with("manygpcm: error: ")) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_TRUE(outcome.err.ends_with('\n')) << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
}

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    if (!fs::exists(directory)) return names;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    EXPECT_TRUE(stream.good()) << file;
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, std::string_view content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
}

void ProgramTest::write_space() const {
    write(path("space.toml"),
          "[parameters.lr]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n"
          "[parameters.memory_size]\nchoices = [2, 4, 8]\n"
          "[parameters.dropout_rate]\nlow = 0\nhigh = 0.5\n");
}

Arguments ProgramTest::small_sweep(const std::string& data, const std::string& trials,
                                   const std::string& epochs, const std::string& out) const {
    return {"sweep",
            "--data",
            data,
            "--model",
            "deep_gpcm",
            "--space",
            path("space.toml"),
            "--set",
            "key_dim=8",
            "--set",
            "value_dim=16",
            "--set",
            "batch_size=4",
            "--trials",
            trials,
            "--folds",
            "2",
            "--epochs",
            epochs,
            "--out",
            path(out)};
}

std::string ProgramTest::simulated_data() {
    const std::string data = path("data");
    const Outcome outcome = run({"simulate", "--learners", "30", "--questions", "12",
                                 "--categories", "4", "--length", "5:10", "--out", data});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return data;
}

std::string ProgramTest::trained_weights() {
    const Outcome outcome = run({"train", "--data", simulated_data(), "--model", "deep_gpcm",
                                 "--epochs", "1", "--out", path("trained")});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return path("trained/model.safetensors");
}

}  // namespace manygpcm::cli_test
