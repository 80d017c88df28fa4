// The handlers do what a signal handler may: they set flags, write a line that was prepared, arm an
// alarm, and let the signal have its own effect.
#include "interruption.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>

#include "manygpcm/engine/detail/unfinished.h"

namespace manygpcm::cli {
namespace {

// What a signal handler may touch.
std::atomic<bool> is_requested{false}, at_once{false};
std::atomic<int> caught{0};
std::string final_line;  // changes only while no handler is there
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

constexpr std::array requests = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP};

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);  // or a second signal's handler would wait for the first one's
    sigaction(signal, &action, nullptr);
}

struct sigaction action_of(int signal) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    return action;
}

/// Ends the program by this signal; at the latest when the handler of it returns, until which it is
/// blocked.
void end_by(int signal) {
    remove_unfinished();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void end_with_last_words(int signal) {
    [[maybe_unused]] const auto written =
        write(STDERR_FILENO, final_line.data(), final_line.size());
    end_by(signal);
}

void note(int signal) {
    if (at_once || is_requested.exchange(true)) return end_with_last_words(signal);
    caught = signal;
    alarm(Interruption::most_patience);
}

void run_out_of_patience(int) {
    end_with_last_words(caught);
}

}  // namespace

void ignore_file_size_signal() {
    std::signal(SIGXFSZ, SIG_IGN);
}

void leave_nothing_unfinished() {
    const auto unless_ignored = [](int signal) {
        if (action_of(signal).sa_handler != SIG_IGN) handle(signal, end_by);
    };
    std::ranges::for_each(requests, unless_ignored);
    unless_ignored(SIGPIPE);
}

Interruption::Interruption(const std::string& last_words) {
    constexpr const char* erase_line = "\r\033[K";  // where a bar may be
    is_requested = at_once = false;
    final_line = (isatty(STDERR_FILENO) != 0 ? erase_line : "") + last_words + "\n";
    before_.push_back({.signal = SIGALRM, .action = action_of(SIGALRM)});
    handle(SIGALRM, run_out_of_patience);
    for (const int signal : requests) {
        before_.push_back({.signal = signal, .action = action_of(signal)});
        const bool under_nohup = signal == SIGHUP && before_.back().action.sa_handler == SIG_IGN;
        if (!under_nohup) handle(signal, note);
    }
}

Interruption::~Interruption() {
    alarm(0);
    // SIGALRM, the first, is the last: until then another's handler may still ask for it.
    for (auto each = before_.rbegin(); each != before_.rend(); ++each)
        sigaction(each->signal, &each->action, nullptr);
}

StopFlag Interruption::requested() const {
    return &is_requested;
}

void Interruption::end_at_once() {
    at_once = true;
    if (is_requested) end_with_last_words(caught);
}

int Interruption::pass_on() const {
    std::fflush(nullptr);
    alarm(0);
    for (const int signal : requests)
        handle(signal, SIG_DFL);
    std::raise(caught);
    return 128 + caught;
}

}  // namespace manygpcm::cli
