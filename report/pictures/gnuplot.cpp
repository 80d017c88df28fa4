// gnuplot as a child process, without a shell, in a temporary directory of its own.
#include "pictures/gnuplot.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "manygpcm/engine/detail/temporary_directory.h"
#include "manygpcm/engine/files.h"

extern char** environ;

namespace manygpcm::report {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds look_again_after{10};

/// The exit status of `gnuplot script`, found in PATH; 127 where there is none, as a shell has it.
/// Its output is nobody's business: warnings about a picture would only disturb.
/// @throws Interrupted where `stop` is set
int run_gnuplot(const fs::path& script, StopFlag stop) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int stream : {0, 1, 2})
        posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
    std::string program = "gnuplot", argument = script.string();
    std::array<char*, 3> argv = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    constexpr int not_found = 127;
    if (error != 0) return not_found;
    int status = 0;
    for (pid_t ended = 0; ended != child;) {
        ended = waitpid(child, &status, stop == nullptr ? 0 : WNOHANG);
        if (ended < 0 && errno != EINTR) return EXIT_FAILURE;
        if (ended != 0) continue;
        if (is_set(stop)) kill(child, SIGKILL);
        std::this_thread::sleep_for(look_again_after);
    }
    throw_if_set(stop);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

}  // namespace

std::string gnuplot_string(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return out + "'";
}

Gnuplot draw(const std::string& script, const fs::path& file, StopFlag stop) {
    const TemporaryDirectory directory("plots");
    const fs::path picture = directory.path() / "picture.png";
    const fs::path commands = directory.path() / "picture.gp";
    write_file(commands, "out = " + gnuplot_string(picture.string()) + "\n" + script);
    const int status = run_gnuplot(commands, stop);
    if (status == 127) return Gnuplot::missing;
    std::error_code error;
    if (status != 0 || fs::file_size(picture, error) == 0 || error) return Gnuplot::failed;
    write_file(file, read_file(picture));
    return Gnuplot::drawn;
}

}  // namespace manygpcm::report
