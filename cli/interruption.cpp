// Handlers for SIGINT and SIGTERM that do nothing but note the signal.
#include "interruption.h"

#include <csignal>
#include <cstdio>

namespace manygpcm::cli {
namespace {

// What a signal handler may touch.
std::atomic<bool> is_requested{false};
std::atomic<int> caught{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void note(int signal) {
    caught = signal;
    is_requested = true;
}

void handle(void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interruption::Interruption() {
    is_requested = false;
    handle(note, static_cast<int>(SA_RESETHAND) | SA_RESTART);
}

Interruption::~Interruption() {
    handle(SIG_DFL, 0);
}

const std::atomic<bool>& Interruption::requested() const {
    return is_requested;
}

int Interruption::pass_on() const {
    std::fflush(nullptr);
    handle(SIG_DFL, 0);
    std::raise(caught);
    return 128 + caught;
}

}  // namespace manygpcm::cli
